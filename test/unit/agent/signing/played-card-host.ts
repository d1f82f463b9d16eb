import { constants, privateEncrypt, randomUUID, type KeyObject } from 'node:crypto';
import type { IssuedCertificate } from '../../../../src/sandbox/ca/test-ca.ts';
import { findKey } from '../../../../src/native/host/card-place.ts';
import {
  CardError,
  type AuthenticationCard,
  type CardErrorCode,
  type CardHost,
  type CardStackState,
  type PinEntry,
  type PinSessionId,
  type PinTries,
  type ReaderState,
  type SigningCard,
} from '../../../../src/native/host/card-host.ts';

type Key = Pick<IssuedCertificate, 'certificate' | 'privateKey'>;

interface PlayedCard {
  readonly card: SigningCard;
  readonly privateKey: KeyObject;
  readonly pin: string;
}

/** SEQUENCE { SHA-256, NULL }, OCTET STRING header: what precedes the hash in a DigestInfo (RFC 8017 §9.2). */
const digestInfoHead = Buffer.from('3031300d060960864801650304020105000420', 'hex');

/** Readers and cards with real keys and real counters, and none of the machinery: the agent sees only the port. */
export class PlayedCardHost implements CardHost {
  service: CardStackState | null = null;
  readers: ReaderState[] = [{ reader: 'Reader 1', state: 'empty' }];
  starting = false;
  verifies = 0;
  signatures = 0;
  readonly held: (Omit<PinEntry, 'pin'> & { readonly id: PinSessionId })[] = [];
  readonly ended: PinSessionId[] = [];
  triesLeft = 15;
  /** Asked before each signature: an error to throw, or something to do first. */
  beforeSign: (n: number) => Promise<CardError | null> = () => Promise.resolve(null);
  afterSign: (n: number) => CardError | null = () => null;
  /** The reader takes the PIN on its own keys: what is pressed there, or how the entry ended. Null: it has none. */
  press: (() => Promise<string | CardError>) | null = null;
  readonly #cards = new Map<string, PlayedCard>();
  #turn: Promise<unknown> = Promise.resolve();
  readonly #sessions = new Map<PinSessionId, { readonly entry: PinEntry; readonly pin: string; used: number; proven: boolean }>();
  readonly #listeners = new Set<(state: CardStackState) => void>();

  insert(issued: Key, pin = '1234', reader = 'Reader 1'): void {
    this.#set(reader, { reader, state: 'ready', card: this.#keep(issued, pin, reader), authentication: null });
  }

  /** A card that authenticates: a My Number card, or the authentication key of an HPKI card beside its signing key. */
  insertLogin(issued: Key, kind: AuthenticationCard['kind'], pin = '1234', reader = 'Reader 1', signing?: Key): void {
    const login = this.#keep(issued, pin, reader);
    const authentication: AuthenticationCard = { kind, reader, certificateSha256: login.certificateSha256, certificate: login.certificate, driver: 'direct', ...this.#keypad() };
    if (signing === undefined) this.#set(reader, { reader, state: 'identity_card', authentication });
    else this.#set(reader, { reader, state: 'ready', card: this.#keep(signing, pin, reader), authentication });
  }

  /** The same cards in the same readers, with no PIN known to anybody. */
  inserted(before: PlayedCardHost): void {
    for (const [sha256, card] of before.#cards) this.#cards.set(sha256, card);
    this.readers = before.readers;
  }

  pull(reader = 'Reader 1'): void {
    this.#sessions.clear();
    this.#set(reader, { reader, state: 'empty' });
  }

  show(...readers: ReaderState[]): void {
    this.readers = readers;
    this.#tell();
  }

  setService(service: CardStackState | null): void {
    this.service = service;
    this.#tell();
  }

  state(): CardStackState {
    return this.service ?? { service: 'running', readers: this.readers };
  }

  isStarting(): boolean {
    return this.starting;
  }

  subscribe(listener: (state: CardStackState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  pinTries(card: string): Promise<PinTries> {
    if (!this.#inserted(card)) return Promise.reject(new CardError('CARD_REMOVED', 'played'));
    return Promise.resolve({ triesLeft: this.triesLeft, failuresSeen: 0, consentNeeded: this.triesLeft <= 2 });
  }

  holdPin(entry: PinEntry): Promise<PinSessionId> {
    const id = randomUUID();
    const { pin, ...rest } = entry;
    this.held.push({ ...rest, id });
    this.#sessions.set(id, { entry, pin: pin === 'keypad' ? pin : Buffer.from(pin).toString('ascii'), used: 0, proven: false });
    return Promise.resolve(id);
  }

  /** One after the other, as every card host works. */
  sign(id: PinSessionId, hash: Uint8Array): Promise<Uint8Array> {
    const turn = this.#turn.then(() => this.#sign(id, hash));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #sign(id: PinSessionId, hash: Uint8Array): Promise<Uint8Array> {
    const refusal = await this.beforeSign(this.signatures + 1);
    if (refusal) throw refusal;
    const session = this.#sessions.get(id);
    if (!session) throw new CardError('PIN_SESSION_ENDED', 'played');
    const card = this.#cards.get(session.entry.certificateSha256);
    if (!card || !this.#inserted(card.card.certificateSha256)) throw new CardError('CARD_REMOVED', 'played');
    if (session.entry.pin === 'keypad') await this.#enter(id, session, card);
    else if (!session.proven) this.#verify(id, session, card);
    session.used += 1;
    if (session.used >= session.entry.maxSignatures) this.#sessions.delete(id);
    this.signatures += 1;
    const value = signDigestInfo(card.privateKey, hash);
    const failure = this.afterSign(this.signatures);
    if (failure) throw failure;
    return value;
  }

  endPinSession(id: PinSessionId): Promise<void> {
    this.ended.push(id);
    this.#sessions.delete(id);
    return Promise.resolve();
  }

  revive(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  get openSessions(): number {
    return this.#sessions.size;
  }

  /** Each entry is another one. Whoever has ended the session meanwhile gets nothing of it. */
  async #enter(id: PinSessionId, session: { readonly entry: PinEntry; proven: boolean }, card: PlayedCard): Promise<void> {
    const pressed = await this.press?.();
    if (pressed === undefined || pressed instanceof CardError) {
      this.#sessions.delete(id);
      throw pressed ?? new CardError('CARD_MODULE_FAILED', 'played');
    }
    this.#verify(id, { ...session, pin: pressed }, card);
    if (!this.#sessions.has(id)) throw new CardError('PIN_SESSION_ENDED', 'played');
  }

  #verify(id: PinSessionId, session: { readonly entry: PinEntry; readonly pin: string; proven: boolean }, card: PlayedCard): void {
    const refuse = (code: CardErrorCode): never => {
      this.#sessions.delete(id);
      throw new CardError(code, 'played', this.triesLeft);
    };
    if (this.triesLeft === 0) refuse('PIN_LOCKED');
    if (this.triesLeft <= 2 && !session.entry.spendLastTries) refuse('PIN_CONSENT_NEEDED');
    this.verifies += 1;
    if (session.pin !== card.pin) {
      this.triesLeft -= 1;
      refuse('PIN_INCORRECT');
    }
    this.triesLeft = 15;
    session.proven = true;
  }

  #inserted(certificateSha256: string): boolean {
    return findKey(this.state(), certificateSha256) !== undefined;
  }

  #keep({ certificate, privateKey }: Key, pin: string, reader: string): SigningCard {
    const card: SigningCard = { reader, certificateSha256: certificate.sha256, certificate: certificate.der, chain: [], driver: 'direct', ...this.#keypad() };
    this.#cards.set(certificate.sha256, { card, privateKey, pin });
    return card;
  }

  #keypad(): { readonly keypad?: true } {
    return this.press === null ? {} : { keypad: true };
  }

  #set(name: string, state: ReaderState): void {
    this.readers = [...this.readers.filter(({ reader }) => reader !== name), state];
    this.#tell();
  }

  #tell(): void {
    const state = this.state();
    for (const listener of [...this.#listeners]) listener(state);
  }
}

/** What a card does: PKCS#1 v1.5 padding (block type 1) over a DigestInfo that was made outside. */
export function signDigestInfo(key: KeyObject, hash: Uint8Array): Uint8Array {
  return privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, Buffer.concat([digestInfoHead, hash]));
}
