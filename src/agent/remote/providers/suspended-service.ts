import { ProblemError } from '../../../contract/problem.ts';

/** 429 and 503: nothing was done, and it is worth asking again later. */
export const isSuspension = (status: number): boolean => status === 429 || status === 503;

/** What a person is told of it, and when an EHR may send again where the service says so in seconds (RFC 9110 §10.2.3). */
export function suspendedService({ status, headers }: Pick<Response, 'status' | 'headers'>, cause?: unknown): ProblemError {
  const seconds = /^\d{1,6}$/.exec(headers.get('retry-after') ?? '')?.[0];
  const again = seconds === undefined ? { ja: '', en: '' } : { ja: `${seconds}秒後にやり直せます。`, en: ` Try again in ${seconds} seconds.` };
  const detail =
    status === 429
      ? { ja: `サービスが混み合っています（429）。${again.ja}`, en: `The service is too busy (429).${again.en}` }
      : { ja: `サービスが停止しているか、混み合っています（503）。${again.ja}`, en: `The service is down or too busy (503).${again.en}` };
  return new ProblemError({ code: 'SERVICE_SUSPENDED', detail, ...(seconds === undefined ? {} : { retryAfterSeconds: Number(seconds) }) }, { cause });
}
