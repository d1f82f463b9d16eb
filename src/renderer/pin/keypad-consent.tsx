import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { SignatureStep } from '../../contract/ipc/signature.ts';
import type { Arming } from '../page/arming.ts';
import { useSpeech } from '../page/language.ts';
import { Button } from '../parts/button.tsx';
import { PinTries } from './pin-tries.tsx';

export type PinRefusal = Extract<SignatureStep, { step: 'pin' }>['refused'];

export interface KeypadConsentProps {
  readonly arming: Arming;
  readonly kind: 'hpki' | 'jpki';
  readonly triesLeft: number | null;
  readonly failuresSeen: number;
  readonly refused: PinRefusal;
  /** The card that the PIN is for. */
  readonly card: ComponentChildren;
  /** What else is to be known before the reader asks. */
  readonly note?: string;
  readonly cancel: ComponentChildren;
  /** What may be done instead. */
  readonly otherWays?: ComponentChildren;
  /** Lets the reader ask, once. */
  readonly begin: () => Promise<unknown>;
  /** The PIN may be typed here instead: a reader has digits only. */
  readonly onTypeHere: () => void;
}

/**
 * Consent where the reader takes the PIN on its own keys: the click lets it ask.
 * SECURITY: not before the question has been in view for its time (test/unit/renderer/signature-keypad.test.ts).
 */
export function KeypadConsent({ arming, kind, triesLeft, failuresSeen, refused, card, note, cancel, otherWays, begin, onTypeHere }: KeypadConsentProps) {
  const { t } = useSpeech();
  const [asked, setAsked] = useState(false);
  const deaf = !arming.armed || asked;
  const pin = t(`common.pin.${kind}`);
  return (
    <div class="pin-form">
      {card}
      <div class="pin-form__label">
        <span id="keypad-help">{t(`signature.readerKeypad.help.${kind}`)}</span>
        <PinTries triesLeft={triesLeft} failuresSeen={failuresSeen} />
      </div>
      {note === undefined ? null : <p class="note">{note}</p>}
      <p class="field-error" role="alert">
        {refused === null ? null : t(`signature.readerKeypad.refused.${refused}`, { pin })}
      </p>
      <div class="buttons">
        <Button look="text" small waiting={deaf} onPress={onTypeHere}>
          {t('signature.readerKeypad.typeHere')}
        </Button>
        {otherWays}
        <div class="buttons__end">
          {cancel}
          <Button
            look="solid"
            waiting={deaf}
            describedBy="keypad-help"
            onPress={() => {
              setAsked(true);
              begin().catch(() => {
                setAsked(false);
              });
            }}
          >
            {t('signature.readerKeypad.begin', { pin })}
          </Button>
        </div>
      </div>
    </div>
  );
}
