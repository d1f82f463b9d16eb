import { useSpeech } from '../page/language.ts';

/** How many tries are left, as the card says or does not say. Few ones stand out. */
export function PinTries({ triesLeft, failuresSeen }: { readonly triesLeft: number | null; readonly failuresSeen: number }) {
  const { t } = useSpeech();
  return (
    <span id="pin-tries" class={triesLeft !== null && triesLeft <= 3 ? 'pin-form__tries pin-form__tries--few' : 'pin-form__tries'}>
      {triesLeft === null ? t('signature.pin.triesUnknown') : t('signature.pin.tries', { count: triesLeft })}
      {triesLeft === null && failuresSeen > 0 ? <span>{t('signature.pin.failures', { count: failuresSeen })}</span> : null}
    </span>
  );
}
