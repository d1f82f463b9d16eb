import { reasonOfAbort } from './lane.ts';

/** A question's time is up. */
export class DeadlinePassed extends Error {
  override readonly name = 'DeadlinePassed';
}

/**
 * Asks a question whose own signal aborts when it is answered, when the time is up or when the outer signal aborts.
 * Rejects with {@link DeadlinePassed} or the outer signal's reason, whatever the question still answers then: a
 * window that closes because its time is up is not a person who cancels.
 */
export async function askUntil<Answer>(
  outer: AbortSignal,
  ms: number,
  question: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  if (outer.aborted) throw reasonOfAbort(outer);
  const controller = new AbortController();
  const stopped = new Promise<never>((_, reject) => {
    controller.signal.addEventListener('abort', () => reject(reasonOfAbort(controller.signal)), { once: true });
  });
  // Nobody listens to it any more once the answer is there.
  stopped.catch(() => undefined);
  const forward = (): void => controller.abort(reasonOfAbort(outer));
  outer.addEventListener('abort', forward, { once: true });
  const timer = setTimeout(() => controller.abort(new DeadlinePassed()), Math.max(0, ms));
  try {
    return await Promise.race([question(controller.signal), stopped]);
  } finally {
    clearTimeout(timer);
    outer.removeEventListener('abort', forward);
    controller.abort(new Error('answered'));
  }
}
