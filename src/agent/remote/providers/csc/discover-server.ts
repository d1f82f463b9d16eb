import { customFetch, discovery, None, type CustomFetch, type ServerMetadata } from 'openid-client';
import { ProblemError } from '../../../../contract/problem.ts';
import type { CscSettings } from '../../../config/remote-settings.ts';
import { loginAnswerSeconds } from '../oauth/oauth-client.ts';
import { loginProblem, problem } from '../oauth/oauth-problems.ts';

const never = new AbortController().signal;

/** The authorization server as it describes itself (RFC 8414). Throws ProblemError, or the reason of the signal that ended it. */
export async function discoverServer({ issuer, clientId }: Pick<CscSettings, 'issuer' | 'clientId'>, fetch: CustomFetch): Promise<ServerMetadata> {
  try {
    const found = await discovery(new URL(issuer), clientId, undefined, None(), { algorithm: 'oauth2', timeout: loginAnswerSeconds, [customFetch]: fetch });
    return found.serverMetadata();
  } catch (error) {
    const failure = loginProblem(error, never);
    // Nobody has refused a login: what policy names as the issuer is none, or another one.
    if (failure instanceof ProblemError && failure.problem.code !== 'AUTHENTICATION_REFUSED') throw failure;
    throw failure instanceof ProblemError ? problem('PROVIDER_REFUSED', noIssuer(issuer), error) : error;
  }
}

function noIssuer(issuer: string) {
  return {
    ja: `${issuer} の案内（RFC 8414）がないか、ポリシーの issuer と合いません。`,
    en: `${issuer} does not describe itself (RFC 8414) as the issuer that policy names.`,
  };
}
