import { CardError, type CardStackState, type CertificateSha256, type ReaderState, type SigningCard } from './card-host.ts';
import type { ServiceOutage } from '../pcsc/smart-card-service.ts';

/** What PC/SC says of itself, as a card stack over it says it. */
export function withoutService({ reason, starting }: ServiceOutage): CardStackState {
  return { service: 'unavailable', code: 'NO_CARD_SERVICE', detail: reason, ...(starting === undefined ? {} : { starting }) };
}

/** The card with this certificate, wherever it stands. */
export function findCard(state: CardStackState, certificate: CertificateSha256): SigningCard | undefined {
  if (state.service !== 'running') return undefined;
  for (const reader of state.readers) {
    if (reader.state === 'ready' && reader.card.certificateSha256 === certificate) return reader.card;
  }
  return undefined;
}

/** Why a wanted card cannot be used now, the nearest cause first. Nothing was presented to any card. */
export function whyNoCard(state: CardStackState): CardError {
  const because = (code: CardError['code'], detail: string) => new CardError(code, detail, undefined, { pinNotPresented: true });
  if (state.service === 'unavailable') return because(state.code, state.detail);
  const states = new Set<ReaderState['state']>(state.readers.map((reader) => reader.state));
  if (states.size === 0) return because('NO_READER', 'no reader is connected');
  if (states.has('in_use')) return because('CARD_IN_USE', 'another program holds the card');
  if (states.has('ready') || states.has('unknown_card') || states.has('reading')) {
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
  return place.state === 'in_use' || (place.state === 'ready' && place.card.certificateSha256 === certificate);
}
