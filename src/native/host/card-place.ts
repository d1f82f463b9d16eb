import {
  CardError,
  type AuthenticationCard,
  type CardKind,
  type CardStackState,
  type CertificateSha256,
  type KeyPurpose,
  type ReaderState,
  type SigningCard,
} from './card-host.ts';
import type { ServiceOutage } from '../pcsc/smart-card-service.ts';

/** What PC/SC says of itself, as a card stack over it says it. */
export function withoutService({ reason, starting }: ServiceOutage): CardStackState {
  return { service: 'unavailable', code: 'NO_CARD_SERVICE', detail: reason, ...(starting === undefined ? {} : { starting }) };
}

/** A key on a card, by what matters for its PIN. */
export interface CardKeyPlace {
  readonly purpose: KeyPurpose;
  readonly kind: CardKind;
  readonly reader: string;
  /** DER. */
  readonly certificate: Uint8Array;
  readonly driver: SigningCard['driver'];
  /** The reader takes the PIN on its own keys. */
  readonly keypad: boolean;
}

/** The key with this certificate, wherever its card stands. */
export function findKey(state: CardStackState, certificate: CertificateSha256): CardKeyPlace | undefined {
  if (state.service !== 'running') return undefined;
  for (const place of state.readers) {
    const key = keyIn(place, certificate);
    if (key !== undefined) return key;
  }
  return undefined;
}

export function authenticationCardIn(place: ReaderState): AuthenticationCard | undefined {
  if (place.state === 'identity_card') return place.authentication;
  if (place.state !== 'ready' || place.authentication === 'reading') return undefined;
  return place.authentication ?? undefined;
}

/** Looked for among the signing keys first: were one certificate offered for both, it would be a signing certificate. */
export function keyIn(place: ReaderState, certificate: CertificateSha256): CardKeyPlace | undefined {
  if (place.state === 'ready' && place.card.certificateSha256 === certificate) {
    const { certificate: der, driver, keypad = false } = place.card;
    return { purpose: 'signing', kind: 'hpki', reader: place.reader, certificate: der, driver, keypad };
  }
  const card = authenticationCardIn(place);
  if (card?.certificateSha256 !== certificate) return undefined;
  const { kind, certificate: der, driver, keypad = false } = card;
  return { purpose: 'authentication', kind, reader: place.reader, certificate: der, driver, keypad };
}

/** Why a wanted card cannot be used now, the nearest cause first. Nothing was presented to any card. */
export function whyNoCard(state: CardStackState): CardError {
  const because = (code: CardError['code'], detail: string) => new CardError(code, detail, undefined, { pinNotPresented: true });
  if (state.service === 'unavailable') return because(state.code, state.detail);
  const states = new Set<ReaderState['state']>(state.readers.map((reader) => reader.state));
  if (states.size === 0) return because('NO_READER', 'no reader is connected');
  if (states.has('in_use')) return because('CARD_IN_USE', 'another program holds the card');
  if (states.has('ready') || states.has('identity_card') || states.has('unknown_card') || states.has('reading')) {
    return because('CARD_UNKNOWN', 'no reader holds the card with this certificate');
  }
  return because('NO_CARD', 'every reader is empty');
}

/**
 * Whether the card that a PIN was typed for still stands where it stood. A card that another
 * program holds for a moment is still there; one that is being read again was taken out.
 */
export function stillInserted(state: CardStackState, certificate: CertificateSha256, reader: string): boolean {
  if (state.service !== 'running') return false;
  const place = state.readers.find((candidate) => candidate.reader === reader);
  if (place === undefined) return false;
  return place.state === 'in_use' || keyIn(place, certificate) !== undefined;
}
