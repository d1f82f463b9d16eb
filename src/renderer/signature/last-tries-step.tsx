import type { SignatureStep } from '../../contract/ipc/signature.ts';
import { useSpeech } from '../page/language.ts';
import { Banner } from '../parts/banner.tsx';
import { Button } from '../parts/button.tsx';
import { HelpLink } from '../parts/help-link.tsx';
import { CardLines } from '../parts/card-lines.tsx';
import type { StepProps } from './step-props.ts';
import { StepFrame } from '../parts/step-frame.tsx';

/** Stands before the PIN field where one of the last tries may be spent, and names what that can cost. */
export function LastTriesStep(props: StepProps & { readonly step: Extract<SignatureStep, { step: 'pin' }> }) {
  const { arming, step, onLeave, onAgree } = props;
  const { t } = useSpeech();
  const pin = t('common.pin.hpki');
  return (
    <StepFrame
      title={t('signature.lastTries.title')}
      footer={
        <div class="buttons">
          <Button look="outline" initialFocus onPress={onLeave}>
            {t('common.cancel')}
          </Button>
          <Button look="danger" waiting={!arming.armed} onPress={onAgree}>
            {t('signature.lastTries.proceed')}
          </Button>
        </div>
      }
    >
      {step.refused === null ? null : (
        <p class="field-error" role="alert">
          {t(`signature.readerKeypad.refused.${step.refused}`, { pin })}
        </p>
      )}
      <Banner
        kind="problem"
        title={
          step.triesLeft === null
            ? t('signature.lastTries.unknown', { count: step.failuresSeen, pin })
            : t('signature.lastTries.known', { count: step.triesLeft, pin })
        }
      >
        <p>{t(step.triesLeft === 1 ? 'signature.lastTries.consequence' : 'signature.lastTries.consequenceSoon')}</p>
      </Banner>
      <p>{t('signature.lastTries.advice')}</p>
      <HelpLink topic="locked-card" label="common.help.lockedCard" />
      <CardLines card={step.card} withReader />
    </StepFrame>
  );
}
