import type { AuthenticationStep, AuthenticationView } from '../../contract/ipc/authentication.ts';
import type { PageBridge } from '../../contract/ipc/windows.ts';
import type { QuestionProps } from '../pin/use-question.ts';

/** What every step of the authentication window gets. */
export interface StepProps extends QuestionProps {
  readonly agent: PageBridge<'authentication'>;
  readonly view: AuthenticationView;
  readonly onLeave: () => void;
}

export type StepOf<Name extends AuthenticationStep['step']> = StepProps & { readonly step: Extract<AuthenticationStep, { step: Name }> };
