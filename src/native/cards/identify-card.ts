import type { CardKey } from './card-key.ts';
import type { CardSession } from './card-session.ts';
import type { CardTraits } from './card-traits.ts';
import { findHpkiKey } from './hpki-application.ts';
import { findJpkiKey } from './jpki-application.ts';

export type Identification =
  | { readonly card: 'signing' | 'identity'; readonly key: CardKey }
  | { readonly card: 'unknown'; readonly reason: string };

/**
 * What stands in a reader, by its most useful key: one that signs documents, else one that only authenticates. The
 * authentication key of a card that signs is left for later, so that nobody waits for it (LateAuthentication).
 */
export async function identifyCard(session: CardSession, traits: CardTraits): Promise<Identification> {
  const signing = await findHpkiKey(session, traits, 'signing');
  if (signing.found === 'key') return { card: 'signing', key: signing.key };
  const hpki = await findHpkiKey(session, traits, 'authentication');
  if (hpki.found === 'key') return { card: 'identity', key: hpki.key };
  if (signing.found === 'unusable') return { card: 'unknown', reason: signing.reason };
  if (hpki.found === 'unusable') return { card: 'unknown', reason: hpki.reason };
  const jpki = await findJpkiKey(session, traits);
  if (jpki.found === 'key') return { card: 'identity', key: jpki.key };
  return { card: 'unknown', reason: jpki.found === 'unusable' ? jpki.reason : 'neither an HPKI card nor a My Number card' };
}
