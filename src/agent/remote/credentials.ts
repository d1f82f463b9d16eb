import { parseCertificate, type Certificate } from '../../formats/pki/certificate.ts';
import type { DocumentType } from '../../formats/prescription/document.ts';
import { judgeCertificate } from '../signing/card-fitness.ts';
import type { Ownership } from '../signing/card-question.ts';
import type { RemoteCredential, RemoteToken, ValueSigning } from './remote-provider.ts';

/** A credential in the cloud with its certificate read. */
export interface ReadCredential {
  readonly credential: RemoteCredential;
  readonly certificate: Certificate;
}

/** Credentials whose certificate cannot be read are of no use and left out. */
export async function readCredentials(signing: ValueSigning, token: RemoteToken, signal: AbortSignal): Promise<readonly ReadCredential[]> {
  const credentials = await signing.credentials(token, signal);
  return credentials.flatMap((credential) => {
    try {
      return [{ credential, certificate: parseCertificate(credential.certificate) }];
    } catch {
      return [];
    }
  });
}

export interface CredentialQuestion {
  readonly types: readonly DocumentType[];
  readonly partial: boolean;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Only this certificate will do: a recipe names it. */
  readonly certificateSha256: string | null;
  readonly ownership: (certificate: Certificate) => Ownership;
}

export type CredentialAnswer =
  | { readonly kind: 'fits'; readonly chosen: ReadCredential; readonly ownership: Exclude<Ownership, 'other'> }
  | { readonly kind: 'refuse'; readonly code: 'AUTHENTICATED_OTHER_PERSON' | 'RESULT_NOT_HELD' | 'CERTIFICATE_EXPIRED' | 'ROLE_NOT_ALLOWED' | 'PROVIDER_REFUSED' };

/**
 * With which of a person's certificates these documents are signed. Known to be theirs before merely possible, and of two
 * that fit the one that is valid longer. Everything is judged before anything is sent.
 * SECURITY: test/unit/agent/signing/remote-requests.test.ts
 */
export function chooseCredential(credentials: readonly ReadCredential[], question: CredentialQuestion): CredentialAnswer {
  const { types, partial, at, certificateSha256, ownership } = question;
  const wanted = credentials.filter(({ certificate }) => certificateSha256 === null || certificate.sha256 === certificateSha256);
  // The recipe's certificate is not there any more: what it began cannot be gone on with.
  if (wanted.length === 0) return { kind: 'refuse', code: credentials.length === 0 ? 'PROVIDER_REFUSED' : 'RESULT_NOT_HELD' };
  const judged = wanted.map((read) => ({ read, owner: ownership(read.certificate), unfit: judgeCertificate(read.certificate, types, partial, at) }));
  const own = judged.filter(({ owner }) => owner !== 'other');
  if (own.length === 0) return { kind: 'refuse', code: 'AUTHENTICATED_OTHER_PERSON' };
  const bound = own.filter(({ owner }) => owner === 'bound');
  const theirs = bound.length > 0 ? bound : own;
  const [best] = theirs
    .filter(({ unfit }) => unfit === null)
    .sort((a, b) => b.read.certificate.notAfter.getTime() - a.read.certificate.notAfter.getTime());
  if (best !== undefined && best.owner !== 'other') return { kind: 'fits', chosen: best.read, ownership: best.owner };
  const reasons = new Set(theirs.map(({ unfit }) => unfit));
  if (reasons.has('ROLE_NOT_ALLOWED')) return { kind: 'refuse', code: 'ROLE_NOT_ALLOWED' };
  return { kind: 'refuse', code: reasons.has('CERTIFICATE_EXPIRED') ? 'CERTIFICATE_EXPIRED' : 'PROVIDER_REFUSED' };
}
