import type { SignatureStep, SignatureView } from '../../contract/ipc/signature.ts';
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
        pinAnnouncement(step, t),
        step.triesLeft === null ? t('signature.pin.triesUnknown') : t('signature.pin.tries', { count: step.triesLeft }),
      ].join(' ');
    case 'keypad':
      return step.left
        ? [t('signature.readerKeypad.leftTitle'), t('signature.readerKeypad.left', { pin: t('common.pin.hpki') })].join(' ')
        : [t('signature.readerKeypad.title', { pin: t('common.pin.hpki') }), t('signature.readerKeypad.enter', { pin: t('common.pin.hpki') })].join(' ');
    case 'consent':
      return [t('signature.consent.title'), t(`signature.consent.${step.why}`)].join(' ');
    case 'signing':
      return [t('signature.signing.title'), t('signature.signing.stay')].join(' ');
    case 'ended':
      return t(`signature.ended.${step.outcome}`);
  }
}

function pinAnnouncement({ refused, keypad }: Extract<SignatureStep, { step: 'pin' }>, t: Speech['t']): string {
  if (refused === 'incorrect') return t('signature.pin.refused', { pin: t('common.pin.hpki') });
  if (refused !== null) return t(`signature.readerKeypad.refused.${refused}`, { pin: t('common.pin.hpki') });
  return t(keypad ? 'signature.readerKeypad.consentTitle' : 'signature.pin.title');
}
