import { useEffect, useRef, useState } from 'preact/hooks';
import type { SignatureStep } from '../../contract/ipc.ts';
import { useSpeech } from '../page/language.ts';
import { Button } from '../parts/button.tsx';
import { CardLines } from '../parts/card-lines.tsx';
import { DocumentList } from './document-list.tsx';
import { handOverPin } from './hand-over-pin.ts';
import { PinKeypad } from './pin-keypad.tsx';
import { pinFault, takePin, type PinFault } from './pin-rules.ts';
import { RequestFacts } from './request-facts.tsx';
import type { StepProps } from './step-props.ts';
import { StepFrame } from './step-frame.tsx';

export type PinStepProps = StepProps & { readonly step: Extract<SignatureStep, { step: 'pin' }> };

/** Consent and PIN: everything that will be signed above, the PIN below. */
export function PinStep(props: PinStepProps) {
  const { view } = props;
  const { t } = useSpeech();
  return (
    <StepFrame title={t('signature.pin.title')} footer={<PinForm {...props} />}>
      <RequestFacts view={view} />
      <DocumentList documents={view.documents} />
    </StepFrame>
  );
}

type Said = PinFault | 'refused' | 'notTaken' | 'keysIgnored';

function PinForm({ agent, view, arming, step, lastTriesAgreed, onLeave }: PinStepProps) {
  const { t } = useSpeech();
  const field = useRef<HTMLInputElement>(null);
  const leaving = useRef(new AbortController());
  const [said, setSaid] = useState<Said | null>(step.refused === null ? null : 'refused');
  const [handedOver, setHandedOver] = useState(false);
  const [keypad, setKeypad] = useState(false);
  const [entered, setEntered] = useState(0);

  useEffect(() => {
    const { current } = leaving;
    return () => {
      current.abort();
    };
  }, []);

  const complain = (what: Said): void => {
    setSaid(what);
    setEntered(0);
    field.current?.focus();
  };

  const sign = async (): Promise<void> => {
    const input = field.current;
    if (input === null || !arming.armed || handedOver) return;
    const pin = takePin(input);
    const fault = pinFault(pin);
    if (fault !== null) {
      pin.fill(0);
      complain(fault);
      return;
    }
    setSaid(null);
    setEntered(0);
    setHandedOver(true);
    const { taken } = await handOverPin(agent, view.dialog, { pin, spendLastTries: lastTriesAgreed }, leaving.current.signal);
    // Once it was taken, the next view says what came of it.
    if (taken || leaving.current.signal.aborted) return;
    setHandedOver(false);
    complain('notTaken');
  };

  const shown = arming.keysIgnored && said === null ? 'keysIgnored' : said;
  const deaf = !arming.armed || handedOver;
  return (
    <form
      class="pin-form"
      autocomplete="off"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void sign();
      }}
    >
      <CardLines card={step.card} />
      <div class="pin-form__label">
        <label for="pin">{t('signature.pin.label')}</label>
        <span id="pin-help" class="note">
          {t('signature.pin.help')}
        </span>
        <span id="pin-tries" class={step.triesLeft !== null && step.triesLeft <= 3 ? 'pin-form__tries pin-form__tries--few' : 'pin-form__tries'}>
          {step.triesLeft === null ? t('signature.pin.triesUnknown') : t('signature.pin.tries', { count: step.triesLeft })}
          {step.triesLeft === null && step.failuresSeen > 0 ? <span>{t('signature.pin.failures', { count: step.failuresSeen })}</span> : null}
        </span>
      </div>
      <input
        ref={field}
        id="pin"
        class="field"
        type="password"
        autocomplete="off"
        spellcheck={false}
        readOnly={deaf}
        aria-invalid={shown === null ? undefined : 'true'}
        aria-describedby="pin-help pin-tries pin-said"
        data-initial-focus=""
        onInput={(event) => {
          setEntered(event.currentTarget.value.length);
          if (said !== null) setSaid(null);
        }}
      />
      <p id="pin-said" class="field-error" role="alert">
        {shown === null ? null : t(`signature.pin.${shown}`)}
      </p>
      {keypad ? (
        <>
          <PinKeypad field={field} deaf={deaf} onEntered={setEntered} />
          <p class="visually-hidden" role="status">
            {t('signature.pin.entered', { count: entered })}
          </p>
        </>
      ) : null}
      <div class="buttons">
        <Button
          look="text"
          small
          expanded={keypad}
          controls="pin-keypad"
          onPress={() => {
            setKeypad(!keypad);
          }}
        >
          {keypad ? t('signature.pin.keypad.hide') : t('signature.pin.keypad.show')}
        </Button>
        <Button look="outline" onPress={onLeave}>
          {t('common.cancel')}
        </Button>
        <Button look="solid" submit waiting={deaf}>
          {handedOver ? t('signature.pin.checking') : step.signatures === 1 ? t('signature.pin.sign') : t('signature.pin.signMany', { count: step.signatures })}
        </Button>
      </div>
    </form>
  );
}
