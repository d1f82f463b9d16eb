import { useSpeech } from '../page/language.ts';
import { Banner } from '../parts/banner.tsx';
import { Button } from '../parts/button.tsx';
import { Icon } from '../parts/icon.tsx';
import { StepFrame } from '../parts/step-frame.tsx';
import { PinForm } from '../pin/pin-form.tsx';
import { hpkiPin, jpkiPin } from '../pin/pin-rules.ts';
import { AuthenticationFacts } from './authentication-facts.tsx';
import type { StepOf } from './step-props.ts';
import { WaysOut } from './ways-out.tsx';

/** The PIN of the authentication key. It signs a login and no document. */
export function PinStep(props: StepOf<'pin'>) {
  return props.step.consentNeeded && !props.lastTriesAgreed ? <LastTries {...props} /> : <Entry {...props} />;
}

function Entry(props: StepOf<'pin'>) {
  const { agent, view, step, arming, lastTriesAgreed } = props;
  const { t } = useSpeech();
  const { kind } = step.card;
  return (
    <StepFrame
      title={t(`authentication.pin.${kind}`)}
      footer={
        <PinForm
          {...step}
          dialog={view.dialog}
          arming={arming}
          rule={kind === 'hpki' ? hpkiPin : jpkiPin}
          label={t(`authentication.pin.label.${kind}`)}
          help={t(`authentication.pin.help.${kind}`)}
          lastTriesAgreed={lastTriesAgreed}
          card={<CardName {...props} />}
          action={t('authentication.pin.act')}
          waysOut={<WaysOut {...props} />}
          askForPort={() => agent.invoke('authentication.pinPort', { dialog: view.dialog })}
        />
      }
    >
      <AuthenticationFacts view={view} />
    </StepFrame>
  );
}

function CardName({ step }: StepOf<'pin'>) {
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
          <WaysOut {...props} />
          <Button look="danger" waiting={!arming.armed} onPress={onAgree}>
            {t('authentication.pin.lastTries.proceed')}
          </Button>
        </div>
      }
    >
      {step.refused === null ? null : (
        <p class="field-error" role="alert">
          {t('signature.pin.refused')}
        </p>
      )}
      <Banner
        kind="problem"
        title={
          step.triesLeft === null
            ? t('signature.lastTries.unknown', { count: step.failuresSeen })
            : t('signature.lastTries.known', { count: step.triesLeft })
        }
      >
        <p>{t(`authentication.pin.lastTries.${step.card.kind}`)}</p>
      </Banner>
      <CardName {...props} />
    </StepFrame>
  );
}
