import type { CardSession } from './card-session.ts';
import { sw } from './status-words.ts';

/** SELECT by DF name (ISO/IEC 7816-4 §11.1.1). Where the FCI tells a name, it must begin with the one asked for. */
export async function selectApplication(session: CardSession, name: Uint8Array): Promise<boolean> {
  const answer = await session.send({ cla: 0x00, ins: 0xa4, p1: 0x04, p2: 0x00, data: name, le: 256 });
  if (answer.sw !== sw.ok) return false;
  const found = nameInFci(answer.data);
  return found === undefined || Buffer.compare(found.subarray(0, name.length), name) === 0;
}

/** The same without asking for an FCI, as programs address the JPKI application. */
export async function selectApplicationSilently(session: CardSession, name: Uint8Array): Promise<boolean> {
  const answer = await session.send({ cla: 0x00, ins: 0xa4, p1: 0x04, p2: 0x0c, data: name });
  return answer.sw === sw.ok;
}

/** DF name (tag 84) of an FCI template 6F with short lengths, as HPKI cards answer: 6F 12 84 10 AID. */
function nameInFci(fci: Uint8Array): Uint8Array | undefined {
  const [template, , tag, length] = fci;
  return template === 0x6f && tag === 0x84 && length !== undefined ? fci.subarray(4, 4 + length) : undefined;
}
