import { ask } from '../page/bridge.ts';
import { useSpeech } from '../page/language.ts';
import { Button } from '../parts/button.tsx';
import type { StepProps } from './step-props.ts';

/** What may be done instead: another method, the card. One click each, in every step. */
export function OtherWays({ agent, view, arming }: Pick<StepProps, 'agent' | 'view' | 'arming'>) {
  const { t } = useSpeech();
  const { dialog, step } = view;
  return (
    <>
      {view.canUseCard ? (
        <Button
          look="text"
          waiting={!arming.armed}
          onPress={() => {
            ask(agent.invoke('authentication.useCard', { dialog }));
          }}
        >
          {t('authentication.useCard')}
        </Button>
      ) : null}
      {view.methods.length > 1 && step.step !== 'choose_method' ? (
        <Button
          look="text"
          waiting={!arming.armed}
          onPress={() => {
            ask(agent.invoke('authentication.otherMethod', { dialog }));
          }}
        >
          {t('authentication.otherMethod')}
        </Button>
      ) : null}
    </>
  );
}

export function Cancel({ onLeave }: Pick<StepProps, 'onLeave'>) {
  const { t } = useSpeech();
  return (
    <Button look="outline" initialFocus onPress={onLeave}>
      {t('common.cancel')}
    </Button>
  );
}
