import { ProblemError } from '../../../contract/problem.ts';
import type { Bilingual } from '../../../formats/bilingual.ts';
import { systemClock } from '../../system-clock.ts';
import { clockWordsToTheSecond } from '../clock-words.ts';
import { retryAfterMs } from '../network/retry-policy.ts';

type Refusal = Pick<Response, 'status' | 'headers'>;

/** 429 and 503: the service is too busy or down, and it is worth asking again later. */
export const isSuspension = (status: number): boolean => status === 429 || status === 503;

/**
 * Whether a signature call was turned away before anything was signed. A gateway says 503 also where the service broke off
 * with the request in its hands; who says when to come again (RFC 9110 §10.2.3) has not taken it.
 * SECURITY: test/integration/remote-faults.test.ts
 */
export const isTurnedAway = (answer: Refusal): boolean => answer.status === 429 || (answer.status === 503 && secondsUntilRetry(answer) !== null);

/** What a person is told of it, and when an EHR may send again where the service says so. */
export function suspendedService(answer: Refusal, cause?: unknown, now = systemClock.now()): ProblemError {
  const seconds = secondsUntilRetry(answer, now);
  const again = seconds === null ? { ja: '', en: '' } : againAt(seconds, now);
  const detail =
    answer.status === 429
      ? { ja: `サービスが混み合っています（429）。${again.ja}`, en: `The service is too busy (429).${again.en}` }
      : { ja: `サービスが停止しているか、混み合っています（503）。${again.ja}`, en: `The service is down or too busy (503).${again.en}` };
  return new ProblemError({ code: 'SERVICE_SUSPENDED', detail, ...(seconds === null ? {} : { retryAfterSeconds: seconds }) }, { cause });
}

/** A date is taken by the service's own clock where it tells its time. */
function secondsUntilRetry({ headers }: Refusal, now = systemClock.now()): number | null {
  const theirs = Date.parse(headers.get('date') ?? '');
  const ms = retryAfterMs(headers.get('retry-after'), Number.isNaN(theirs) ? now : theirs);
  return ms === null ? null : Math.ceil(ms / 1000);
}

/** By the clock, not as a number of seconds: the text may be read long after the answer, beside a Retry-After that counts down. */
function againAt(seconds: number, now: number): Bilingual {
  if (seconds === 0) return { ja: 'すぐにやり直せます。', en: ' You can try again now.' };
  const moment = clockWordsToTheSecond(new Date(now + seconds * 1000), now);
  return { ja: `${moment.ja} 以降にやり直せます。`, en: ` Try again at ${moment.en} or later.` };
}
