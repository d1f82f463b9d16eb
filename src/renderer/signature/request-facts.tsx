import type { SignatureView } from '../../contract/ipc/signature.ts';
import { useSpeech } from '../page/language.ts';
import { Banner } from '../parts/banner.tsx';
import { CallerLines } from '../parts/caller.tsx';
import { Name } from '../parts/name.tsx';

/** Who asks, for whom, and who waits behind. */
export function RequestFacts({ view }: { readonly view: SignatureView }) {
  const { t, say } = useSpeech();
  return (
    <>
      <dl class="facts">
        <dt>{t('common.caller')}</dt>
        <dd>
          <CallerLines caller={view.caller} />
        </dd>
        <dt>{t('signature.staff')}</dt>
        <dd>
          <Name text={view.staff.name} />
        </dd>
      </dl>
      {view.waiting.length === 0 ? null : <p class="note">{t('signature.waiting', { names: view.waiting.join(', ') })}</p>}
      {view.notices.length === 0 ? null : (
        <Banner kind="warning" title={t('signature.notices')}>
          {view.notices.map((notice) => (
            <p key={notice.en}>{say(notice)}</p>
          ))}
        </Banner>
      )}
    </>
  );
}
