import type { CardInfo } from '../../contract/ipc/card.ts';
import { ask } from '../page/bridge.ts';
import { useSpeech } from '../page/language.ts';
import { Button } from '../parts/button.tsx';
import { CardLines } from '../parts/card-lines.tsx';
import { RequestFacts } from './request-facts.tsx';
import type { StepProps } from './step-props.ts';
import { StepFrame } from '../parts/step-frame.tsx';

export function ChooseCardStep({ agent, view, arming, cards, onLeave }: StepProps & { readonly cards: readonly CardInfo[] }) {
  const { t } = useSpeech();
  return (
    <StepFrame
      title={t('signature.choose.title')}
      footer={
        <div class="buttons">
          <Button look="outline" initialFocus onPress={onLeave}>
            {t('common.cancel')}
          </Button>
        </div>
      }
    >
      <p>{t('signature.choose.explain')}</p>
      <ul class="card-choices">
        {cards.map((card, index) => (
          <li key={card.certificateSha256} class="card-choice">
            <div id={`card-${index}`}>
              <CardLines card={card} withReader />
            </div>
            <Button
              look="outline"
              small
              waiting={!arming.armed}
              describedBy={`card-${index}`}
              onPress={() => {
                ask(agent.invoke('signature.chooseCard', { dialog: view.dialog, certificateSha256: card.certificateSha256 }));
              }}
            >
              {t('signature.choose.use')}
            </Button>
          </li>
        ))}
      </ul>
      <RequestFacts view={view} />
    </StepFrame>
  );
}
