import type { SignatureStep, SignatureView } from '../../contract/ipc/signature.ts';
import type { PageBridge } from '../../contract/ipc/windows.ts';
import type { Arming } from '../page/arming.ts';
import type { PlaceOfPin } from '../pin/place-of-pin.ts';

/** What every step of the signature window gets. */
export interface StepProps {
  readonly agent: PageBridge<'signature'>;
  readonly view: SignatureView;
  readonly arming: Arming;
  /** The person has said, for this very entry, that a last try may be spent. */
  readonly lastTriesAgreed: boolean;
  readonly placeOfPin: PlaceOfPin;
  readonly onLeave: () => void;
  readonly onAgree: () => void;
}

export type StepOf<Name extends SignatureStep['step']> = StepProps & { readonly step: Extract<SignatureStep, { step: Name }> };
