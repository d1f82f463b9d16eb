import { counterBesideModule } from '../cards/counter-beside-module.ts';
import type { ReaderPresence, SmartCardService, SmartCardServiceState } from '../pcsc/smart-card-service.ts';
import { CardError, type CardStackState, type CounterOrder, type ReaderState, type Tries } from './card-host.ts';
import { withoutService } from './card-place.ts';
import type { CardStack } from './card-stack.ts';

/**
 * Readers and the service as PC/SC sees them. For machines where vendor modules own the cards: a SELECT of ours would
 * drop the state that a module has on its card, so nothing is sent to a card but to read its PIN counter, and that only when
 * the module's own process asks for it, between its logins.
 */
export class PresenceCardStack implements CardStack {
  readonly #service: SmartCardService;

  /** Takes the service over: it is closed with the stack. */
  constructor(service: SmartCardService) {
    this.#service = service;
  }

  state(): CardStackState {
    return shown(this.#service.state());
  }

  subscribe(listener: (state: CardStackState) => void): () => void {
    return this.#service.subscribe((state) => listener(shown(state)));
  }

  triesLeft(): Promise<Tries> {
    return Promise.reject(notHere());
  }

  readCounter(order: CounterOrder): Promise<Tries> {
    return counterBesideModule(this.#service, order);
  }

  sign(): Promise<Uint8Array> {
    return Promise.reject(notHere());
  }

  pinSessionsEnded(): 'keep' {
    return 'keep';
  }

  close(): Promise<void> {
    return this.#service.close();
  }
}

function shown(state: SmartCardServiceState): CardStackState {
  if (state.service === 'unavailable') return withoutService(state);
  return { service: 'running', readers: state.readers.map(readerState) };
}

function readerState({ reader, present, exclusive, mute }: ReaderPresence): ReaderState {
  if (!present) return { reader, state: 'empty' };
  if (exclusive) return { reader, state: 'in_use' };
  return { reader, state: 'unknown_card', reason: mute ? 'the card does not answer' : 'no module offers this card' };
}

function notHere(): CardError {
  return new CardError('CARD_UNKNOWN', 'this host only watches the readers', undefined, { pinNotPresented: true });
}
