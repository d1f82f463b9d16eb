import { createHash, X509Certificate } from 'node:crypto';
import { CardError } from '../host/card-host.ts';
import { SmartCardError } from '../pcsc/smart-card-service.ts';
import { shortAnswerLimit, type ResponseApdu } from './apdu.ts';
import type { CardSession } from './card-session.ts';
import type { CardTraits } from './card-traits.ts';
import type { FileAddress } from './hpki-layout.ts';
import { sw } from './status-words.ts';

/** Largest certificate that is read from a card. Real ones take 1.2 to 1.6 KiB. */
export const certificateLimit = 8 * 1024;

/** Bytes read before the length is known: one full short answer. */
const firstStep = shortAnswerLimit;

/** Reads one certificate (DER), or says why there is none. SmartCardErrors pass. */
export async function readCertificate(
  session: CardSession,
  traits: CardTraits,
  file: FileAddress,
): Promise<{ readonly der: Uint8Array } | { readonly absent: string }> {
  if (!(await selectFile(session, file))) return { absent: 'no certificate file' };
  const first = await readBinary(session, file, 0, firstStep);
  if (!brought(first)) return { absent: 'the certificate file cannot be read' };
  const length = derLength(first.data);
  if (length === undefined) return { absent: 'the certificate file holds no certificate' };
  // SECURITY: the card says how much is read; the limit is ours (test/unit/native/cards/card-certificates.test.ts).
  if (length > certificateLimit) return { absent: `a certificate of ${length} bytes is not read` };
  const der = new Uint8Array(length);
  der.set(first.data.subarray(0, length));
  let done = Math.min(first.data.length, length);
  while (done < length) {
    const part = await readOn(session, traits, file, done, length - done);
    if (part === undefined) return { absent: 'the certificate ends before its length' };
    der.set(part, done);
    done += part.length;
  }
  return isCertificate(der) ? { der } : { absent: 'the certificate cannot be parsed' };
}

/**
 * Whether the card shows exactly this certificate now. Ends at the first differing part. With extended
 * length this is one READ BINARY, else one for each 256 bytes (and SELECT EF before it where files have no
 * short identifier).
 */
export async function showsCertificate(
  session: CardSession,
  traits: CardTraits,
  file: FileAddress,
  expected: Uint8Array,
): Promise<boolean> {
  if (!(await selectFile(session, file))) return false;
  let done = 0;
  while (done < expected.length) {
    const part = await readOn(session, traits, file, done, expected.length - done);
    if (part === undefined) return false;
    if (Buffer.compare(part, expected.subarray(done, done + part.length)) !== 0) return false;
    done += part.length;
  }
  return true;
}

export function certificateSha256(der: Uint8Array): string {
  return createHash('sha256').update(der).digest('hex');
}

/** Reads at an offset in the largest step that the card and its reader take; learns which that is. */
async function readOn(
  session: CardSession,
  traits: CardTraits,
  file: FileAddress,
  offset: number,
  wanted: number,
): Promise<Uint8Array | undefined> {
  if (wanted > shortAnswerLimit && traits.extendedLength !== false) {
    const answer = await tryExtended(session, file, offset, wanted);
    if (answer !== undefined && brought(answer)) {
      traits.extendedLength = true;
      return answer.data.subarray(0, wanted);
    }
    traits.extendedLength = false;
  }
  const answer = await readBinary(session, file, offset, Math.min(wanted, shortAnswerLimit));
  return brought(answer) ? answer.data.subarray(0, wanted) : undefined;
}

async function tryExtended(
  session: CardSession,
  file: FileAddress,
  offset: number,
  wanted: number,
): Promise<ResponseApdu | undefined> {
  try {
    return await readBinary(session, file, offset, wanted);
  } catch (error) {
    // Some readers refuse extended APDUs below the card: PC/SC reports it as a failed communication.
    if (error instanceof SmartCardError && error.code === 'COMMUNICATION') return undefined;
    throw error;
  }
}

async function selectFile(session: CardSession, file: FileAddress): Promise<boolean> {
  if (file.by === 'short-identifier') return true;
  const answer = await selectElementaryFile(session, file.ef);
  return answer.sw === sw.ok;
}

/** SELECT EF under the current DF, no response data (ISO/IEC 7816-4 §11.1.1). */
export async function selectElementaryFile(session: CardSession, ef: number): Promise<ResponseApdu> {
  return session.send({ cla: 0x00, ins: 0xa4, p1: 0x02, p2: 0x0c, data: Uint8Array.of(ef >> 8, ef & 0xff) });
}

/** READ BINARY; at offset 0 of a file with a short identifier P1 selects it (ISO/IEC 7816-4 §11.2.3). */
async function readBinary(session: CardSession, file: FileAddress, offset: number, le: number): Promise<ResponseApdu> {
  if (offset > 0x7fff) throw new CardError('CARD_MODULE_FAILED', `offset ${offset} is beyond READ BINARY`);
  const [p1, p2] =
    offset === 0 && file.by === 'short-identifier' ? [0x80 | file.sfi, 0] : [offset >> 8, offset & 0xff];
  return session.send({ cla: 0x00, ins: 0xb0, p1, p2, le });
}

function brought(answer: ResponseApdu): boolean {
  return (answer.sw === sw.ok || answer.sw === sw.endOfFile) && answer.data.length > 0;
}

/** Whole length of the DER SEQUENCE that begins here (X.690 §8.1.3, definite form up to 65,535). */
function derLength(bytes: Uint8Array): number | undefined {
  const [tag, first, second, third] = bytes;
  if (tag !== 0x30 || first === undefined) return undefined;
  if (first < 0x80) return 2 + first;
  if (first === 0x81 && second !== undefined) return 3 + second;
  if (first === 0x82 && second !== undefined && third !== undefined) return 4 + ((second << 8) | third);
  // Longer than any certificate, reported as such rather than as something else.
  return first === 0x83 || first === 0x84 ? Number.MAX_SAFE_INTEGER : undefined;
}

function isCertificate(der: Uint8Array): boolean {
  try {
    return new X509Certificate(der).raw.equals(der);
  } catch {
    return false;
  }
}
