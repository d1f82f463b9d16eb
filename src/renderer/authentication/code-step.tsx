import { digitByDigit } from '../page/digit-by-digit.ts';
import { useSpeech } from '../page/language.ts';
import { useSecondsUntil } from '../page/seconds-until.ts';
import { Icon } from '../parts/icon.tsx';
import { StepFrame } from '../parts/step-frame.tsx';
import { AuthenticationFacts } from './authentication-facts.tsx';
import type { StepOf } from './step-props.ts';
import { Cancel, OtherWays } from './ways-out.tsx';

/** Light modules around a QR code (ISO/IEC 18004 §6.3.8). */
const quietZone = 4;

/** The QR code, dark on light in every theme, and the number that only this screen shows. */
export function CodeStep(props: StepOf<'code'>) {
  const { view, step } = props;
  const { t } = useSpeech();
  const left = useSecondsUntil(step.until);
  const side = step.qr.size + 2 * quietZone;
  return (
    <StepFrame
      title={t('authentication.code.title')}
      footer={
        <div class="buttons">
          <OtherWays {...props} />
          <Cancel {...props} />
        </div>
      }
    >
      <div class="qr">
        <div class="qr__left">
          <svg class="qr__code" viewBox={`${-quietZone} ${-quietZone} ${side} ${side}`} role="img" aria-label={t('authentication.code.alt')} shape-rendering="crispEdges">
            <rect class="qr__light" x={-quietZone} y={-quietZone} width={side} height={side} />
            <path class="qr__dark" d={step.qr.path} />
          </svg>
          <p class="remaining" role="timer">
            {t('authentication.code.remaining', { seconds: left })}
          </p>
          <p class="note">
            {t('authentication.code.cannotScan')}: <span class="address">{step.userCode}</span>
          </p>
        </div>
        <ol class="qr__steps">
          <li>{t('authentication.code.steps.scan')}</li>
          <li>{t(view.facility === null ? 'authentication.code.steps.checkComputer' : 'authentication.code.steps.check')}</li>
          {step.number === null ? null : (
            <li>
              {t('authentication.code.steps.number')}
              <strong id="number" class="qr__number" aria-label={`${t('authentication.code.number')} ${digitByDigit(step.number)}`} role="img">
                {step.number}
              </strong>
              <span class="state state--warning">
                <Icon name="warning" />
                <span>{t('authentication.code.warning')}</span>
              </span>
            </li>
          )}
          <li>{t('authentication.code.steps.approve')}</li>
        </ol>
      </div>
      <AuthenticationFacts view={view} />
    </StepFrame>
  );
}
