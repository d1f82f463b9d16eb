import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Arming } from '../page/arming.ts';
import { useSpeech } from '../page/language.ts';
import { Button } from '../parts/button.tsx';
import { handOverPin } from './hand-over-pin.ts';
import type { PinRefusal } from './keypad-consent.tsx';
import { PinKeypad } from './pin-keypad.tsx';
import { PinTries } from './pin-tries.tsx';
import { takePin, type PinFault, type PinRule } from './pin-rules.ts';

export interface PinFormProps {
  readonly dialog: string;
  readonly arming: Arming;
  readonly rule: PinRule;
  /** What this card's PIN is called. */
  readonly label: string;
  /** What a PIN of this card looks like. */
  readonly help: string;
  readonly triesLeft: number | null;
  readonly failuresSeen: number;
  readonly refused: PinRefusal;
  readonly lastTriesAgreed: boolean;
  /** The card that the PIN is for. */
  readonly card: ComponentChildren;
  /** What pressing the button does. */
  readonly action: string;
  readonly cancel: ComponentChildren;
  /** What may be done instead. */
  readonly otherWays?: ComponentChildren;
  readonly askForPort: () => Promise<unknown>;
  /** Back to the reader's own keys; null where they cannot take this PIN. */
  readonly useReader: (() => void) | null;
}

type Said = PinFault | 'refused' | 'keypadUnusable' | 'notTaken' | 'keysIgnored';

/** What the reader said is told beside its own button; here, why that button is not offered any more. */
function saidFirst(refused: PinRefusal): Said | null {
  if (refused === 'incorrect') return 'refused';
  return refused === 'keypad_unusable' ? 'keypadUnusable' : null;
}

/** One entry of a PIN. Typed characters stay in the field until they are handed over, and are nowhere else. */
export function PinForm(props: PinFormProps) {
  const { dialog, arming } = props;
  const { t } = useSpeech();
  const field = useRef<HTMLInputElement>(null);
  const leaving = useRef(new AbortController());
  const [said, setSaid] = useState<Said | null>(saidFirst(props.refused));
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

  const handOver = async (): Promise<void> => {
    const input = field.current;
    if (input === null || !arming.armed || handedOver) return;
    const pin = takePin(input);
    const fault = props.rule(pin);
    if (fault !== null) {
      pin.fill(0);
      complain(fault);
      return;
    }
    setSaid(null);
    setEntered(0);
    setHandedOver(true);
    const { taken } = await handOverPin(props.askForPort, dialog, { pin, spendLastTries: props.lastTriesAgreed }, leaving.current.signal);
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
        void handOver();
      }}
    >
      {props.card}
      <div class="pin-form__label">
        <label for="pin">{props.label}</label>
        <span id="pin-help" class="note">
          {props.help}
        </span>
        <PinTries triesLeft={props.triesLeft} failuresSeen={props.failuresSeen} />
      </div>
      <input
        ref={field}
        id="pin"
        class="field"
        type="password"
        autocomplete="off"
        spellcheck={false}
        readOnly={deaf}
        aria-invalid={shown === null || shown === 'keypadUnusable' ? undefined : 'true'}
        aria-describedby="pin-help pin-tries pin-said"
        data-initial-focus=""
        onInput={(event) => {
          setEntered(event.currentTarget.value.length);
          if (said !== null) setSaid(null);
        }}
      />
      <p id="pin-said" class="field-error" role="alert">
        {shown === null ? null : t(shown === 'keypadUnusable' ? 'signature.readerKeypad.refused.keypad_unusable' : `signature.pin.${shown}`, { pin: props.label })}
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
        {props.useReader === null ? null : (
          // Deaf once a PIN is on its way: the reader must not ask for another beside it.
          <Button look="text" small waiting={deaf} onPress={props.useReader}>
            {t('signature.readerKeypad.useReader')}
          </Button>
        )}
        {props.otherWays}
        <div class="buttons__end">
          {props.cancel}
          <Button look="solid" submit waiting={deaf}>
            {handedOver ? t('signature.pin.checking', { pin: props.label }) : props.action}
          </Button>
        </div>
      </div>
    </form>
  );
}
