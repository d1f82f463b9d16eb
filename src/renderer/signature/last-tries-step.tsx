import { useSpeech } from '../page/language.ts';
import { Button } from '../parts/button.tsx';
import { HelpLink } from '../parts/help-link.tsx';
import { CardLines } from '../parts/card-lines.tsx';
import { LastTriesWarning } from '../pin/last-tries-warning.tsx';
import type { StepOf } from './step-props.ts';
import { StepFrame } from '../parts/step-frame.tsx';

/** Stands before the PIN field where one of the last tries may be spent, and names what that can cost. */
export function LastTriesStep(props: StepOf<'pin'>) {
  const { arming, step, onLeave, onAgree } = props;
  const { t } = useSpeech();
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
      <LastTriesWarning step={step} pin={t('common.pin.hpki')}>
        <p>{t(step.triesLeft === 1 ? 'signature.lastTries.consequence' : 'signature.lastTries.consequenceSoon')}</p>
      </LastTriesWarning>
      <p>{t('signature.lastTries.advice')}</p>
      <HelpLink topic="locked-card" label="common.help.lockedCard" />
      <CardLines card={step.card} withReader />
    </StepFrame>
  );
}
