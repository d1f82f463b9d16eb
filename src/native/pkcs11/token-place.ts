import { createHash, type X509Certificate } from 'node:crypto';
import { cardKindOf, isForAuthentication } from '../../formats/pki/authentication-certificate.ts';
import { parseCertificate } from '../../formats/pki/certificate.ts';
import type { CertificateSha256, KeyPurpose, ReaderState } from '../host/card-host.ts';
import type { CardCertificates } from './end-entity-certificate.ts';

/**
 * What a reader holds for the purpose that policy names.
 * SECURITY: a certificate of the other purpose is not offered, whatever the module is called
 * (test/unit/native/pkcs11/pkcs11-card-stack.test.ts).
 */
export function placeOf(reader: string, { endEntity, chain }: CardCertificates, purpose: KeyPurpose, hasKeypad: boolean): ReaderState {
  const { certificate, authenticates, kind } = readCertificate(endEntity);
  const card = { reader, certificateSha256: sha256Of(endEntity), certificate, driver: 'pkcs11', ...(hasKeypad ? { keypad: true as const } : {}) } as const;
  if (authenticates !== (purpose === 'authentication')) {
    return { reader, state: 'unknown_card', reason: `a certificate that is ${authenticates ? '' : 'not '}for authentication; policy names the module for ${purpose}` };
  }
  if (!authenticates) return { reader, state: 'ready', card: { ...card, chain }, authentication: null };
  if (kind === null) return { reader, state: 'unknown_card', reason: 'an authentication certificate of neither HPKI nor JPKI' };
  return { reader, state: 'identity_card', authentication: { ...card, kind } };
}

/** What cannot be parsed is for nothing that is known here: the agent says so of a signing card. */
function readCertificate({ raw }: X509Certificate) {
  const certificate = new Uint8Array(raw);
  try {
    const parsed = parseCertificate(certificate);
    return { certificate, authenticates: isForAuthentication(parsed), kind: cardKindOf(parsed) };
  } catch {
    return { certificate, authenticates: false, kind: null };
  }
}

export function sha256Of({ raw }: X509Certificate): CertificateSha256 {
  return createHash('sha256').update(raw).digest('hex');
}

export function offersKey({ state }: ReaderState): boolean {
  return state === 'ready' || state === 'identity_card';
}

/** OpenSC makes two slots of a My Number card in one reader, one for each PIN: the one with a key of use here stands for both. */
export function withoutSecondSlots(places: readonly ReaderState[]): readonly ReaderState[] {
  const offering = new Set(places.filter(offersKey).map(({ reader }) => reader));
  return places.filter((place) => offersKey(place) || !offering.has(place.reader));
}
