import type { SignatureStep } from '../../contract/ipc.ts';
import { useState } from 'preact/hooks';
import { ask } from '../page/bridge.ts';
import { useSpeech } from '../page/language.ts';
import { Button } from '../parts/button.tsx';
import { CardLines } from '../parts/card-lines.tsx';
import { PinTries } from '../pin/pin-tries.tsx';
import type { StepProps } from './step-props.ts';

export type KeypadConsentProps = Pick<StepProps, 'agent' | 'view' | 'arming' | 'lastTriesAgreed' | 'onLeave'> & {
  readonly step: Extract<SignatureStep, { step: 'pin' }>;
  /** The reader has digits only, and asks for each document: a PIN may be typed here instead. */
  readonly onTypeHere: () => void;
};

/**
 * Consent where the reader takes the PIN on its own keys: the click lets it ask.
 * SECURITY: not before the question has been in view for its time (test/unit/renderer/signature-keypad.test.ts).
 */
export function KeypadConsent({ agent, view, arming, lastTriesAgreed, step, onLeave, onTypeHere }: KeypadConsentProps) {
  const { t } = useSpeech();
  const [asked, setAsked] = useState(false);
  const deaf = !arming.armed || asked;
  return (
    <div class="pin-form">
      <CardLines card={step.card} withReader />
      <div class="pin-form__label">
        <span id="keypad-help">{t('signature.readerKeypad.help')}</span>
        <PinTries triesLeft={step.triesLeft} failuresSeen={step.failuresSeen} />
      </div>
      {step.signatures > 1 ? <p class="note">{t('signature.readerKeypad.eachDocument', { count: step.signatures })}</p> : null}
      <p class="field-error" role="alert">
        {step.refused === null ? null : t(`signature.readerKeypad.refused.${step.refused}`)}
      </p>
      <div class="buttons">
        <Button look="text" small waiting={deaf} onPress={onTypeHere}>
          {t('signature.readerKeypad.typeHere')}
        </Button>
        <Button look="outline" initialFocus onPress={onLeave}>
          {t('common.cancel')}
        </Button>
        <Button
          look="solid"
          waiting={deaf}
          describedBy="keypad-help"
          onPress={() => {
            setAsked(true);
            ask(agent.invoke('signature.keypad', { dialog: view.dialog, spendLastTries: lastTriesAgreed }));
          }}
        >
          {t('signature.readerKeypad.begin')}
        </Button>
      </div>
    </div>
  );
}
