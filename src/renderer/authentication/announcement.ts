import type { AuthenticationStep, AuthenticationView } from '../../contract/ipc/authentication.ts';
import { digitByDigit } from '../page/digit-by-digit.ts';
import type { Speech } from '../page/language.ts';

/** What a screen reader says when the step changes. The countdown is left out: it would talk for two minutes. */
export function announcement({ step, staff }: AuthenticationView, { t }: Speech): string {
  switch (step.step) {
    case 'choose_method':
      return [t('authentication.choose.title'), t('authentication.choose.lead', { staff: staff.name })].join(' ');
    case 'code':
      return [t('authentication.code.title'), step.number === null ? '' : `${t('authentication.code.number')} ${digitByDigit(step.number)}`].join(' ');
    case 'code_ran_out':
      return [t('authentication.ranOut.title'), t('authentication.ranOut.detail')].join(' ');
    case 'insert_card':
      return [t(`authentication.insert.${step.kind}`), t(`authentication.insert.needs.${step.need}`, { staff: staff.name })].join(' ');
    case 'pin':
      return [
        pinAnnouncement(step, t),
        step.triesLeft === null ? t('signature.pin.triesUnknown') : t('signature.pin.tries', { count: step.triesLeft }),
      ].join(' ');
    case 'keypad': {
      const pin = t(`common.pin.${step.card.kind}`);
      return step.left
        ? [t('signature.readerKeypad.leftTitle'), t('signature.readerKeypad.left', { pin })].join(' ')
        : [t('signature.readerKeypad.title', { pin }), t('signature.readerKeypad.enter', { pin })].join(' ');
    }
    case 'login':
      return [t('authentication.login.title'), t('authentication.login.detail')].join(' ');
    case 'progress':
      return t(`authentication.progress.${step.doing}`);
    case 'ended':
      return t(`authentication.ended.${step.outcome}`);
  }
}

function pinAnnouncement({ refused, card }: Extract<AuthenticationStep, { step: 'pin' }>, t: Speech['t']): string {
  if (refused === null) return t(`authentication.pin.${card.kind}`);
  return t(refused === 'incorrect' ? 'signature.pin.refused' : `signature.readerKeypad.refused.${refused}`, { pin: t(`common.pin.${card.kind}`) });
}
