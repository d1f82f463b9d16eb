import { useSpeech } from '../page/language.ts';
import { Button } from '../parts/button.tsx';
import { CardLines } from '../parts/card-lines.tsx';
import { StepFrame } from '../parts/step-frame.tsx';
import { KeypadConsent } from '../pin/keypad-consent.tsx';
import { PinForm } from '../pin/pin-form.tsx';
import { hpkiPin } from '../pin/pin-rules.ts';
import { DocumentList } from './document-list.tsx';
import { RequestFacts } from './request-facts.tsx';
import type { StepOf } from './step-props.ts';

/** Consent and PIN: everything that will be signed above, the PIN below, typed here or on the reader's own keys. */
export function PinStep(props: StepOf<'pin'>) {
  const { t } = useSpeech();
  const { agent, view, step, placeOfPin } = props;
  const atReader = step.keypad && !placeOfPin.typesHere;
  return (
    <StepFrame
      title={t(atReader ? 'signature.readerKeypad.consentTitle' : 'signature.pin.title')}
      footer={
        atReader ? (
          <KeypadConsent
            {...step}
            arming={props.arming}
            kind="hpki"
            card={<CardLines card={step.card} withReader />}
            {...(step.signatures === 1 ? {} : { note: t('signature.readerKeypad.eachDocument', { count: step.signatures }) })}
            cancel={
              <Button look="outline" initialFocus onPress={props.onLeave}>
                {t('common.cancel')}
              </Button>
            }
            begin={() => agent.invoke('signature.keypad', { dialog: view.dialog, spendLastTries: props.lastTriesAgreed })}
            onTypeHere={placeOfPin.typeHere}
          />
        ) : (
          <TypedConsent {...props} />
        )
      }
    >
      <RequestFacts view={view} />
      <DocumentList documents={view.documents} />
    </StepFrame>
  );
}

function TypedConsent({ agent, view: { dialog }, arming, step, lastTriesAgreed, placeOfPin, onLeave }: StepOf<'pin'>) {
  const { t } = useSpeech();
  return (
    <PinForm
      {...step}
      dialog={dialog}
      arming={arming}
      rule={hpkiPin}
      label={t('common.pin.hpki')}
      help={t('signature.pin.help')}
      lastTriesAgreed={lastTriesAgreed}
      card={<CardLines card={step.card} />}
      useReader={step.keypad ? placeOfPin.useReader : null}
      action={step.signatures === 1 ? t('signature.pin.sign') : t('signature.pin.signMany', { count: step.signatures })}
      cancel={
        <Button look="outline" onPress={onLeave}>
          {t('common.cancel')}
        </Button>
      }
      askForPort={() => agent.invoke('signature.pinPort', { dialog })}
    />
  );
}
