import { z } from 'zod';
import type { RemoteCredential } from '../../remote-provider.ts';
import type { CscApi } from './csc-api.ts';
import { unreadable } from './csc-problems.ts';

const sha256 = '2.16.840.1.101.3.4.2.1';
/** sha256WithRSAEncryption: RSASSA-PKCS1-v1_5 over the DigestInfo (RFC 8017 §8.2). */
const sha256WithRsa = '1.2.840.113549.1.1.11';

const authorization = z.object({ SAD: z.string().min(1).max(65_536) });
const signatures = z.object({ signatures: z.array(z.base64()) });

/**
 * As many hashes at once as the credential takes (`multisign`), each batch under an authorization for these very hashes, so
 * that a stolen SAD signs nothing else (CSC API v2 §11.6, §11.11). A batch that has been sent is waited for, also after the
 * signal: its signatures exist.
 */
export async function* signHashes(
  api: CscApi,
  bearer: string,
  { id: credentialID, hashesAtOnce }: RemoteCredential,
  hashes: readonly Uint8Array[],
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  const isOver = (): boolean => signal.aborted;
  for (let at = 0; at < hashes.length && !isOver(); at += hashesAtOnce) {
    const batch = hashes.slice(at, at + hashesAtOnce).map((hash) => Buffer.from(hash).toString('base64'));
    const named = { credentialID, hashes: batch, hashAlgorithmOID: sha256 };
    const { SAD } = await api.call('credentials/authorize', bearer, { ...named, numSignatures: batch.length }, authorization);
    if (isOver()) return;
    const answer = await api.call('signatures/signHash', bearer, { ...named, SAD, signAlgo: sha256WithRsa }, signatures);
    if (answer.signatures.length !== batch.length) throw unreadable('signatures/signHash');
    for (const value of answer.signatures) yield new Uint8Array(Buffer.from(value, 'base64'));
  }
}
