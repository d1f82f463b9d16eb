import type { SignatureView } from '../../contract/ipc/signature.ts';
import { pinQuestion } from '../pin/pin-question.ts';

/** Names what is asked. A view that only says more about the same question (who waits) keeps its name. */
export function questionOf(view: SignatureView, lastTriesAgreed: boolean): string {
  const { dialog, step } = view;
  switch (step.step) {
    case 'insert_card':
      return [dialog, step.step, step.need].join(' ');
    case 'choose_card':
      return [dialog, step.step, ...step.cards.map((card) => card.certificateSha256)].join(' ');
    case 'confirm_binding':
      return [dialog, step.step, step.card.certificateSha256].join(' ');
    case 'pin':
      return [pinQuestion(view), step.consentNeeded && !lastTriesAgreed ? 'last-tries' : 'entry'].join(' ');
    case 'keypad':
      return [dialog, step.step, step.done, step.left ? 'left' : 'waits'].join(' ');
    case 'consent':
      return [dialog, step.step, ...step.documents].join(' ');
    case 'signing':
      return [dialog, step.step].join(' ');
    case 'ended':
      return [dialog, step.step, step.outcome].join(' ');
  }
}
