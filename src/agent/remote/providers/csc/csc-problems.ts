import type { ErrorCode } from '../../../../contract/error-codes.ts';
import { ProblemError } from '../../../../contract/problem.ts';

export type CscMethod = 'credentials/list' | 'credentials/info' | 'credentials/authorize' | 'signatures/signHash';

/** CSC API v2 §10.2: many conditions share `invalid_request` and differ by their description alone. */
const byDescription: readonly (readonly [RegExp, ErrorCode])[] = [
  [/access token.*(expired|revoked)/, 'TOKEN_EXPIRED'],
  [/(invalid|missing).*access token/, 'TOKEN_EXPIRED'],
];

const byError: Readonly<Record<string, ErrorCode>> = {
  invalid_token: 'TOKEN_EXPIRED',
  expired_token: 'TOKEN_EXPIRED',
  access_denied: 'TOKEN_EXPIRED',
  temporarily_unavailable: 'SERVICE_SUSPENDED',
};

/**
 * A refusal by method, status, error and normalized description. A signature call that broke inside the service (5xx
 * without its word that it is suspended) may have signed.
 */
export function cscProblem(method: CscMethod, status: number, body: unknown): ProblemError {
  const { error, description } = readError(body);
  const word = error === null ? String(status) : `${status} ${error}`;
  const detail = { ja: `署名サービスの応答: ${method} ${word}。`, en: `The service answered ${method} with ${word}.` };
  return new ProblemError({ code: codeOf(method, status, error, description), detail });
}

function codeOf(method: CscMethod, status: number, error: string | null, description: string): ErrorCode {
  if (status === 401) return 'TOKEN_EXPIRED';
  const described = byDescription.find(([pattern]) => pattern.test(description))?.[1];
  if (described !== undefined) return described;
  if (error !== null && Object.hasOwn(byError, error)) return byError[error] ?? 'PROVIDER_REFUSED';
  if (status >= 500) return method === 'signatures/signHash' ? 'REMOTE_ANSWER_LOST' : 'PROVIDER_UNREACHABLE';
  return 'PROVIDER_REFUSED';
}

/** An answer that says 200 and makes no sense. After a signature call nobody knows what was signed. */
export function unreadable(method: CscMethod): ProblemError {
  return new ProblemError({
    code: method === 'signatures/signHash' ? 'REMOTE_ANSWER_LOST' : 'PROVIDER_REFUSED',
    detail: { ja: `${method} の応答を読み取れません。`, en: `The answer to ${method} cannot be read.` },
  });
}

/** The registered word, and the description in lower case for comparing. Neither is handed on as it came. */
function readError(body: unknown): { readonly error: string | null; readonly description: string } {
  const { error, error_description: description } = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  return {
    error: typeof error === 'string' && /^[a-zA-Z_]{1,64}$/.test(error) ? error : null,
    description: typeof description === 'string' ? description.toLowerCase().replace(/\s+/g, ' ') : '',
  };
}
