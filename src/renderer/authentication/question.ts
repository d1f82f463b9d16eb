import type { AuthenticationView } from '../../contract/ipc/authentication.ts';
import { pinQuestion } from '../pin/pin-question.ts';

/** Names what is asked: another code, card or count is another question, and takes no answer meant for the last. */
export function questionOf(view: AuthenticationView, lastTriesAgreed: boolean): string {
  const { dialog, step } = view;
  switch (step.step) {
    case 'choose_method':
      return [dialog, step.step, step.problem?.code ?? 'first'].join(' ');
    case 'code':
      return [dialog, step.step, step.userCode].join(' ');
    case 'insert_card':
      return [dialog, step.step, step.kind, step.need].join(' ');
    case 'pin':
      return [pinQuestion(view), step.consentNeeded && !lastTriesAgreed ? 'last-tries' : 'entry'].join(' ');
    case 'keypad':
      return [dialog, step.step, step.left ? 'left' : 'waits'].join(' ');
    case 'progress':
      return [dialog, step.step, step.doing].join(' ');
    case 'code_ran_out':
    case 'login':
    case 'ended':
      return [dialog, step.step].join(' ');
  }
}
