import { errorCodes, type ErrorCode } from '../../contract/error-codes.ts';
import { ask } from '../page/bridge.ts';
import { useSpeech } from '../page/language.ts';
import { Banner } from '../parts/banner.tsx';
import { SupportContact } from '../parts/support-contact.tsx';
import { StepFrame } from '../parts/step-frame.tsx';
import { AuthenticationFacts } from './authentication-facts.tsx';
import type { StepOf } from './step-props.ts';
import { Cancel, OtherWays } from './ways-out.tsx';

/** The click that begins. SECURITY: nothing begins without it. test/unit/renderer/authentication.test.ts */
export function ChooseMethodStep(props: StepOf<'choose_method'>) {
  const { agent, view, step, arming } = props;
  const { language, t, say } = useSpeech();
  const methods = [step.suggested, ...view.methods.filter((method) => method !== step.suggested)];
  const known = step.problem === null ? null : errorCodes[step.problem.code as ErrorCode];
  return (
    <StepFrame
      title={t('authentication.choose.title')}
      footer={
        <div class="buttons">
          <OtherWays {...props} />
          <Cancel {...props} />
        </div>
      }
    >
      {step.problem === null || known === null ? null : (
        <Banner kind="warning" title={say(known)}>
          {step.problem.detail === null ? null : <p>{say(step.problem.detail)}</p>}
          <p>{say(known.remedy)}</p>
          <SupportContact />
          <p class="note">{t('authentication.ended.code', { code: step.problem.code })}</p>
        </Banner>
      )}
      <p>{t('authentication.choose.lead', { staff: view.staff.name })}</p>
      <ul class="methods">
        {methods.map((method) => (
          <li key={method}>
            <button
              type="button"
              class="method"
              aria-disabled={arming.armed ? undefined : 'true'}
              onClick={() => {
                if (arming.armed) ask(agent.invoke('authentication.begin', { dialog: view.dialog, method }));
              }}
            >
              <strong class="method__name">{t(`authentication.methods.${method}`)}</strong>
              <span class="method__how">{t(`authentication.choose.${method}`)}</span>
            </button>
          </li>
        ))}
      </ul>
      {view.hiddenMethods.length === 0 ? null : (
        <p class="note">{t('authentication.choose.hidden', { methods: view.hiddenMethods.map((method) => t(`authentication.methods.${method}`)).join(language === 'ja' ? '・' : ', ') })}</p>
      )}
      <AuthenticationFacts view={view} />
    </StepFrame>
  );
}
