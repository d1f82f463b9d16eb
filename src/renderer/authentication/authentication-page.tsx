import { useState } from 'preact/hooks';
import type { AuthenticationView } from '../../contract/ipc/authentication.ts';
import { useArming } from '../page/arming.ts';
import { ask, pageBridge } from '../page/bridge.ts';
import { useSpeech } from '../page/language.ts';
import { useLeaveKey } from '../page/leave-key.ts';
import { usePainted } from '../page/painted.ts';
import { usePushed } from '../page/pushed.ts';
import { useStepFocus } from '../page/step-focus.ts';
import { pinQuestion } from '../pin/pin-question.ts';
import { usePlaceOfPin } from '../pin/place-of-pin.ts';
import { announcement } from './announcement.ts';
import { AuthenticationStepView } from './authentication-step-view.tsx';
import { questionOf } from './question.ts';

const agent = pageBridge<'authentication'>();

export function AuthenticationPage() {
  const spoken = useSpeech();
  const view = usePushed<AuthenticationView | null>(
    (listener) => agent.on('authentication', listener),
    () => agent.invoke('authentication.ready', undefined),
  );
  usePainted(view?.dialog ?? null, (dialog) => ask(agent.invoke('authentication.painted', { dialog })));
  return (
    <>
      {view === null ? <Idle /> : <Asked key={view.dialog} view={view} />}
      <p class="visually-hidden" role="status">
        {view === null ? null : announcement(view, spoken)}
      </p>
    </>
  );
}

function Idle() {
  const { t } = useSpeech();
  return (
    <main class="window">
      <h1 class="visually-hidden">{t('authentication.idle')}</h1>
    </main>
  );
}

function Asked({ view }: { readonly view: AuthenticationView }) {
  const [agreed, setAgreed] = useState<string | null>(null);
  const lastTriesAgreed = agreed === pinQuestion(view);
  const question = questionOf(view, lastTriesAgreed);
  const placeOfPin = usePlaceOfPin(view.step.step === 'pin' ? view.step.refused : null);
  const arming = useArming(`${question} ${placeOfPin.returns}`);
  const place = useStepFocus(question);
  const { dialog, step } = view;

  const leave = (): void => {
    ask(agent.invoke(step.step === 'ended' ? 'authentication.close' : 'authentication.cancel', { dialog }));
  };

  useLeaveKey(leave);

  return (
    <main class="window" ref={place}>
      <AuthenticationStepView
        key={question}
        agent={agent}
        view={view}
        arming={arming}
        lastTriesAgreed={lastTriesAgreed}
        placeOfPin={placeOfPin}
        onLeave={leave}
        onAgree={() => {
          setAgreed(pinQuestion(view));
        }}
      />
    </main>
  );
}
