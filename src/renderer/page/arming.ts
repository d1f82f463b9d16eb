import { useLayoutEffect, useState } from 'preact/hooks';
import { afterPaint } from './painted.ts';

/** How long a new question takes no answer, in ms. */
const armingDelay = 500;

export interface Arming {
  /** Whether the question takes answers by now. */
  readonly armed: boolean;
  /** Keys were typed before, and dropped: what the person meant to type is incomplete. */
  readonly keysIgnored: boolean;
}

/**
 * SECURITY: nobody approves by a key meant for another program. A new question is deaf until it has been in view for
 * 500 ms without a key; coming to the front starts the time anew. Escape and moving the focus always work, because
 * they approve nothing. test/unit/renderer/signature-approval.test.ts
 *
 * @param question changes whenever something new is asked.
 */
export function useArming(question: string): Arming {
  // With its question, so that not even one rendering of a new question has the arming of the last.
  const [state, setState] = useState<Arming & { readonly question: string }>({ question, ...deaf });
  useLayoutEffect(() => {
    let timer: number | undefined;
    let armed = false;
    let keysIgnored = false;
    const tell = (): void => {
      setState({ question, armed, keysIgnored });
    };
    const wait = (): void => {
      window.clearTimeout(timer);
      timer = window.setTimeout(() => {
        armed = true;
        tell();
      }, armingDelay);
    };
    const start = (): void => {
      armed = false;
      tell();
      wait();
    };
    const shown = (): void => {
      if (document.visibilityState === 'visible') start();
    };
    const dropKey = (event: KeyboardEvent): void => {
      const dropped = armed ? event.key === 'Enter' && event.repeat : !harmlessKeys.has(event.key);
      if (!dropped) return;
      event.preventDefault();
      event.stopPropagation();
      if (armed) return;
      keysIgnored = true;
      tell();
      wait();
    };
    const cancelPaint = afterPaint(start);
    window.addEventListener('keydown', dropKey, true);
    window.addEventListener('focus', shown);
    document.addEventListener('visibilitychange', shown);
    return () => {
      cancelPaint();
      window.clearTimeout(timer);
      window.removeEventListener('keydown', dropKey, true);
      window.removeEventListener('focus', shown);
      document.removeEventListener('visibilitychange', shown);
    };
  }, [question]);
  return state.question === question ? state : deaf;
}

const deaf: Arming = { armed: false, keysIgnored: false };

const harmlessKeys = new Set(['Escape', 'Tab', 'Shift', 'Control', 'Alt', 'Meta', 'CapsLock', 'ArrowUp', 'ArrowDown', 'PageUp', 'PageDown']);
