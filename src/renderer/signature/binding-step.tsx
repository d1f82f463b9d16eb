import { ask } from '../page/bridge.ts';
import { useSpeech } from '../page/language.ts';
import { Banner } from '../parts/banner.tsx';
import { Button } from '../parts/button.tsx';
import { CardLines } from '../parts/card-lines.tsx';
import { Name } from '../parts/name.tsx';
import { RequestFacts } from './request-facts.tsx';
import type { StepOf } from './step-props.ts';
import { StepFrame } from '../parts/step-frame.tsx';

/** First use of a card by a staff member: three names, one beside the other, for a person to compare. */
export function BindingStep(props: StepOf<'confirm_binding'>) {
  const { agent, view, arming, step, onLeave } = props;
  const { t } = useSpeech();
  return (
    <StepFrame
      title={t('signature.binding.title')}
      footer={
        <div class="buttons">
          <Button look="outline" initialFocus onPress={onLeave}>
            {t('common.cancel')}
          </Button>
          <Button
            look="solid"
            waiting={!arming.armed}
            onPress={() => {
              ask(agent.invoke('signature.confirmBinding', { dialog: view.dialog }));
            }}
          >
            {t('signature.binding.confirm')}
          </Button>
        </div>
      }
    >
      <p>{t('signature.binding.explain')}</p>
      <dl class="names" aria-label={t('signature.binding.compare')}>
        <div class="names__one">
          <dt>{t('signature.binding.staff')}</dt>
          <dd>
            <Name text={view.staff.name} />
          </dd>
        </div>
        <div class="names__one">
          <dt>{t('signature.binding.document')}</dt>
          <dd>
            <Name text={step.personInDocument} />
          </dd>
        </div>
        <div class="names__one">
          <dt>{t('signature.binding.card')}</dt>
          <dd>
            <Name text={step.card.name} />
          </dd>
        </div>
      </dl>
      {step.differences.length === 0 ? null : (
        <Banner kind="warning" title={t('signature.binding.differences.title')}>
          <ul>
            {step.differences.map((pair) => (
              <li key={pair}>{t(`signature.binding.differences.${pair}`)}</li>
            ))}
          </ul>
          <p class="note">{t('signature.binding.differences.ignored')}</p>
        </Banner>
      )}
      <CardLines card={step.card} withReader />
      <RequestFacts view={view} />
    </StepFrame>
  );
}
