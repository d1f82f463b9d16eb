import type { SignatureView } from '../../contract/ipc.ts';
import type { Speech } from '../page/language.ts';

/** What a screen reader says when the step or the tries change. */
export function announcement({ step, staff }: SignatureView, { t }: Speech): string {
  switch (step.step) {
    case 'insert_card':
      return [t(`signature.insert.${step.need}.title`), t(`signature.insert.${step.need}.remedy`, { staff: staff.name })].join(' ');
    case 'choose_card':
      return t('signature.choose.title');
    case 'confirm_binding':
      return [t('signature.binding.title'), ...(step.differences.length === 0 ? [] : [t('signature.binding.differences.title')])].join(' ');
    case 'pin':
      return [
        t(step.refused === null ? 'signature.pin.title' : 'signature.pin.refused'),
        step.triesLeft === null ? t('signature.pin.triesUnknown') : t('signature.pin.tries', { count: step.triesLeft }),
      ].join(' ');
    case 'consent':
      return [t('signature.consent.title'), t(`signature.consent.${step.why}`)].join(' ');
    case 'signing':
      return [t('signature.signing.title'), t('signature.signing.stay')].join(' ');
    case 'ended':
      return t(`signature.ended.${step.outcome}`);
  }
}
