import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { Arming } from '../page/arming.ts';
import { useSpeech } from '../page/language.ts';
import { Button } from '../parts/button.tsx';
import { PinKeypad } from './pin-keypad.tsx';
import { PinTries } from './pin-tries.tsx';
import { usePinEntry, type PinEntryProps } from './use-pin-entry.ts';

export interface PinFormProps extends PinEntryProps {
  readonly arming: Arming;
  /** What this card's PIN is called. */
  readonly label: string;
  /** What a PIN of this card looks like. */
  readonly help: string;
  readonly triesLeft: number | null;
  readonly failuresSeen: number;
  /** The card that the PIN is for. */
  readonly card: ComponentChildren;
  /** What pressing the button does. */
  readonly action: string;
  readonly cancel: ComponentChildren;
  /** What may be done instead. */
  readonly otherWays?: ComponentChildren;
  /** Back to the reader's own keys; null where they cannot take this PIN. */
  readonly useReader: (() => void) | null;
}

/** One entry of a PIN. */
export function PinForm(props: PinFormProps) {
  const { arming } = props;
  const { t } = useSpeech();
  const { field, said, entered, isHandedOver, setEntered, forgetSaid, handOver } = usePinEntry(props);
  const [keypad, setKeypad] = useState(false);

  const shown = arming.keysIgnored && said === null ? 'keysIgnored' : said;
  const deaf = !arming.armed || isHandedOver;
  return (
    <form
      class="pin-form"
      autocomplete="off"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (arming.armed) void handOver();
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
          forgetSaid();
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
            {isHandedOver ? t('signature.pin.checking', { pin: props.label }) : props.action}
          </Button>
        </div>
      </div>
    </form>
  );
}
