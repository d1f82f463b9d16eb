import type { KeyObject } from 'node:crypto';
import type { Certificate } from '../../formats/pki/certificate.ts';
import { digestInfo } from '../../formats/pki/emsa-pkcs1.ts';
import { readCertificate, selectElementaryFile, showsCertificate } from './card-certificates.ts';
import type { CardKey } from './card-key.ts';
import type { CardSession } from './card-session.ts';
import type { CardTraits } from './card-traits.ts';
import type { FileAddress } from './hpki-layout.ts';
import { checkSignature, keyFailed, presentPin } from './key-use.ts';
import { isAuthenticationCertificate, rsaKeyOf, type KeySearch } from './read-key.ts';
import { selectApplicationSilently } from './select-application.ts';
import { readCounter, showStatus, sw } from './status-words.ts';

/**
 * The JPKI application of a My Number card (公的個人認証サービス), as public programs that drive real cards address it.
 * SECURITY: only what belongs to authentication has an address here. The signing certificate (EF 0001), its key (001A) and
 * its password (001B) are never touched (test/unit/native/cards/authentication-key.test.ts).
 */
const applicationAid = Uint8Array.from(Buffer.from('D392F000260100000001', 'hex'));

const certificateFile: FileAddress = { by: 'identifier', ef: 0x000a };
const keyFile = 0x0017;
const pinFile = 0x0018;
/** P2 of VERIFY: the PIN in the selected EF. */
const pinReference = 0x80;

/** Finds the user authentication certificate (利用者証明用電子証明書). It names nobody, and needs no PIN. */
export async function findJpkiKey(session: CardSession, traits: CardTraits): Promise<KeySearch> {
  if (!(await selectApplicationSilently(session, applicationAid))) return { found: 'nothing' };
  const read = await readCertificate(session, traits, certificateFile);
  if ('absent' in read) return { found: 'unusable', reason: `a My Number card without an authentication certificate: ${read.absent}` };
  const publicKey = rsaKeyOf(read.der);
  if (typeof publicKey === 'string') return { found: 'unusable', reason: `the certificate of a My Number card ${publicKey}` };
  if (!isAuthenticationCertificate(read.der)) return { found: 'unusable', reason: 'the certificate of a My Number card is not one for authentication' };
  return { found: 'key', key: jpkiAuthenticationKey(read.der, publicKey, traits) };
}

export const jpkiKeyWith = (traits: CardTraits, { der, publicKey }: Pick<Certificate, 'der' | 'publicKey'>): CardKey =>
  jpkiAuthenticationKey(der, publicKey, traits);

function jpkiAuthenticationKey(certificate: Uint8Array, publicKey: KeyObject, traits: CardTraits): CardKey {
  return {
    purpose: 'authentication',
    kind: 'jpki',
    certificate,
    chain: [],
    traits,
    isThere: async (session) =>
      (await selectApplicationSilently(session, applicationAid)) && showsCertificate(session, traits, certificateFile, certificate),
    async readTries(session) {
      await selectFile(session, pinFile, 'PIN');
      const answer = await session.send({ cla: 0x00, ins: 0x20, p1: 0x00, p2: pinReference });
      return readCounter(answer.sw);
    },
    async sign(session, use) {
      await selectFile(session, pinFile, 'PIN');
      await presentPin(session, 'jpki', pinReference, use);
      await selectFile(session, keyFile, 'key');
      // COMPUTE DIGITAL SIGNATURE in the card's own class: DigestInfo in, EMSA-PKCS1-v1_5 padding by the card.
      const answer = await session.send({ cla: 0x80, ins: 0x2a, p1: 0x00, p2: 0x80, data: digestInfo(use.hash), le: 256 });
      if (answer.sw !== sw.ok) throw keyFailed(`the card did not sign: ${showStatus(answer.sw)}`);
      checkSignature(publicKey, use.hash, answer.data);
      return answer.data;
    },
    async closePin(session) {
      // SELECT of the application, again too, ends what was verified in it: so newer versions of OpenSC log out.
      await selectApplicationSilently(session, applicationAid);
    },
  };
}

async function selectFile(session: CardSession, ef: number, what: 'PIN' | 'key'): Promise<void> {
  const answer = await selectElementaryFile(session, ef);
  if (answer.sw !== sw.ok) throw keyFailed(`no authentication ${what} file: ${showStatus(answer.sw)}`);
}
