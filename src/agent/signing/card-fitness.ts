import { parseCertificate, type Certificate } from '../../formats/pki/certificate.ts';
import { allowedRole, describeRoles } from '../../formats/pki/hc-role.ts';
import { signingPolicy } from '../../formats/pki/policies.ts';
import type { DocumentType } from '../../formats/prescription/document.ts';
import type { SigningCard } from '../../native/host/card-host.ts';
import type { BindingView, CardView } from '../ports.ts';

/** A card with its certificate read. */
export interface ReadCard {
  readonly card: SigningCard;
  readonly certificate: Certificate;
}

export type Unfitness = 'CARD_UNKNOWN' | 'CERTIFICATE_EXPIRED' | 'ROLE_NOT_ALLOWED';

const dayMs = 24 * 60 * 60 * 1000;
const leastRsaBits = 2048;

/** By the card as its host tells of it: a card inserted again, or read again, is another object. */
const cardsRead = new WeakMap<SigningCard, ReadCard | null>();

/** Null where the certificate on the card cannot be read. Every request asks several times, so the answer is kept. */
export function readCard(card: SigningCard): ReadCard | null {
  const known = cardsRead.get(card);
  if (known !== undefined) return known;
  const read = readCertificate(card);
  cardsRead.set(card, read);
  return read;
}

function readCertificate(card: SigningCard): ReadCard | null {
  try {
    const certificate = parseCertificate(card.certificate);
    return certificate.sha256 === card.certificateSha256 ? { card, certificate } : null;
  } catch {
    return null;
  }
}

/**
 * May this certificate sign these documents now? Everything that can be known before a PIN is asked. With `partial`
 * it is enough that it may sign one of them.
 * SECURITY: test/unit/agent/signing/signature-requests.test.ts
 */
export function judgeCertificate(
  certificate: Certificate,
  types: readonly DocumentType[],
  partial: boolean,
  at: number,
): Unfitness | null {
  const { keyInfo, notBefore, notAfter } = certificate;
  if (!isSigningCertificate(certificate) || keyInfo.kind !== 'rsa' || keyInfo.bits < leastRsaBits) return 'CARD_UNKNOWN';
  if (at < notBefore.getTime() || at > notAfter.getTime()) return 'CERTIFICATE_EXPIRED';
  const allowed = types.filter((type) => mayRoleSign(certificate, type));
  return (partial ? allowed.length > 0 : allowed.length === types.length) ? null : 'ROLE_NOT_ALLOWED';
}

/** By its use and policy: not for authentication, and no CA's. */
export function isSigningCertificate({ keyUsage, policies }: Certificate): boolean {
  return keyUsage?.has('nonRepudiation') === true && policies.includes(signingPolicy);
}

export function mayRoleSign(certificate: Certificate, type: DocumentType): boolean {
  return allowedRole(certificate.hcActors, type) !== null;
}

export function signerNameOf(certificate: Certificate): string {
  return certificate.kanjiName ?? certificate.subject.commonName ?? certificate.subject.text;
}

export function viewCard({ card, certificate }: ReadCard, at: number): CardView {
  const { name, role, notAfter, daysLeft } = viewCertificate(certificate, at);
  return { card, name, role, notAfter, daysLeft };
}

export function viewCertificate(certificate: Certificate, at: number): BindingView['certificate'] {
  return {
    certificateSha256: certificate.sha256,
    name: signerNameOf(certificate),
    role: describeRoles(certificate.hcActors),
    notAfter: certificate.notAfter,
    daysLeft: Math.floor((certificate.notAfter.getTime() - at) / dayMs),
  };
}
