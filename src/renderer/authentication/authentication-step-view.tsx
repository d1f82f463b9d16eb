import { errorCodes, isErrorCode } from '../../contract/error-codes.ts';
import { ask } from '../page/bridge.ts';
import { useSpeech } from '../page/language.ts';
import { showTime } from '../page/times.ts';
import { Banner, type BannerKind } from '../parts/banner.tsx';
import { Button } from '../parts/button.tsx';
import { Icon } from '../parts/icon.tsx';
import { SupportContact } from '../parts/support-contact.tsx';
import { StepFrame } from '../parts/step-frame.tsx';
import { AuthenticationFacts } from './authentication-facts.tsx';
import { ChooseMethodStep } from './choose-method-step.tsx';
import { CodeStep } from './code-step.tsx';
import { KeypadStep, PinStep } from './pin-step.tsx';
import type { StepOf, StepProps } from './step-props.ts';
import { Cancel, OtherWays } from './ways-out.tsx';

export function AuthenticationStepView(props: StepProps) {
  const { step } = props.view;
  switch (step.step) {
    case 'choose_method':
      return <ChooseMethodStep {...props} step={step} />;
    case 'code':
      return <CodeStep {...props} step={step} />;
    case 'code_ran_out':
      return <CodeRanOutStep {...props} />;
    case 'insert_card':
      return <InsertCardStep {...props} step={step} />;
    case 'pin':
      return <PinStep {...props} step={step} />;
    case 'keypad':
      return <KeypadStep {...props} step={step} />;
    case 'login':
      return <LoginStep {...props} />;
    case 'progress':
      return <ProgressStep {...props} step={step} />;
    case 'ended':
      return <EndedStep {...props} step={step} />;
  }
}

/** A new code is made by a click alone: one that renewed itself could be somebody else's by the time it is scanned. */
function CodeRanOutStep(props: StepProps) {
  const { agent, view, arming } = props;
  const { t } = useSpeech();
  return (
    <StepFrame
      title={t('authentication.ranOut.title')}
      footer={
        <div class="buttons">
          <OtherWays {...props} />
          <div class="buttons__end">
            <Cancel {...props} />
            <Button
              look="solid"
              waiting={!arming.armed}
              onPress={() => {
                ask(agent.invoke('authentication.again', { dialog: view.dialog }));
              }}
            >
              {t('authentication.ranOut.again')}
            </Button>
          </div>
        </div>
      }
    >
      <Banner kind="information">
        <p>{t('authentication.ranOut.detail')}</p>
      </Banner>
      <AuthenticationFacts view={view} />
    </StepFrame>
  );
}

function InsertCardStep(props: StepOf<'insert_card'>) {
  const { view, step } = props;
  const { t } = useSpeech();
  return (
    <StepFrame
      title={t(`authentication.insert.${step.kind}`)}
      footer={
        <div class="buttons">
          <OtherWays {...props} />
          <Cancel {...props} />
        </div>
      }
    >
      <Banner kind={step.need === 'no_card' ? 'information' : 'warning'}>
        <p>{t(`authentication.insert.needs.${step.need}`, { staff: view.staff.name })}</p>
        <p class="note">{t('authentication.insert.still')}</p>
      </Banner>
      <AuthenticationFacts view={view} />
    </StepFrame>
  );
}

function LoginStep(props: StepProps) {
  const { t } = useSpeech();
  return (
    <StepFrame
      title={t('authentication.login.title')}
      footer={
        <div class="buttons">
          <OtherWays {...props} />
          <Cancel {...props} />
        </div>
      }
    >
      <Banner kind="information">
        <p>{t('authentication.login.detail')}</p>
      </Banner>
      <AuthenticationFacts view={props.view} />
    </StepFrame>
  );
}

function ProgressStep({ view, step, onLeave }: StepOf<'progress'>) {
  const { t } = useSpeech();
  return (
    <StepFrame
      title={t(`authentication.progress.${step.doing}`)}
      footer={
        <div class="buttons">
          <Cancel onLeave={onLeave} />
        </div>
      }
    >
      <p class="working">
        <Icon name="working" />
        {t(`authentication.progress.${step.doing}`)}
      </p>
      <AuthenticationFacts view={view} />
    </StepFrame>
  );
}

const kinds = { authenticated: 'success', use_card: 'information', failed: 'problem', cancelled: 'information', expired: 'warning' } as const satisfies Record<
  StepOf<'ended'>['step']['outcome'],
  BannerKind
>;

function EndedStep({ view, step, onLeave }: StepOf<'ended'>) {
  const { t, say, language } = useSpeech();
  const known = step.code !== null && isErrorCode(step.code) ? errorCodes[step.code] : null;
  return (
    <StepFrame
      title={t(`authentication.ended.${step.outcome}`)}
      footer={
        <div class="buttons">
          <Button look="outline" initialFocus onPress={onLeave}>
            {t('common.close')}
          </Button>
        </div>
      }
    >
      <Banner kind={kinds[step.outcome]} {...(known === null ? {} : { title: say(known) })}>
        {step.until === null ? null : <p>{t('authentication.ended.until', { until: showTime(step.until, language) })}</p>}
        {step.detail === null ? null : <p>{say(step.detail)}</p>}
        {known === null ? null : <p>{say(known.remedy)}</p>}
        {step.outcome === 'failed' ? <SupportContact /> : null}
        {step.code === null ? null : <p class="note">{t('authentication.ended.code', { code: step.code })}</p>}
      </Banner>
      <AuthenticationFacts view={view} />
    </StepFrame>
  );
}
