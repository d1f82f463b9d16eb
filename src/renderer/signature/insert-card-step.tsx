import { ask } from '../page/bridge.ts';
import { useSpeech } from '../page/language.ts';
import { Banner } from '../parts/banner.tsx';
import { Button } from '../parts/button.tsx';
import { DocumentList } from './document-list.tsx';
import { RequestFacts } from './request-facts.tsx';
import type { StepOf } from './step-props.ts';
import { StepFrame } from '../parts/step-frame.tsx';

type Need = StepOf<'insert_card'>['step']['need'];

/** Needs that a person mends by hand are asked for; the others are waited out. */
const askedFor: ReadonlySet<Need> = new Set<Need>(['no_card', 'no_reader']);

export function InsertCardStep({ agent, view, step, arming, onLeave }: StepOf<'insert_card'>) {
  const { need, canAuthenticate } = step;
  const { t } = useSpeech();
  return (
    <StepFrame
      title={t(`signature.insert.${need}.title`)}
      footer={
        <div class="buttons">
          <Button look="outline" initialFocus onPress={onLeave}>
            {t('common.cancel')}
          </Button>
          {canAuthenticate ? (
            <Button
              look="outline"
              waiting={!arming.armed}
              onPress={() => {
                ask(agent.invoke('signature.authenticate', { dialog: view.dialog }));
              }}
            >
              {t('signature.insert.remote')}
            </Button>
          ) : null}
        </div>
      }
    >
      <Banner kind={askedFor.has(need) ? 'information' : 'warning'}>
        <p>{t(`signature.insert.${need}.remedy`, { staff: view.staff.name })}</p>
        <p class="note">{t('signature.insert.still')}</p>
      </Banner>
      <RequestFacts view={view} />
      <DocumentList documents={view.documents} />
    </StepFrame>
  );
}
