import type { SessionMethod } from '../../../../contract/api.ts';
import type { ServiceFetch } from '../../network/service-fetch.ts';
import type { AuthenticationSteps, IssuedToken, RemoteToken } from '../../remote-provider.ts';

type Bearer = 'access_token' | 'id_token';

/**
 * One login over `fetch`. A token that the service has issued lives there whatever is wrong with its answer (clock, nonce,
 * signature, no end), so when the login fails it is handed to the agent, to be revoked, and so is an answer under way that
 * may still bring one.
 * SECURITY: test/integration/remote-providers/{csc,kagura}.test.ts, test/unit/agent/remote/login-by-phone.test.ts
 */
export async function discardUnlessTaken(
  fetch: ServiceFetch,
  { bearer, method }: { readonly bearer: Bearer; readonly method: SessionMethod },
  steps: Pick<AuthenticationSteps, 'discard'>,
  login: (fetch: ServiceFetch) => Promise<RemoteToken>,
): Promise<RemoteToken> {
  const failed = Promise.withResolvers<undefined>();
  try {
    return await login((address, init) => {
      const answer = fetch(address, init);
      // RFC 6749 §5.1. Looked at before anything in the answer is checked, its time too.
      if (init?.body instanceof URLSearchParams && init.body.has('grant_type')) {
        const token = answer.then((response) => tokenIn(response, bearer)).catch(() => null);
        void failed.promise.then(() => steps.discard(token.then((text) => issued(text, method))));
      }
      return answer;
    });
  } catch (error) {
    failed.resolve(undefined);
    throw error;
  }
}

/** Where the bearer itself is missing, the service revokes by the access token. */
async function tokenIn(response: Response, bearer: Bearer): Promise<string | null> {
  if (!response.ok) return null;
  const answer = (await response.clone().json()) as Readonly<Record<string, unknown>> | null;
  return [answer?.[bearer], answer?.['access_token']].find((token) => typeof token === 'string') ?? null;
}

function issued(token: string | null, method: SessionMethod): IssuedToken | null {
  return token === null ? null : { method, secret: new Uint8Array(Buffer.from(token, 'utf8')) };
}
