import type { Certificate } from './certificate.ts';
import { hpkiArc, jpkiArc } from './policies.ts';

/**
 * Whether a certificate is for proving who is there, and not for documents: keyUsage (RFC 5280 §4.2.1.3) has
 * digitalSignature and lacks nonRepudiation. HPKI's signing certificates have nonRepudiation alone, those of My Number
 * cards have both.
 */
export function isForAuthentication({ keyUsage }: Pick<Certificate, 'keyUsage'>): boolean {
  return keyUsage?.has('digitalSignature') === true && !keyUsage.has('nonRepudiation');
}

/** On which kind of card a certificate lies, by the arc of its policies; null for any other. */
export function cardKindOf({ policies }: Pick<Certificate, 'policies'>): 'hpki' | 'jpki' | null {
  if (policies.some((policy) => policy.startsWith(hpkiArc))) return 'hpki';
  return policies.some((policy) => policy.startsWith(jpkiArc)) ? 'jpki' : null;
}
