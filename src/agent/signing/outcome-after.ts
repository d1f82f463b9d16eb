import type { DialogOutcome } from '../ports.ts';
import { TakesOtherWay } from './other-way.ts';
import { endOf } from './request-end.ts';

/** How a window says that its request ended on this error. */
export function outcomeAfter(error: unknown): DialogOutcome {
  if (error instanceof TakesOtherWay) return { outcome: 'other_way' };
  const end = endOf(error);
  if (end === null) return { outcome: 'failed', code: 'INTERNAL', detail: null };
  return { outcome: end.state, code: end.problem.code, detail: end.problem.detail };
}
