import { AuthorizationResponseError, ClientError, ResponseBodyError } from 'openid-client';
import { ProblemError } from '../../../../contract/problem.ts';
import type { Bilingual } from '../../../../formats/bilingual.ts';
import { NetworkError } from '../../network/network-error.ts';
import { UnfittingAnswer } from '../../unfitting-answer.ts';
import { isSuspension, suspendedService } from '../suspended-service.ts';

/** `error` of OAuth answers (RFC 6749 §5.2, RFC 8628 §3.5) that have a name of their own here. */
const named: Readonly<Record<string, 'AUTHENTICATION_EXPIRED' | 'AUTHENTICATION_REFUSED' | 'SERVICE_SUSPENDED'>> = {
  expired_token: 'AUTHENTICATION_EXPIRED',
  access_denied: 'AUTHENTICATION_REFUSED',
  login_required: 'AUTHENTICATION_REFUSED',
  consent_required: 'AUTHENTICATION_REFUSED',
  invalid_grant: 'AUTHENTICATION_REFUSED',
  temporarily_unavailable: 'SERVICE_SUSPENDED',
};

/**
 * A failed login as a person is told of it. openid-client buries what its `fetch` threw, so causes are looked through. An
 * abort by the caller stays what it was.
 */
export function loginProblem(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  const known = firstKnown(error);
  if (known instanceof NetworkError && known.code === 'REMOTE_ANSWER_LOST') return answerLost(known);
  if (known !== null) return known;
  if (isOutOfTime(error)) return answerLost(error);
  if (error instanceof ResponseBodyError && isSuspension(error.status)) return suspendedService(error.response, error);
  if (error instanceof ResponseBodyError || error instanceof AuthorizationResponseError) {
    return problem(named[error.error] ?? 'PROVIDER_REFUSED', oauthError(error.error), error);
  }
  const answer = noOAuthAnswer(error);
  if (answer !== null) {
    const { status } = answer;
    return isSuspension(status) ? suspendedService(answer, error) : problem(status >= 500 ? 'PROVIDER_UNREACHABLE' : 'PROVIDER_REFUSED', answered(status), error);
  }
  if (error instanceof ClientError && error.code === 'OAUTH_PARSE_ERROR') return problem('PROVIDER_REFUSED', unreadable, error);
  // An answer that does not fit what was asked: state, nonce, issuer, audience, signature (RFC 9207, OIDC Core §3.1.3.7).
  if (error instanceof ClientError) return new UnfittingAnswer(unfitting(error.code ?? error.message), unfittingPart(error), { cause: error });
  return error;
}

export function problem(code: ProblemError['problem']['code'], detail: Bilingual, cause?: unknown): ProblemError {
  return new ProblemError({ code, detail }, { cause });
}

/** The request left and nothing came back: what it asked for may have been done. */
export function isAnswerLost(error: unknown): error is Error {
  const known = firstKnown(error);
  return isOutOfTime(error) || (known instanceof NetworkError && known.code === 'REMOTE_ANSWER_LOST');
}

/** How openid-client names that nothing came within `loginAnswerSeconds`. */
function isOutOfTime(error: unknown): error is ClientError {
  return error instanceof ClientError && error.code === 'OAUTH_TIMEOUT';
}

/** An answer that is none of OAuth: of a service in trouble, or the page of a machine in front of it. */
function noOAuthAnswer(error: unknown): Response | null {
  return error instanceof ClientError && notOAuth.has(error.code ?? '') && error.cause instanceof Response ? error.cause : null;
}

const notOAuth: ReadonlySet<string> = new Set(['OAUTH_RESPONSE_IS_NOT_CONFORM', 'OAUTH_RESPONSE_IS_NOT_JSON']);

function firstKnown(error: unknown): ProblemError | null {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof ProblemError) return cause;
  }
  return null;
}

/** Nothing was signed by a login: whoever begins another one loses nothing. */
function answerLost(cause: Error): ProblemError {
  return problem('PROVIDER_UNREACHABLE', { ja: '認証サービスの応答が届きませんでした。', en: "The login service's answer did not arrive." }, cause);
}

/** Only the registered word: `error_description` may hold whatever the service likes, a name among it. */
function oauthError(word: string): Bilingual {
  const code = /^[a-z_]{1,64}$/.test(word) ? word : 'unregistered';
  return { ja: `サービスの応答: ${code}。`, en: `The service answered: ${code}.` };
}

const unreadable = { ja: 'サービスの応答を読み取れません。', en: "The service's answer cannot be read." };

function answered(status: number): Bilingual {
  if (status === 200) return unreadable;
  return { ja: `サービスの応答: ${status}。`, en: `The service answered ${status}.` };
}

/** openid-client gives one code to several checks; its cause's message names the parameter or claim, and no value of it. */
function unfittingPart({ cause }: ClientError): UnfittingAnswer['by'] {
  const part = cause instanceof Error ? /"(state|nonce)"/.exec(cause.message)?.[1] : undefined;
  return part === 'state' || part === 'nonce' ? part : null;
}

function unfitting(why: string): Bilingual {
  return { ja: `認証の応答が、始めた認証に対するものではありません（${why}）。`, en: `The answer does not belong to the login that was begun (${why}).` };
}
