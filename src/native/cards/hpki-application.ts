import { X509Certificate } from 'node:crypto';
import { readCertificate, showsCertificate } from './card-certificates.ts';
import type { CardSession } from './card-session.ts';
import type { CardTraits } from './card-traits.ts';
import { rsaModulusLength } from '../../formats/pki/emsa-pkcs1.ts';
import { hpkiPartialAid, layouts, signingAid, type HpkiLayout } from './hpki-layout.ts';
import { readCounter, sw, type CounterReading } from './status-words.ts';

/** The signing application of one card as it was read. Certificates are DER. */
export interface HpkiSigningApplication {
  readonly layout: HpkiLayout;
  readonly certificate: Uint8Array;
  readonly chain: readonly Uint8Array[];
}

export type Identification =
  | { readonly hpki: true; readonly application: HpkiSigningApplication }
  | { readonly hpki: false; readonly reason: string };

/**
 * Finds the HPKI signing application and reads its certificates; no PIN is needed. The application is
 * found by SELECT and the layout by where a certificate is readable: the ATR says neither.
 * Throws CardError CARD_MODULE_FAILED for broken answers and passes SmartCardErrors.
 */
export async function identifyHpkiCard(session: CardSession, traits: CardTraits): Promise<Identification> {
  if (!(await selectSigningApplication(session))) {
    const other = await selectByName(session, hpkiPartialAid);
    return { hpki: false, reason: other ? 'an HPKI card without a signing application' : 'no HPKI card' };
  }
  let reason = 'no certificate';
  for (const layout of layouts) {
    const read = await readCertificate(session, traits, layout.certificate);
    if ('absent' in read) {
      reason = read.absent;
      continue;
    }
    if (rsaModulusLength(new X509Certificate(read.der).publicKey) === undefined) {
      return { hpki: false, reason: 'the signing certificate has no RSA key' };
    }
    return { hpki: true, application: { layout, certificate: read.der, chain: await readChain(session, traits, layout) } };
  }
  return { hpki: false, reason: `the signing application has no certificate: ${reason}` };
}

/** SELECT the signing application anew and see that it still shows this certificate. */
export async function isSameCard(
  session: CardSession,
  traits: CardTraits,
  application: HpkiSigningApplication,
): Promise<boolean> {
  if (!(await selectSigningApplication(session))) return false;
  return showsCertificate(session, traits, application.layout.certificate, application.certificate);
}

/** SELECT the signing application anew and find the layout under which it shows this certificate; undefined: another card. */
export async function layoutShowing(session: CardSession, traits: CardTraits, certificate: Uint8Array): Promise<HpkiLayout | undefined> {
  if (!(await selectSigningApplication(session))) return undefined;
  for (const layout of layouts) {
    if (await showsCertificate(session, traits, layout.certificate, certificate)) return layout;
  }
  return undefined;
}

/**
 * The try counter, by a VERIFY without data, which presents nothing (ISO/IEC 7816-4 §11.6.6).
 * [I] That HPKI cards answer it as My Number cards do; any other answer reads as `unknown`.
 */
export async function readTries(session: CardSession, layout: HpkiLayout): Promise<CounterReading> {
  const answer = await session.send({ cla: 0x00, ins: 0x20, p1: 0x00, p2: layout.pinReference });
  return readCounter(answer.sw);
}

async function selectSigningApplication(session: CardSession): Promise<boolean> {
  return selectByName(session, signingAid);
}

/** SELECT by DF name (ISO/IEC 7816-4 §11.1.1). Where the FCI tells a name, it must begin with the one asked for. */
async function selectByName(session: CardSession, name: Uint8Array): Promise<boolean> {
  const answer = await session.send({ cla: 0x00, ins: 0xa4, p1: 0x04, p2: 0x00, data: name, le: 256 });
  if (answer.sw !== sw.ok) return false;
  const found = nameInFci(answer.data);
  return found === undefined || Buffer.compare(found.subarray(0, name.length), name) === 0;
}

/** DF name (tag 84) of an FCI template 6F with short lengths, as HPKI cards answer: 6F 12 84 10 AID. */
function nameInFci(fci: Uint8Array): Uint8Array | undefined {
  const [template, , tag, length] = fci;
  return template === 0x6f && tag === 0x84 && length !== undefined ? fci.subarray(4, 4 + length) : undefined;
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

