import { generateKeyPair, sign, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { JWK } from 'oidc-provider';

/** The key that ID tokens are signed with (ES256). One for a run of the service. */
export interface IssuerKey {
  readonly privateKey: KeyObject;
  readonly jwk: JWK;
}

const generate = promisify(generateKeyPair);

export async function generateIssuerKey(): Promise<IssuerKey> {
  const { privateKey } = await generate('ec', { namedCurve: 'prime256v1' });
  return { privateKey, jwk: { ...(privateKey.export({ format: 'jwk' }) as JWK), kid: 'sandbox', use: 'sig', alg: 'ES256' } };
}

/** Claims of a JWT that was not looked into any further. */
export function readClaims(jwt: string): Readonly<Record<string, unknown>> {
  const [, payload = ''] = jwt.split('.');
  return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Readonly<Record<string, unknown>>;
}

/** The same ID token with its times moved by so many seconds, signed anew: oidc-provider dates by the machine's clock. */
export function moveIdToken(idToken: string, seconds: number, { privateKey }: IssuerKey): string {
  const [header = ''] = idToken.split('.');
  const claims: Record<string, unknown> = { ...readClaims(idToken) };
  for (const name of ['iat', 'exp', 'auth_time']) {
    const time = claims[name];
    if (typeof time === 'number') claims[name] = time + seconds;
  }
  const signed = `${header}.${Buffer.from(JSON.stringify(claims), 'utf8').toString('base64url')}`;
  const signature = sign('sha256', Buffer.from(signed, 'ascii'), { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}

/** A token endpoint's answer that carries an ID token. */
export function isIdTokenAnswer(body: unknown): body is Readonly<Record<string, unknown>> & { readonly id_token: string } {
  return typeof body === 'object' && body !== null && 'id_token' in body && typeof body.id_token === 'string';
}
