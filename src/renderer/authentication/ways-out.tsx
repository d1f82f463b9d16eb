import { ask } from '../page/bridge.ts';
import { useSpeech } from '../page/language.ts';
import { Button } from '../parts/button.tsx';
import type { StepProps } from './step-props.ts';

/** Cancel, and what else may be done instead: another method, the card. One click each, in every step. */
export function WaysOut({ agent, view, arming, onLeave }: Pick<StepProps, 'agent' | 'view' | 'arming' | 'onLeave'>) {
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
      <Button look="outline" initialFocus onPress={onLeave}>
        {t('common.cancel')}
      </Button>
    </>
  );
}
