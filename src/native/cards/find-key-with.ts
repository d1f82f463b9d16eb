import { cardKindOf, isForAuthentication } from '../../formats/pki/authentication-certificate.ts';
import { parseCertificate } from '../../formats/pki/certificate.ts';
import type { CardKey } from './card-key.ts';
import type { CardSession } from './card-session.ts';
import type { CardTraits } from './card-traits.ts';
import { hpkiKeysWith } from './hpki-application.ts';
import { jpkiKeyWith } from './jpki-application.ts';

/**
 * The key of the card in this session that has exactly this certificate (DER); undefined: another card. Nothing else of
 * the card is read. Throws DerError for a certificate that cannot be read.
 */
export async function findKeyWith(session: CardSession, traits: CardTraits, certificate: Uint8Array): Promise<CardKey | undefined> {
  for (const key of candidates(traits, certificate)) {
    if (await key.isThere(session)) return key;
  }
  return undefined;
}

/** Wherever the certificate may lie, by what it is for. */
function candidates(traits: CardTraits, der: Uint8Array): readonly CardKey[] {
  const certificate = parseCertificate(der);
  if (!isForAuthentication(certificate)) return hpkiKeysWith(traits, 'signing', certificate);
  const kind = cardKindOf(certificate);
  return [
    ...(kind === 'jpki' ? [] : hpkiKeysWith(traits, 'authentication', certificate)),
    ...(kind === 'hpki' ? [] : [jpkiKeyWith(traits, certificate)]),
  ];
}
