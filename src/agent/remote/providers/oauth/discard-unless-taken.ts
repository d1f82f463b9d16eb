import type { SessionMethod } from '../../../../contract/api.ts';
import type { ServiceFetch } from '../../network/service-fetch.ts';
import type { AuthenticationSteps, RemoteToken } from '../../remote-provider.ts';

type Bearer = 'access_token' | 'id_token';

/**
 * One login over `fetch`. A token that the service has issued lives there whatever is wrong with its answer (clock, nonce,
 * signature, no end), so when the login fails it is handed to the agent, to be revoked, also where it comes after that.
 * SECURITY: test/integration/remote-providers/{csc,kagura}.test.ts
 */
export async function discardUnlessTaken(
  fetch: ServiceFetch,
  { bearer, method }: { readonly bearer: Bearer; readonly method: SessionMethod },
  steps: Pick<AuthenticationSteps, 'discard'>,
  login: (fetch: ServiceFetch) => Promise<RemoteToken>,
): Promise<RemoteToken> {
  const issued: { token: string | null } = { token: null };
  let isOver = false;
  const discardIssued = (): void => {
    if (issued.token !== null) steps.discard({ method, secret: new Uint8Array(Buffer.from(issued.token, 'utf8')) });
    issued.token = null;
  };
  try {
    return await login(async (address, init) => {
      const response = await fetch(address, init);
      // RFC 6749 §5.1. Looked at before anything in the answer is checked, its time too.
      if (response.ok && init?.body instanceof URLSearchParams && init.body.has('grant_type')) issued.token = await tokenIn(response, bearer);
      if (isOver) discardIssued();
      return response;
    });
  } catch (error) {
    isOver = true;
    discardIssued();
    throw error;
  }
}

/** Where the bearer itself is missing, the service revokes by the access token. */
async function tokenIn(response: Response, bearer: Bearer): Promise<string | null> {
  const answer = (await response.clone().json().catch(() => null)) as Readonly<Record<string, unknown>> | null;
  return [answer?.[bearer], answer?.['access_token']].find((token) => typeof token === 'string') ?? null;
}
