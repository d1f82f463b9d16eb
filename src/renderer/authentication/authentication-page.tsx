import type { AuthenticationView } from '../../contract/ipc/authentication.ts';
import { ask, pageBridge } from '../page/bridge.ts';
import { useSpeech } from '../page/language.ts';
import { useLeaveKey } from '../page/leave-key.ts';
import { usePainted } from '../page/painted.ts';
import { usePushed } from '../page/pushed.ts';
import { useQuestion } from '../pin/use-question.ts';
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
  const question = useQuestion(view, questionOf);
  const { dialog, step } = view;

  const leave = (): void => {
    ask(agent.invoke(step.step === 'ended' ? 'authentication.close' : 'authentication.cancel', { dialog }));
  };

  useLeaveKey(leave);

  return (
    <main class="window" ref={question.place}>
      <AuthenticationStepView key={question.name} agent={agent} view={view} onLeave={leave} {...question.props} />
    </main>
  );
}
