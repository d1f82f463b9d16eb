import { useEffect, useState } from 'preact/hooks';
import type { SignatureView } from '../../contract/ipc/signature.ts';
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
import { questionOf } from './question.ts';
import { SignatureStepView } from './signature-step-view.tsx';

const agent = pageBridge<'signature'>();

function useView(): SignatureView | null {
  return usePushed<SignatureView | null>(
    (listener) => agent.on('view', listener),
    () => agent.invoke('signature.ready', undefined),
  );
}

/** Cancel is the default: Enter outside of any control takes it, as Escape does. */
function isLeaveKey({ key, target }: KeyboardEvent): boolean {
  return key === 'Escape' || (key === 'Enter' && target === document.body);
}

export function SignaturePage() {
  const view = useView();
  const spoken = useSpeech();
  const dialog = view?.dialog ?? null;
  useEffect(() => {
    if (dialog !== null) window.scrollTo(0, 0);
  }, [dialog]);
  usePainted(dialog, (painted) => ask(agent.invoke('signature.painted', { dialog: painted })));
  return (
    <>
      {view === null ? <Idle /> : <Asked key={view.dialog} view={view} />}
      {/* Outlives every step, because screen readers announce changes of a region that they know. */}
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
      <h1 class="visually-hidden">{t('signature.idle')}</h1>
    </main>
  );
}

function Asked({ view }: { readonly view: SignatureView }) {
  const [agreed, setAgreed] = useState<string | null>(null);
  const lastTriesAgreed = agreed === pinQuestion(view);
  const question = questionOf(view, lastTriesAgreed);
  const placeOfPin = usePlaceOfPin(view.step.step === 'pin' ? view.step.refused : null);
  const arming = useArming(`${question} ${placeOfPin.returns}`);
  const place = useStepFocus(question);
  const { dialog, step } = view;

  const leave = (): void => {
    if (step.step === 'signing') return;
    ask(agent.invoke(step.step === 'ended' ? 'signature.close' : 'signature.cancel', { dialog }));
  };

  useLeaveKey(leave, isLeaveKey);

  return (
    <main class="window" ref={place}>
      <SignatureStepView
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
