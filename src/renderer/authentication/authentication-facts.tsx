import type { AuthenticationView } from '../../contract/ipc/authentication.ts';
import { useSpeech } from '../page/language.ts';
import { CallerLines } from '../parts/caller.tsx';
import { Name } from '../parts/name.tsx';

/** Who authenticates, at whose wish, and at which facility and computer: what the phone shows too. */
export function AuthenticationFacts({ view }: { readonly view: AuthenticationView }) {
  const { t } = useSpeech();
  return (
    <>
      <dl class="facts">
        <dt>{t('signature.staff')}</dt>
        <dd>
          <Name text={view.staff.name} />
        </dd>
        {view.facility === null ? null : (
          <>
            <dt>{t('signature.facility')}</dt>
            <dd>
              <Name text={view.facility} />
            </dd>
          </>
        )}
        <dt>{t('authentication.terminal')}</dt>
        <dd>{view.terminal}</dd>
        <dt>{t('common.caller')}</dt>
        <dd>
          <CallerLines caller={view.caller} />
        </dd>
      </dl>
      {view.step.step === 'ended' ? null : <p class="note">{view.documents === 0 ? t('authentication.ahead') : t('authentication.waiting', { count: view.documents })}</p>}
    </>
  );
}
