import type { KeyObject } from 'node:crypto';
import type { Certificate } from '../../formats/pki/certificate.ts';
import type { KeyPurpose } from '../host/card-host.ts';
import { readCertificate, showsCertificate } from './card-certificates.ts';
import type { CardKey } from './card-key.ts';
import type { CardSession } from './card-session.ts';
import type { CardTraits } from './card-traits.ts';
import { hpkiAids, layouts, type HpkiLayout } from './hpki-layout.ts';
import { signHash } from './hpki-signature.ts';
import { isAuthenticationCertificate, rsaKeyOf, type KeySearch } from './read-key.ts';
import { selectApplication } from './select-application.ts';
import { readCounter } from './status-words.ts';

/** Where an application's key lies and what certifies it. */
interface HpkiApplication {
  readonly purpose: KeyPurpose;
  readonly layout: HpkiLayout;
  readonly certificate: Uint8Array;
  readonly publicKey: KeyObject;
  readonly chain: readonly Uint8Array[];
}

/**
 * Finds one application of an HPKI card and reads its certificates; no PIN is needed. The application is found by SELECT
 * and the layout by where a certificate is readable: the ATR says neither. CA certificates are read for signing alone: what
 * verifies a login has its own.
 * Throws CardError CARD_MODULE_FAILED for broken answers and passes SmartCardErrors.
 */
export async function findHpkiKey(session: CardSession, traits: CardTraits, purpose: KeyPurpose): Promise<KeySearch> {
  if (!(await selectApplication(session, hpkiAids[purpose]))) return { found: 'nothing' };
  let reason = 'no certificate';
  for (const layout of layouts) {
    const read = await readCertificate(session, traits, layout.certificate);
    if ('absent' in read) {
      reason = read.absent;
      continue;
    }
    const publicKey = rsaKeyOf(read.der);
    if (typeof publicKey === 'string') return { found: 'unusable', reason: `the ${purpose} certificate ${publicKey}` };
    if (purpose === 'authentication' && !isAuthenticationCertificate(read.der)) {
      return { found: 'unusable', reason: 'the certificate of the authentication application is not one for authentication' };
    }
    const chain = purpose === 'signing' ? await readChain(session, traits, layout) : [];
    return { found: 'key', key: hpkiKey({ purpose, layout, certificate: read.der, publicKey, chain }, traits) };
  }
  return { found: 'unusable', reason: `the ${purpose} application has no certificate: ${reason}` };
}

/** The key that a certificate belongs to, in each layout in which it may lie. */
export function hpkiKeysWith(traits: CardTraits, purpose: KeyPurpose, { der, publicKey }: Pick<Certificate, 'der' | 'publicKey'>): readonly CardKey[] {
  return layouts.map((layout) => hpkiKey({ purpose, layout, certificate: der, publicKey, chain: [] }, traits));
}

function hpkiKey({ purpose, layout, certificate, publicKey, chain }: HpkiApplication, traits: CardTraits): CardKey {
  const key: CardKey = {
    purpose,
    kind: 'hpki',
    certificate,
    chain,
    traits,
    isThere: async (session) =>
      (await selectApplication(session, hpkiAids[purpose])) && showsCertificate(session, traits, layout.certificate, certificate),
    async readTries(session) {
      const answer = await session.send({ cla: 0x00, ins: 0x20, p1: 0x00, p2: layout.pinReference });
      // [I] That HPKI cards answer it as My Number cards do; any other answer reads as `unknown`.
      return readCounter(answer.sw);
    },
    sign: (session, use) => signHash(session, traits, { layout, publicKey, ...use }),
  };
  if (purpose === 'signing') return key;
  return {
    ...key,
    async closePin(session) {
      // SELECT of one application drops the other's state (JAHIS 24-002).
      await selectApplication(session, hpkiAids.signing);
    },
  };
}

/** Best effort: a card without CA certificates, or with broken ones, signs all the same. */
async function readChain(session: CardSession, traits: CardTraits, layout: HpkiLayout): Promise<readonly Uint8Array[]> {
  const chain: Uint8Array[] = [];
  for (const file of layout.chain) {
    const read = await readCertificate(session, traits, file);
    if ('der' in read && !chain.some((known) => Buffer.compare(known, read.der) === 0)) chain.push(read.der);
  }
  return chain;
}
