import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { SignatureView } from '../../contract/ipc/signature.ts';
import { useArming } from '../page/arming.ts';
import { ask, pageBridge } from '../page/bridge.ts';
import { useSpeech } from '../page/language.ts';
import { afterPaint } from '../page/painted.ts';
import { usePushed } from '../page/pushed.ts';
import { usePlaceOfPin } from '../pin/place-of-pin.ts';
import { announcement } from './announcement.ts';
import { pinQuestion, questionOf } from './question.ts';
import { SignatureStepView } from './signature-step-view.tsx';

const agent = pageBridge<'signature'>();

function useView(): SignatureView | null {
  return usePushed<SignatureView | null>(
    (listener) => agent.on('view', listener),
    () => agent.invoke('signature.ready', undefined),
  );
}

/** Tells main when a new dialog stands on the screen, so that the window is never shown with another's content. */
function usePainted(dialog: string | null): void {
  useEffect(() => {
    if (dialog === null) return undefined;
    window.scrollTo(0, 0);
    return afterPaint(() => {
      ask(agent.invoke('signature.painted', { dialog }));
    });
  }, [dialog]);
}

export function SignaturePage() {
  const view = useView();
  const spoken = useSpeech();
  usePainted(view?.dialog ?? null);
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
  const place = useRef<HTMLElement>(null);
  const { dialog, step } = view;

  const leave = (): void => {
    if (step.step === 'signing') return;
    ask(agent.invoke(step.step === 'ended' ? 'signature.close' : 'signature.cancel', { dialog }));
  };

  // With the paint of a step, not after it: a key pressed by what is seen is meant for it.
  // Without scrolling, so that what will be signed is seen first where the window is low.
  useLayoutEffect(() => {
    place.current?.querySelector<HTMLElement>('[data-initial-focus]')?.focus({ preventScroll: true });
  }, [question]);

  useLayoutEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      // Cancel is the default: Enter outside of any control takes it too.
      const enterOnNothing = event.key === 'Enter' && event.target === document.body;
      if (event.key !== 'Escape' && !enterOnNothing) return;
      event.preventDefault();
      leave();
    };
    window.addEventListener('keydown', onKey);
    return () => {
      window.removeEventListener('keydown', onKey);
    };
  });

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
