import type { RefObject } from 'preact';
import { useState } from 'preact/hooks';
import type { AuthenticationView } from '../../contract/ipc/authentication.ts';
import type { SignatureView } from '../../contract/ipc/signature.ts';
import { useArming, type Arming } from '../page/arming.ts';
import { useStepFocus } from '../page/step-focus.ts';
import { pinQuestion } from './pin-question.ts';
import { usePlaceOfPin, type PlaceOfPin } from './place-of-pin.ts';

/** What a step has of the question that it is, in every window that may ask for a PIN. */
export interface QuestionProps {
  readonly arming: Arming;
  /** The person has said, for this very entry, that a last try may be spent. */
  readonly lastTriesAgreed: boolean;
  readonly placeOfPin: PlaceOfPin;
  readonly onAgree: () => void;
}

interface Question {
  readonly name: string;
  /** Goes on the element in which the question gets the focus. */
  readonly place: RefObject<HTMLElement | null>;
  readonly props: QuestionProps;
}

/** What a dialog asks now. `nameOf` names it: another name is another question, which takes no answer meant for the last. */
export function useQuestion<View extends SignatureView | AuthenticationView>(view: View, nameOf: (view: View, lastTriesAgreed: boolean) => string): Question {
  const [agreed, setAgreed] = useState<string | null>(null);
  const entry = pinQuestion(view);
  const lastTriesAgreed = agreed === entry;
  const name = nameOf(view, lastTriesAgreed);
  const step: (SignatureView | AuthenticationView)['step'] = view.step;
  const placeOfPin = usePlaceOfPin(step.step === 'pin' ? step.refused : null);
  const arming = useArming(`${name} ${placeOfPin.returns}`);
  const place = useStepFocus(name);
  const onAgree = (): void => {
    setAgreed(entry);
  };
  return { name, place, props: { arming, lastTriesAgreed, placeOfPin, onAgree } };
}
