import { z } from 'zod';
import { ProblemError } from '../../../../contract/problem.ts';
import type { RemoteCredential } from '../../remote-provider.ts';
import type { CscApi } from './csc-api.ts';

/** CSC API v2 §11.5, as far as it is needed here. */
const credentialInfo = z.object({
  key: z.object({ status: z.string(), algo: z.array(z.string()) }),
  cert: z.object({ status: z.string().optional(), certificates: z.array(z.base64()).min(1).max(16) }),
  /** Where a service asks for more than the day's authentication, it is named here (PIN, OTP). */
  auth: z.object({ mode: z.string(), objects: z.array(z.unknown()).optional() }),
  multisign: z.int().min(1),
});

const credentialList = z.object({
  credentialIDs: z.array(z.string().min(1).max(256)).max(64),
  credentialInfos: z.array(z.looseObject({ credentialID: z.string() })).optional(),
});

/** rsaEncryption and sha256WithRSAEncryption (RFC 8017 appendix C). */
const usableAlgorithms: ReadonlySet<string> = new Set(['1.2.840.113549.1.1.1', '1.2.840.113549.1.1.11']);
const endedStates: ReadonlySet<string> = new Set(['revoked', 'suspended']);

const query = { certificates: 'chain', certInfo: false, authInfo: true };

/**
 * The person's credentials that can sign (CSC API v2 §11.4): enabled, RSA, not revoked. Services of version 1 list names
 * alone; then each is asked for. An expired certificate is left in: that it has expired is worth telling.
 */
export async function listCredentials(api: CscApi, bearer: string, signal: AbortSignal): Promise<readonly RemoteCredential[]> {
  const { credentialIDs, credentialInfos = [] } = await api.call('credentials/list', bearer, { ...query, credentialInfo: true }, credentialList, signal);
  const credentials: RemoteCredential[] = [];
  for (const id of credentialIDs) {
    const listed = credentialInfo.safeParse(credentialInfos.find(({ credentialID }) => credentialID === id));
    const info = listed.success ? listed.data : await api.call('credentials/info', bearer, { ...query, credentialID: id }, credentialInfo, signal);
    if (info.key.status === 'enabled' && info.key.algo.some((oid) => usableAlgorithms.has(oid)) && !endedStates.has(info.cert.status ?? 'valid')) {
      credentials.push(readCredential(id, info));
    }
  }
  return credentials;
}

function readCredential(id: string, { cert, auth, multisign }: z.infer<typeof credentialInfo>): RemoteCredential {
  if (auth.mode === 'oauth2code' || (auth.mode === 'explicit' && (auth.objects ?? []).length > 0)) {
    throw new ProblemError({
      code: 'PROVIDER_REFUSED',
      detail: { ja: 'この証明書は署名のたびに別の認証を求めるため、使えません。', en: 'This credential asks for another authentication at each signature, which is not supported.' },
    });
  }
  const [certificate, ...chain] = cert.certificates.map((der) => new Uint8Array(Buffer.from(der, 'base64')));
  if (certificate === undefined) throw new TypeError('the schema demands a certificate');
  return { id, certificate, chain, hashesAtOnce: multisign };
}
