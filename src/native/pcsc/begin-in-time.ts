import { SmartCardError } from './smart-card-service.ts';

/**
 * Work that has to begin in time: `begun` ends the wait, `late` aborts when it is over. SCardBeginTransaction waits for
 * as long as another program keeps the card, and no call of PC/SC ends that wait; so the caller is told after `ms`,
 * and the work, which goes on waiting in its thread, finds `late` aborted and lets go.
 */
export async function beginInTime<T>(ms: number, work: (late: AbortSignal, begun: () => void) => Promise<T>): Promise<T> {
  const late = new AbortController();
  const { promise: tooLate, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const error = new SmartCardError('SHARING_VIOLATION', `no transaction within ${ms} ms`);
    late.abort(error);
    reject(error);
  }, ms);
  const working = work(late.signal, () => clearTimeout(timer));
  try {
    return await Promise.race([working, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
