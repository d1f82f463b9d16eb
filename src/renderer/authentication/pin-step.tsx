import { useSpeech } from '../page/language.ts';
import { Banner } from '../parts/banner.tsx';
import { Button } from '../parts/button.tsx';
import { Icon } from '../parts/icon.tsx';
import { StepFrame } from '../parts/step-frame.tsx';
import { KeypadConsent } from '../pin/keypad-consent.tsx';
import { LastTriesWarning } from '../pin/last-tries-warning.tsx';
import { PinForm } from '../pin/pin-form.tsx';
import { hpkiPin, jpkiPin } from '../pin/pin-rules.ts';
import { AuthenticationFacts } from './authentication-facts.tsx';
import type { StepOf } from './step-props.ts';
import { Cancel, OtherWays } from './ways-out.tsx';

/** The PIN of the authentication key. It signs a login and no document. */
export function PinStep(props: StepOf<'pin'>) {
  return props.step.consentNeeded && !props.lastTriesAgreed ? <LastTries {...props} /> : <Entry {...props} />;
}

function Entry(props: StepOf<'pin'>) {
  const { agent, view, step, arming, lastTriesAgreed, placeOfPin } = props;
  const { t } = useSpeech();
  const { kind } = step.card;
  const shared = { arming, card: <CardName {...props} />, cancel: <Cancel {...props} />, otherWays: <OtherWays {...props} /> };
  return (
    <StepFrame
      title={t(`authentication.pin.${kind}`)}
      footer={
        step.keypad && !placeOfPin.typesHere ? (
          <KeypadConsent
            {...step}
            {...shared}
            kind={kind}
            begin={() => agent.invoke('authentication.keypad', { dialog: view.dialog, spendLastTries: lastTriesAgreed })}
            onTypeHere={placeOfPin.typeHere}
          />
        ) : (
          <PinForm
            {...step}
            {...shared}
            dialog={view.dialog}
            useReader={step.keypad ? placeOfPin.useReader : null}
            rule={kind === 'hpki' ? hpkiPin : jpkiPin}
            label={t(`common.pin.${kind}`)}
            help={t(`authentication.pin.help.${kind}`)}
            lastTriesAgreed={lastTriesAgreed}
            action={t('authentication.pin.act')}
            askForPort={() => agent.invoke('authentication.pinPort', { dialog: view.dialog })}
          />
        )
      }
    >
      <AuthenticationFacts view={view} />
    </StepFrame>
  );
}

/** The reader waits for the PIN on its own keys; or it still does, and nobody wants it any more. */
export function KeypadStep(props: StepOf<'keypad'>) {
  const { view, step, arming, onLeave } = props;
  const { t } = useSpeech();
  const pin = t(`common.pin.${step.card.kind}`);
  return (
    <StepFrame
      title={t(step.left ? 'signature.readerKeypad.leftTitle' : 'signature.readerKeypad.title', { pin })}
      footer={
        <div class="pin-form">
          <CardName {...props} />
          <div class="buttons">
            {step.left ? (
              <Button look="outline" initialFocus waiting={!arming.armed} onPress={onLeave}>
                {t('common.close')}
              </Button>
            ) : (
              <>
                <OtherWays {...props} />
                <Cancel {...props} />
              </>
            )}
          </div>
        </div>
      }
    >
      <Banner kind={step.left ? 'warning' : 'information'}>
        <p>{t(step.left ? 'signature.readerKeypad.left' : 'signature.readerKeypad.enter', { pin })}</p>
        {step.left ? null : <p class="note">{t('signature.readerKeypad.stay')}</p>}
      </Banner>
      <AuthenticationFacts view={view} />
    </StepFrame>
  );
}

function CardName({ step }: StepOf<'pin'> | StepOf<'keypad'>) {
  const { t } = useSpeech();
  const { name, reader } = step.card;
  return (
    <div class="card-lines">
      <Icon name="card" />
      <div class="card-lines__text">
        <strong>{name ?? t('authentication.pin.card')}</strong>
        <span class="card-lines__reader">{t('common.card.reader', { reader })}</span>
      </div>
    </div>
  );
}

/** Stands before the PIN field where one of the last tries may be spent, and names what that can cost. */
function LastTries(props: StepOf<'pin'>) {
  const { step, arming, onAgree } = props;
  const { t } = useSpeech();
  return (
    <StepFrame
      title={t('signature.lastTries.title')}
      footer={
        <div class="buttons">
          <OtherWays {...props} />
          <div class="buttons__end">
            <Cancel {...props} />
            <Button look="danger" waiting={!arming.armed} onPress={onAgree}>
              {t('authentication.pin.lastTries.proceed')}
            </Button>
          </div>
        </div>
      }
    >
      <LastTriesWarning step={step} pin={t(`common.pin.${step.card.kind}`)}>
        <p>{t(`authentication.pin.lastTries.${step.card.kind}`)}</p>
      </LastTriesWarning>
      <CardName {...props} />
    </StepFrame>
  );
}
