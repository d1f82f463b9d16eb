import { BindingStep } from './binding-step.tsx';
import { ChooseCardStep } from './choose-card-step.tsx';
import { ConsentStep } from './consent-step.tsx';
import { EndedStep } from './ended-step.tsx';
import { InsertCardStep } from './insert-card-step.tsx';
import { KeypadStep } from './keypad-step.tsx';
import { LastTriesStep } from './last-tries-step.tsx';
import { PinStep } from './pin-step.tsx';
import { SigningStep } from './signing-step.tsx';
import type { StepProps } from './step-props.ts';

export function SignatureStepView(props: StepProps) {
  const { step } = props.view;
  switch (step.step) {
    case 'insert_card':
      return <InsertCardStep {...props} step={step} />;
    case 'choose_card':
      return <ChooseCardStep {...props} cards={step.cards} />;
    case 'confirm_binding':
      return <BindingStep {...props} step={step} />;
    case 'pin':
      return step.consentNeeded && !props.lastTriesAgreed ? <LastTriesStep {...props} step={step} /> : <PinStep {...props} step={step} />;
    case 'keypad':
      return <KeypadStep {...props} step={step} />;
    case 'consent':
      return <ConsentStep {...props} step={step} />;
    case 'signing':
      return <SigningStep done={step.done} total={step.total} />;
    case 'ended':
      return <EndedStep {...props} step={step} />;
  }
}
