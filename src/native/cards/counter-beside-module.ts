import type { CounterOrder, Tries } from '../host/card-host.ts';
import type { ReaderPresence, SmartCardService } from '../pcsc/smart-card-service.ts';
import { CardSession } from './card-session.ts';
import { unknownTraits } from './card-traits.ts';
import { findKeyWith } from './find-key-with.ts';

/** CK_SLOT_INFO.slotDescription holds so many bytes (PKCS#11 v2.40 §3.2); a longer reader name is cut there. */
const slotDescriptionBytes = 64;

/**
 * The PIN counter of a card that a vendor's PKCS#11 module owns, which has none to offer: one short transaction over
 * PC/SC with SELECT of the key's application, the certificate, and an empty VERIFY. No PIN. The caller sees to it that the
 * module is not logged in, because SELECT would drop its state. Never throws: whatever is not sure is `unknown`.
 */
export async function counterBesideModule(service: SmartCardService, { reader, certificate }: CounterOrder): Promise<Tries> {
  const state = service.state();
  if (state.service !== 'running') return 'unknown';
  const name = readerNamed(reader, state.readers);
  if (name === undefined) return 'unknown';
  try {
    return await service.transaction(name, async (channel) => {
      const session = new CardSession(channel);
      // SECURITY: a number is told only of the card that will be asked for the PIN (test/unit/native/cards/counter-beside-module.test.ts).
      const key = await findKeyWith(session, unknownTraits(), certificate);
      if (key === undefined) return 'unknown';
      const tries = await key.readTries(session);
      return tries === 'blocked' ? 0 : tries;
    });
  } catch {
    // The card left, another program holds it, or it answers nonsense. The module will say what is wrong when it signs.
    return 'unknown';
  }
}

/** The PC/SC reader that a module's slot stands for, if exactly one with a card fits. */
function readerNamed(slotDescription: string, readers: readonly ReaderPresence[]): string | undefined {
  const wanted = asSlotDescription(slotDescription);
  const fitting = readers.filter(({ reader }) => asSlotDescription(reader) === wanted);
  const [only] = fitting;
  return fitting.length === 1 && only?.present === true ? only.reader : undefined;
}

/** Blank-padded in the module, so blanks at its end mean nothing. */
function asSlotDescription(name: string): string {
  return Buffer.from(name).subarray(0, slotDescriptionBytes).toString('latin1').trimEnd();
}
