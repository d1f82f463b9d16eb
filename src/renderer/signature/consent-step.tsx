import { ask } from '../page/bridge.ts';
import { useSpeech } from '../page/language.ts';
import { showTime } from '../page/times.ts';
import { Banner } from '../parts/banner.tsx';
import { Button } from '../parts/button.tsx';
import { StepFrame } from '../parts/step-frame.tsx';
import { DocumentList } from './document-list.tsx';
import { RequestFacts } from './request-facts.tsx';
import type { StepOf } from './step-props.ts';

/** Remote signing where a person is to look first: everything that will be signed, and no PIN. */
export function ConsentStep({ agent, view, step, arming, onLeave }: StepOf<'consent'>) {
  const { t, language } = useSpeech();
  const documents = view.documents.filter(({ id }) => step.documents.includes(id));
  return (
    <StepFrame
      title={t('signature.consent.title')}
      footer={
        <div class="buttons">
          <Button look="outline" initialFocus onPress={onLeave}>
            {t('common.cancel')}
          </Button>
          <Button
            look="solid"
            waiting={!arming.armed}
            onPress={() => {
              ask(agent.invoke('signature.consent', { dialog: view.dialog }));
            }}
          >
            {documents.length === 1 ? t('signature.pin.sign') : t('signature.pin.signMany', { count: documents.length })}
          </Button>
        </div>
      }
    >
      <Banner kind="information">
        <p>{t(`signature.consent.${step.why}`)}</p>
        <p class="note">{t('signature.consent.session', { method: t(`authentication.methods.${step.method}`), until: showTime(step.until, language) })}</p>
      </Banner>
      <RequestFacts view={view} />
      <DocumentList documents={documents} />
    </StepFrame>
  );
}
