import { useSpeech } from '../page/language.ts';
import { Icon } from '../parts/icon.tsx';

export function SigningStep({ done, total }: { readonly done: number; readonly total: number }) {
  const { t } = useSpeech();
  const said = t('signature.signing.progress', { done, total });
  return (
    <div class="window__content window__content--centred">
      <Icon name="working" />
      <h1 class="window__title" tabIndex={-1} data-initial-focus="">
        {t('signature.signing.title')}
      </h1>
      <progress class="progress" value={done} max={total} aria-label={t('signature.signing.title')} />
      <p role="status">{said}</p>
      <p>{t('signature.signing.stay')}</p>
    </div>
  );
}
