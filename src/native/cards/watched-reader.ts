import type { ReaderState, SigningCard } from '../host/card-host.ts';
import { CardError } from '../host/card-host.ts';
import { SmartCardError, type CardChannel, type ReaderPresence, type SmartCardService } from '../pcsc/smart-card-service.ts';
import { certificateSha256 } from './card-certificates.ts';
import { CardSession } from './card-session.ts';
import type { CardKey } from './card-key.ts';
import { unknownTraits, type CardTraits } from './card-traits.ts';
import { identifyCard } from './identify-card.ts';
import { knownAuthentication, LateAuthentication, type KnownAuthentication } from './late-authentication.ts';

/** A key of the card that stands in a reader, by the name under which it is shown. */
export interface KnownKey {
  readonly certificateSha256: string;
  readonly key: CardKey;
}

/** How often a card is looked at anew in a row because another program has reset it meanwhile. */
const resetsInARow = 3;

/**
 * PC/SC tells that a card is held exclusively, but not always that it was held and let go again; nor that a card
 * with dirty contacts has come to itself. So a card that could not be read is asked again after this time, in
 * milliseconds, and one that gives no answer ever more rarely then.
 */
const firstRecheckMs = 1_000;
const lastRecheckMs = 30_000;

type Finding =
  | { readonly found: 'nothing_yet' }
  | { readonly found: 'signing_card'; readonly card: SigningCard; readonly key: CardKey; readonly authentication: LateAuthentication }
  | { readonly found: 'identity_card'; readonly authentication: KnownAuthentication }
  /** Proven for this insertion. */
  | { readonly found: 'unknown_card'; readonly reason: string }
  /** Looked at again when the reader reports any change. */
  | { readonly found: 'no_answer'; readonly reason: string }
  | { readonly found: 'in_use' };

export interface ReaderWatcher {
  readonly service: SmartCardService;
  /** Whether the reader is asked for keys of its own. */
  readonly readerKeypad: 'auto' | 'off';
  /** Memory of a card seen before, by its certificate, so that its traits outlive a removal. */
  readonly recall: (certificateSha256: string) => CardTraits | undefined;
  readonly changed: () => void;
}

/** One reader from its appearance to its end: reads each inserted card once, and again only for a reason. */
export class WatchedReader {
  readonly name: string;
  readonly #watcher: ReaderWatcher;
  #presence: ReaderPresence;
  #finding: Finding = { found: 'nothing_yet' };
  #reading: Promise<void> | undefined;
  /** Counts what makes a running identification obsolete. */
  #version = 0;
  #recheck: NodeJS.Timeout | undefined;
  #recheckMs = firstRecheckMs;
  #closed = false;
  readonly #presenceWaits = new Set<() => void>();

  constructor(presence: ReaderPresence, watcher: ReaderWatcher) {
    this.name = presence.reader;
    this.#watcher = watcher;
    this.#presence = presence;
    this.#considerReading();
  }

  get insertion(): number {
    return this.#presence.insertion;
  }

  get present(): boolean {
    return this.#presence.present && !this.#closed;
  }

  /** Pending while the card is being read, or the second key of one that is shown already. */
  get reading(): Promise<void> | undefined {
    return this.#reading ?? (this.#finding.found === 'signing_card' ? this.#finding.authentication.attempt : undefined);
  }

  /** The keys of the card, as long as it can be used. */
  get keys(): readonly KnownKey[] {
    const { state } = this.state();
    if (state !== 'ready' && state !== 'identity_card') return [];
    return keysIn(this.#finding);
  }

  /** For the time of an operation: what is still read of the card waits. Returns the function that ends it. */
  claim(): () => void {
    return this.#finding.found === 'signing_card' ? this.#finding.authentication.claim() : () => undefined;
  }

  state(): ReaderState {
    const reader = this.name;
    const { present, exclusive, mute } = this.#presence;
    if (!present) return { reader, state: 'empty' };
    if (exclusive) return { reader, state: 'in_use' };
    if (mute) return { reader, state: 'unknown_card', reason: 'the card does not answer' };
    switch (this.#finding.found) {
      case 'signing_card': {
        const { found } = this.#finding.authentication;
        const authentication = found === null || found === 'reading' ? found : found.card;
        return { reader, state: 'ready', card: this.#finding.card, authentication };
      }
      case 'identity_card':
        return { reader, state: 'identity_card', authentication: this.#finding.authentication.card };
      case 'in_use':
        return { reader, state: 'in_use' };
      case 'unknown_card':
      case 'no_answer':
        return { reader, state: 'unknown_card', reason: this.#finding.reason };
      case 'nothing_yet':
        return { reader, state: 'reading' };
    }
  }

  follow(presence: ReaderPresence): void {
    const before = this.#presence;
    this.#presence = presence;
    const exchanged = presence.insertion !== before.insertion || presence.present !== before.present;
    const changed = exchanged || presence.exclusive !== before.exclusive || presence.mute !== before.mute;
    if (!changed) return;
    this.#version += 1;
    const { found } = this.#finding;
    if (exchanged || found === 'no_answer' || found === 'in_use') this.#find({ found: 'nothing_yet' });
    this.#recheckMs = firstRecheckMs;
    for (const wake of this.#presenceWaits) wake();
    this.#considerReading();
    this.#readOn();
  }

  /** What was known of the card has turned out wrong: read it anew. */
  lookAgain(): void {
    this.#version += 1;
    this.#find({ found: 'nothing_yet' });
    this.#considerReading();
    this.#watcher.changed();
  }

  /** True as soon as the card of this insertion is gone, false when it is still there after `deadlineMs`. */
  async isGone(insertion: number, deadlineMs: number): Promise<boolean> {
    const gone = (): boolean => !this.present || this.insertion !== insertion;
    if (gone()) return true;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => resolve(undefined), deadlineMs);
    const wake = (): void => {
      if (gone()) resolve(undefined);
    };
    this.#presenceWaits.add(wake);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#presenceWaits.delete(wake);
    }
    return gone();
  }

  close(): void {
    this.#closed = true;
    this.#version += 1;
    this.#find({ found: 'nothing_yet' });
    clearTimeout(this.#recheck);
    for (const wake of this.#presenceWaits) wake();
  }

  #considerReading(again = false): void {
    const { present, exclusive, mute } = this.#presence;
    const wanted = present && !exclusive && !mute && (again || this.#finding.found === 'nothing_yet');
    if (!wanted || this.#reading !== undefined || this.#closed) return;
    clearTimeout(this.#recheck);
    this.#reading = this.#read().finally(() => {
      this.#reading = undefined;
      if (this.#closed) return;
      this.#considerReading();
      this.#watcher.changed();
      // Not before the card is shown.
      this.#readOn();
    });
  }

  #readOn(): void {
    if (this.#finding.found === 'signing_card') this.#finding.authentication.begin();
  }

  #find(finding: Finding): void {
    if (this.#finding.found === 'signing_card') this.#finding.authentication.close();
    this.#finding = finding;
  }

  async #read(): Promise<void> {
    const version = this.#version;
    const finding = await this.#identify();
    // A change of the reader meanwhile makes the finding worthless; considerReading starts over.
    if (version !== this.#version) return;
    this.#find(finding);
    // Whoever holds a card lets go of it soon, and a person waits for it.
    if (finding.found === 'in_use') this.#recheckIn(firstRecheckMs);
    if (finding.found === 'no_answer') this.#recheckEverMoreRarely();
  }

  #recheckIn(ms: number): void {
    this.#recheck = setTimeout(() => this.#considerReading(true), ms);
    this.#recheck.unref();
  }

  #recheckEverMoreRarely(): void {
    this.#recheckIn(this.#recheckMs);
    this.#recheckMs = Math.min(this.#recheckMs * 2, lastRecheckMs);
  }

  async #identify(): Promise<Finding> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#watcher.service.transaction(this.name, (channel) => this.#identifyIn(channel));
      } catch (error) {
        if (error instanceof SmartCardError && error.code === 'CARD_RESET' && attempt < resetsInARow) continue;
        return findingOf(error);
      }
    }
  }

  async #identifyIn(channel: CardChannel): Promise<Finding> {
    const session = new CardSession(channel);
    const identification = await identifyCard(session, unknownTraits());
    if (identification.card === 'unknown') return { found: 'unknown_card', reason: identification.reason };
    const { key } = identification;
    this.#recall(key);
    const hasKeypad = this.#watcher.readerKeypad === 'auto' && (await session.keypad()) !== undefined;
    const keypad = hasKeypad ? { keypad: true as const } : {};
    if (identification.card === 'identity') return { found: 'identity_card', authentication: knownAuthentication(this.name, key, keypad) };
    const { certificate, chain } = key;
    const card: SigningCard = { reader: this.name, certificateSha256: certificateSha256(certificate), certificate, chain, driver: 'direct', ...keypad };
    const authentication = new LateAuthentication({
      reader: this.name,
      keypad,
      extendedLength: key.traits.extendedLength,
      transaction: (work) => this.#watcher.service.transaction(this.name, work),
      read: (found) => {
        if (found !== null) this.#recall(found.key);
        this.#watcher.changed();
      },
    });
    return { found: 'signing_card', card, key, authentication };
  }

  #recall({ certificate, traits }: CardKey): void {
    const remembered = this.#watcher.recall(certificateSha256(certificate));
    // Another reader may carry less: what was just learned about lengths counts, the card's own form is kept.
    if (remembered !== undefined) traits.signingForm = fittingForm(remembered, traits);
  }
}

function keysIn(finding: Finding): readonly KnownKey[] {
  const known = ({ card, key }: KnownAuthentication): KnownKey => ({ certificateSha256: card.certificateSha256, key });
  if (finding.found === 'identity_card') return [known(finding.authentication)];
  if (finding.found !== 'signing_card') return [];
  const { found } = finding.authentication;
  const signing = { certificateSha256: finding.card.certificateSha256, key: finding.key };
  return found === null || found === 'reading' ? [signing] : [signing, known(found)];
}

function fittingForm(remembered: CardTraits, traits: CardTraits): CardTraits['signingForm'] {
  const form = remembered.signingForm;
  return form === 'block-extended' && traits.extendedLength === false ? 'block-chained' : form;
}

function findingOf(error: unknown): Finding {
  if (error instanceof SmartCardError && error.code === 'SHARING_VIOLATION') return { found: 'in_use' };
  if (error instanceof SmartCardError) return { found: 'no_answer', reason: `the card does not answer: ${error.message}` };
  // The detail of a CardError is ours: it holds no bytes of the card.
  if (error instanceof CardError) return { found: 'unknown_card', reason: error.message };
  return { found: 'no_answer', reason: 'the card driver failed' };
}
