import type { SignatureStep, SignatureView } from '../../contract/ipc/signature.ts';
import type { PageBridge } from '../../contract/ipc/windows.ts';
import type { QuestionProps } from '../pin/use-question.ts';

/** What every step of the signature window gets. */
export interface StepProps extends QuestionProps {
  readonly agent: PageBridge<'signature'>;
  readonly view: SignatureView;
  readonly onLeave: () => void;
}

export type StepOf<Name extends SignatureStep['step']> = StepProps & { readonly step: Extract<SignatureStep, { step: Name }> };
