import {
  SmartCardError,
  type CardChannel,
  type Keypad,
  type KeypadOrder,
  type ReaderPresence,
  type SmartCardService,
  type SmartCardServiceState,
} from '../../native/pcsc/smart-card-service.ts';
import { VirtualCardEvent } from './card-faults.ts';
import type { VirtualCard } from './virtual-card.ts';

/** Digits for the card, or the status word with which the reader itself ends the entry. */
export type KeypadPerson = (order: KeypadOrder) => Promise<string | number>;

interface Slot {
  readonly reader: string;
  card: VirtualCard | undefined;
  insertion: number;
  /** Another program holds the card exclusively. */
  exclusive: boolean;
  /** How often another program has reset the card. */
  resets: number;
  /** Ends when the running transaction does. */
  busy: Promise<unknown>;
}

/**
 * Readers in this process that behave as PC/SC does: cards come and go, one transaction at a time per reader,
 * other programs interfere, the service stops. For demos and tests on machines without a smart card service.
 *
 * ```ts
 * const readers = new VirtualReaders(['Virtual Reader 1', 'Virtual Reader 2']);
 * readers.insert(card, 'Virtual Reader 1');
 * await readers.transaction('Virtual Reader 1', (channel) => channel.transmit(select));
 * ```
 */
export class VirtualReaders implements SmartCardService {
  /** The readers have keys of their own, and this is the person at them. Null: they have none. */
  keypad: KeypadPerson | null = null;
  readonly #slots = new Map<string, Slot>();
  readonly #listeners = new Set<(state: SmartCardServiceState) => void>();
  #stopped: string | undefined;
  #epoch = 0;
  #insertions = 0;

  constructor(readers: readonly string[] = ['Virtual Reader 1', 'Virtual Reader 2']) {
    for (const reader of readers) this.#addSlot(reader);
  }

  state(): SmartCardServiceState {
    if (this.#stopped !== undefined) return { service: 'unavailable', reason: this.#stopped };
    return { service: 'running', readers: [...this.#slots.values()].map(presence) };
  }

  subscribe(listener: (state: SmartCardServiceState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  insert(card: VirtualCard, reader: string): void {
    const slot = this.#slot(reader);
    if (slot.card !== undefined) throw new Error(`${reader} holds a card already`);
    card.powerOn();
    slot.card = card;
    this.#countInsertion(slot);
  }

  remove(reader: string): void {
    const slot = this.#slot(reader);
    if (slot.card === undefined) return;
    slot.card.powerOff();
    slot.card = undefined;
    this.#countInsertion(slot);
  }

  plugIn(reader: string): void {
    if (!this.#slots.has(reader)) this.#addSlot(reader);
    this.#changed();
  }

  unplug(reader: string): void {
    this.remove(reader);
    this.#slots.delete(reader);
    this.#changed();
  }

  /** Another program takes the card for itself, until the returned function is called. */
  holdExclusively(reader: string): () => void {
    const slot = this.#slot(reader);
    slot.exclusive = true;
    this.#changed();
    return () => {
      slot.exclusive = false;
      this.#changed();
    };
  }

  /** Another program resets the card: a running transaction's next command answers CARD_RESET. */
  resetByAnotherProgram(reader: string): void {
    const slot = this.#slot(reader);
    slot.card?.reset();
    slot.resets += 1;
  }

  stopService(reason = 'SCARD_E_NO_SERVICE'): void {
    this.#stopped = reason;
    this.#epoch += 1;
    for (const slot of this.#slots.values()) slot.card?.powerOff();
    this.#changed();
  }

  startService(): void {
    this.#stopped = undefined;
    for (const slot of this.#slots.values()) {
      slot.card?.powerOn();
      slot.insertion = ++this.#insertions;
    }
    this.#changed();
  }

  async transaction<T>(reader: string, work: (card: CardChannel) => Promise<T>): Promise<T> {
    this.#checkService();
    const slot = this.#slots.get(reader);
    if (slot === undefined) throw new SmartCardError('READER_UNAVAILABLE', 'SCARD_E_UNKNOWN_READER');
    const before = slot.busy;
    const turn = Promise.withResolvers<undefined>();
    slot.busy = turn.promise;
    const end = { reset: false };
    try {
      await before;
      const channel = this.#open(slot);
      return await work({ ...channel, resetCardAtEnd: () => (end.reset = true) });
    } finally {
      if (end.reset) slot.card?.reset();
      turn.resolve(undefined);
    }
  }

  close(): Promise<void> {
    this.#listeners.clear();
    for (const reader of this.#slots.keys()) this.remove(reader);
    return Promise.resolve();
  }

  #open(slot: Slot): CardChannel {
    this.#checkService();
    const { card, insertion, resets } = slot;
    const epoch = this.#epoch;
    if (card === undefined) throw new SmartCardError('CARD_REMOVED', 'SCARD_E_NO_SMARTCARD');
    if (slot.exclusive) throw new SmartCardError('SHARING_VIOLATION', 'SCARD_E_SHARING_VIOLATION');
    if (card.muted) throw new SmartCardError('CARD_MUTE', 'SCARD_W_UNRESPONSIVE_CARD');
    const transmit: CardChannel['transmit'] = async (command) => {
      // Real cards answer later: whatever else is ready runs first.
      await new Promise((resolve) => setImmediate(resolve));
      if (epoch !== this.#epoch) throw new SmartCardError('SERVICE_UNAVAILABLE', 'SCARD_E_SERVICE_STOPPED');
      if (this.#slots.get(slot.reader) !== slot) throw new SmartCardError('READER_UNAVAILABLE', 'SCARD_E_READER_UNAVAILABLE');
      if (slot.insertion !== insertion) throw new SmartCardError('CARD_REMOVED', 'SCARD_W_REMOVED_CARD');
      if (slot.resets !== resets) throw new SmartCardError('CARD_RESET', 'SCARD_W_RESET_CARD');
      return this.#transmit(slot, card, command);
    };
    return { atr: card.atr, transmit, keypad: () => Promise.resolve(keypadOf(this.keypad, transmit)) };
  }

  #transmit(slot: Slot, card: VirtualCard, command: Uint8Array): Uint8Array {
    try {
      return card.transmit(command);
    } catch (error) {
      if (!(error instanceof VirtualCardEvent)) throw error;
      if (error.kind === 'reset') slot.resets += 1;
      throw errorOf(error.kind);
    } finally {
      if (card.pulled && slot.card === card) this.remove(slot.reader);
    }
  }

  #addSlot(reader: string): void {
    this.#slots.set(reader, {
      reader,
      card: undefined,
      insertion: ++this.#insertions,
      exclusive: false,
      resets: 0,
      busy: Promise.resolve(),
    });
  }

  #slot(reader: string): Slot {
    const slot = this.#slots.get(reader);
    if (slot === undefined) throw new Error(`there is no reader ${reader}`);
    return slot;
  }

  #checkService(): void {
    if (this.#stopped !== undefined) throw new SmartCardError('SERVICE_UNAVAILABLE', this.#stopped);
  }

  #countInsertion(slot: Slot): void {
    slot.insertion = ++this.#insertions;
    this.#changed();
  }

  #changed(): void {
    const state = this.state();
    for (const listener of this.#listeners) listener(state);
  }
}

function presence({ reader, card, insertion, exclusive }: Slot): ReaderPresence {
  return {
    reader,
    present: card !== undefined,
    atr: card?.atr ?? new Uint8Array(),
    exclusive,
    mute: card?.muted ?? false,
    insertion,
  };
}

/** What such a reader's firmware does: VERIFY with what was entered (PC/SC part 10). */
function keypadOf(person: KeypadPerson | null, transmit: CardChannel['transmit']): Keypad | undefined {
  if (person === null) return undefined;
  return {
    async verify(order) {
      const entered = await person(order);
      if (typeof entered === 'number') return Uint8Array.of(entered >> 8, entered & 0xff);
      const digits = Buffer.from(entered, 'ascii');
      return transmit(Uint8Array.of(...order.header, digits.length, ...digits));
    },
  };
}

function errorOf(kind: VirtualCardEvent['kind']): SmartCardError {
  switch (kind) {
    case 'removed':
      return new SmartCardError('CARD_REMOVED', 'SCARD_W_REMOVED_CARD');
    case 'mute':
      return new SmartCardError('CARD_MUTE', 'SCARD_W_UNRESPONSIVE_CARD');
    case 'reset':
      return new SmartCardError('CARD_RESET', 'SCARD_W_RESET_CARD');
  }
}
