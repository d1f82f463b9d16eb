import { useEffect } from 'preact/hooks';
import type { SignatureView } from '../../contract/ipc/signature.ts';
import { ask, pageBridge } from '../page/bridge.ts';
import { useSpeech } from '../page/language.ts';
import { useLeaveKey } from '../page/leave-key.ts';
import { usePainted } from '../page/painted.ts';
import { usePushed } from '../page/pushed.ts';
import { useQuestion } from '../pin/use-question.ts';
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
  const question = useQuestion(view, questionOf);
  const { dialog, step } = view;

  const leave = (): void => {
    if (step.step === 'signing') return;
    ask(agent.invoke(step.step === 'ended' ? 'signature.close' : 'signature.cancel', { dialog }));
  };

  useLeaveKey(leave, isLeaveKey);

  return (
    <main class="window" ref={question.place}>
      <SignatureStepView key={question.name} agent={agent} view={view} onLeave={leave} {...question.props} />
    </main>
  );
}
