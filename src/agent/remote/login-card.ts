import type { ErrorCode } from '../../contract/error-codes.ts';
import { parseCertificate } from '../../formats/pki/certificate.ts';
import type { AuthenticationCard, CardStackState, ReaderState } from '../../native/host/card-host.ts';
import { authenticationCardIn } from '../../native/host/card-place.ts';
import type { AuthenticationCardNeed, AuthenticationCardView } from '../ports.ts';

export type LoginCardAnswer =
  | { readonly kind: 'fits'; readonly card: AuthenticationCard }
  /** `code` is what the attempt ends with when nobody puts it right. */
  | { readonly kind: 'wait'; readonly need: AuthenticationCardNeed; readonly code: ErrorCode };

/**
 * The card with which this person logs in. Nobody chooses among certificates: where two would do, one is to be taken out.
 * `mayUse` keeps a card out whose signing certificate is known to be somebody else's.
 */
export function lookForLoginCard(state: CardStackState, kind: AuthenticationCard['kind'], mayUse: (reader: ReaderState) => boolean): LoginCardAnswer {
  if (state.service === 'unavailable') {
    return { kind: 'wait', need: state.code === 'NO_CARD_SERVICE' ? 'no_service' : 'module_failed', code: state.code };
  }
  const cards = state.readers.flatMap((reader) => {
    const card = authenticationCardIn(reader);
    return card?.kind === kind ? [{ card, isOwn: mayUse(reader) }] : [];
  });
  const [own, another] = cards.filter(({ isOwn }) => isOwn);
  if (another) return { kind: 'wait', need: 'several_cards', code: 'CARD_AMBIGUOUS' };
  if (own) return { kind: 'fits', card: own.card };
  return cards.length > 0 ? { kind: 'wait', need: 'other_doctor', code: 'STAFF_MISMATCH' } : whyNone(state.readers);
}

function whyNone(readers: readonly ReaderState[]): LoginCardAnswer {
  const some = (...states: ReaderState['state'][]): boolean => readers.some(({ state }) => states.includes(state));
  if (readers.length === 0) return { kind: 'wait', need: 'no_reader', code: 'NO_READER' };
  if (some('reading') || readers.some((reader) => reader.state === 'ready' && reader.authentication === 'reading')) {
    return { kind: 'wait', need: 'no_card', code: 'NO_CARD' };
  }
  if (some('in_use')) return { kind: 'wait', need: 'card_in_use', code: 'CARD_IN_USE' };
  if (some('ready', 'identity_card', 'unknown_card')) return { kind: 'wait', need: 'unknown_card', code: 'CARD_UNKNOWN' };
  return { kind: 'wait', need: 'no_card', code: 'NO_CARD' };
}

/** A My Number card's authentication certificate has a number where a name would be. */
export function viewLoginCard({ kind, certificateSha256, certificate, reader, keypad }: AuthenticationCard): AuthenticationCardView {
  return { kind, certificateSha256, reader, hasKeypad: keypad === true, name: kind === 'jpki' ? null : nameIn(certificate) };
}

function nameIn(der: Uint8Array): string | null {
  try {
    const { kanjiName, subject } = parseCertificate(der);
    return kanjiName ?? subject.commonName;
  } catch {
    return null;
  }
}
