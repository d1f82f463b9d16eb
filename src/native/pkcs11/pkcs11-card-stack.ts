import { createHash, type X509Certificate } from 'node:crypto';
import { cardKindOf, isForAuthentication } from '../../formats/pki/authentication-certificate.ts';
import { parseCertificate } from '../../formats/pki/certificate.ts';
import {
  CardError,
  type CardStackState,
  type CertificateSha256,
  type KeyPurpose,
  type ReadCounter,
  type ReaderState,
  type Tries,
} from '../host/card-host.ts';
import { findKey, keyIn, whyNoCard } from '../host/card-place.ts';
import type { CardStack } from '../host/card-stack.ts';
import type { KeypadEntry } from '../host/keypad.ts';
import { CKR_CRYPTOKI_ALREADY_INITIALIZED, cardErrorOf, returnValue } from './cryptoki-error.ts';
import { CKF_PROTECTED_AUTHENTICATION_PATH, type Cryptoki, type Handle } from './cryptoki.ts';
import { EndEntityPicker, type CardCertificates } from './end-entity-certificate.ts';
import { TokenSession } from './token-session.ts';

export interface Pkcs11Profile {
  /** See `Pkcs11ModuleSpec` in ../host/card-stack-spec.ts. */
  readonly login: 'user' | 'context-specific';
  readonly pollMs: number;
  readonly purpose: KeyPurpose;
  /** Whether a token that takes the PIN on its reader's own keys does so; `auto` where nothing is said. */
  readonly readerKeypad?: 'auto' | 'off';
  /**
   * Reads the PIN counter of a card over PC/SC: PKCS#11 itself has no counter, and its flags (CKF_USER_PIN_FINAL_TRY …)
   * are not promised and may lie.
   */
  readonly readCounter?: ReadCounter;
}

export const defaultProfile: Pkcs11Profile = { login: 'user', pollMs: 1_000, purpose: 'signing' };

interface Slot {
  readonly handle: Handle;
  readonly state: ReaderState;
}

/**
 * Cards behind one PKCS#11 module, with no more of PKCS#11 than an HPKI module promises (cryptoki.ts). The
 * module has no C_WaitForSlotEvent, so presence is a question asked on a period: what the module offers.
 */
export class Pkcs11CardStack implements CardStack {
  readonly #cryptoki: Cryptoki;
  readonly #profile: Pkcs11Profile;
  readonly #listeners = new Set<(state: CardStackState) => void>();
  readonly #timer: NodeJS.Timeout;
  /** By slot id, as the module gave it. */
  #slots = new Map<string, Slot>();
  readonly #picker = new EndEntityPicker();
  readonly #rsaNumbers = new WeakMap<CardCertificates, RsaNumbers>();
  #state: CardStackState = { service: 'running', readers: [] };
  #initialized = false;
  /** The library and the JavaScript heap may hold a PIN as a string that cannot be zeroed. */
  #pinGivenToLibrary = false;
  #loginsUnderWay = 0;

  constructor(cryptoki: Cryptoki, profile: Pkcs11Profile = defaultProfile) {
    this.#cryptoki = cryptoki;
    this.#profile = profile;
    this.#look();
    this.#timer = setInterval(() => this.#look(), profile.pollMs);
    this.#timer.unref();
  }

  state(): CardStackState {
    return this.#state;
  }

  subscribe(listener: (state: CardStackState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async triesLeft(card: CertificateSha256): Promise<Tries> {
    const found = findKey(this.#state, card);
    if (found === undefined) throw whyNoCard(this.#state);
    const { readCounter } = this.#profile;
    if (readCounter === undefined || this.#mayBeLoggedIn(card)) return 'unknown';
    return readCounter({ reader: found.reader, certificate: found.certificate });
  }

  sign(card: CertificateSha256, pin: Uint8Array | KeypadEntry, hash: Uint8Array): Promise<Uint8Array> {
    if (!(pin instanceof Uint8Array)) return this.#signAtKeypad(card, pin, hash);
    // Synchronous from the first call to the last: no other call of this process comes between.
    return new Promise((resolve) => resolve(this.#sign(card, pin, hash)));
  }

  pinSessionsEnded(): 'keep' | 'replace_process' {
    return this.#pinGivenToLibrary ? 'replace_process' : 'keep';
  }

  close(): Promise<void> {
    clearInterval(this.#timer);
    this.#listeners.clear();
    this.#finalize();
    return Promise.resolve();
  }

  /** The prescribed order: certificates, C_Login, key by its numbers, C_SignInit, C_Sign, C_Logout (JAHIS 24-002). */
  #sign(card: CertificateSha256, pin: Uint8Array, hash: Uint8Array): Uint8Array {
    const slot = this.#slotOf(card);
    let presented = false;
    try {
      return TokenSession.use(this.#cryptoki, slot, (session) => {
        const { modulus, publicExponent } = this.#numbersOf(this.#reidentify(session, card));
        const pinText = Buffer.from(pin).toString('latin1');
        presented = true;
        this.#pinGivenToLibrary = true;
        session.login(pinText);
        try {
          session.beginSignature(session.privateKey(modulus, publicExponent));
          if (this.#profile.login === 'context-specific') session.loginForThisSignature(pinText);
          return session.finishSignature(hash);
        } finally {
          logoutIfPossible(session);
        }
      });
    } catch (error) {
      throw this.#failedWith(error, slot, presented);
    }
  }

  /**
   * The same with C_Login(NULL), which returns when the person has entered the PIN on the reader. Between that and C_Sign
   * there is one pause, for the host to say whether anybody still wants the signature; the slots are not looked at in it.
   */
  async #signAtKeypad(card: CertificateSha256, entry: KeypadEntry, hash: Uint8Array): Promise<Uint8Array> {
    const slot = this.#slotOf(card);
    let presented = false;
    this.#loginsUnderWay += 1;
    try {
      return await TokenSession.useAsync(this.#cryptoki, slot, async (session) => {
        const { modulus, publicExponent } = this.#numbersOf(this.#reidentify(session, card));
        presented = true;
        session.loginAtReader();
        try {
          await entry.accepted();
          session.beginSignature(session.privateKey(modulus, publicExponent));
          return session.finishSignature(hash);
        } finally {
          logoutIfPossible(session);
        }
      });
    } catch (error) {
      throw this.#failedWith(error, slot, presented);
    } finally {
      this.#loginsUnderWay -= 1;
    }
  }

  #failedWith(error: unknown, slot: Handle, presented: boolean): CardError {
    const cardError = cardErrorOf(error, !presented);
    if (cardError.code === 'CARD_REMOVED' || cardError.code === 'CARD_UNKNOWN') {
      // What was known of this slot is not true any more, even if the module still lists it.
      this.#slots.delete(slotKey(slot));
      setImmediate(() => this.#look());
    }
    return cardError;
  }

  /** Reading the counter selects the card's application: that would end a login under the module's hands. */
  #mayBeLoggedIn(card: CertificateSha256): boolean {
    try {
      return TokenSession.use(this.#cryptoki, this.#slotOf(card), (session) => session.isLoggedIn());
    } catch {
      return true;
    }
  }

  #slotOf(card: CertificateSha256): Handle {
    for (const { handle, state } of this.#slots.values()) {
      if (keyIn(state, card) !== undefined) return handle;
    }
    throw whyNoCard(this.#state);
  }

  /** SECURITY: the card that signs is the card that was shown, read again in the session that signs (test "a swapped card does not sign"). */
  #reidentify(session: TokenSession, card: CertificateSha256): CardCertificates {
    const certificates = this.#picker.pick(session.certificates());
    if (certificates === undefined || sha256(certificates.endEntity.raw) !== card) {
      throw new CardError('CARD_UNKNOWN', 'the token now holds another certificate', undefined, { pinNotPresented: true });
    }
    return certificates;
  }

  #numbersOf(certificates: CardCertificates): RsaNumbers {
    const known = this.#rsaNumbers.get(certificates);
    if (known !== undefined) return known;
    const numbers = rsaNumbers(certificates.endEntity);
    this.#rsaNumbers.set(certificates, numbers);
    return numbers;
  }

  /** Asks the module what stands in its slots; reads only cards that are new. */
  #look(): void {
    if (this.#loginsUnderWay > 0) return;
    let next: CardStackState;
    try {
      this.#initialize();
      this.#slots = this.#lookAtSlots();
      next = { service: 'running', readers: withoutSecondSlots([...this.#slots.values()].map((slot) => slot.state)) };
    } catch (error) {
      this.#slots = new Map();
      this.#finalize();
      next = { service: 'unavailable', code: 'CARD_MODULE_FAILED', detail: cardErrorOf(error, true).detail };
    }
    if (sameState(this.#state, next)) return;
    this.#state = next;
    for (const listener of [...this.#listeners]) listener(next);
  }

  /** May fail while the machine starts (no card service yet): asked again at the next look. */
  #initialize(): void {
    if (this.#initialized) return;
    try {
      this.#cryptoki.C_Initialize();
    } catch (error) {
      if (returnValue(error) !== CKR_CRYPTOKI_ALREADY_INITIALIZED) throw error;
    }
    this.#initialized = true;
  }

  /** A module that has lost its card service finds it again only after a new C_Initialize. */
  #finalize(): void {
    if (!this.#initialized) return;
    this.#initialized = false;
    try {
      this.#cryptoki.C_Finalize();
    } catch {
      return;
    }
  }

  #lookAtSlots(): Map<string, Slot> {
    const withToken = new Set(this.#cryptoki.C_GetSlotList(true).map(slotKey));
    const slots = new Map<string, Slot>();
    for (const handle of this.#cryptoki.C_GetSlotList(false)) {
      const key = slotKey(handle);
      const known = this.#slots.get(key);
      const reader = known?.state.reader ?? this.#readerName(handle);
      if (!withToken.has(key)) slots.set(key, { handle, state: { reader, state: 'empty' } });
      else if (known !== undefined && offersKey(known.state)) slots.set(key, known);
      else slots.set(key, { handle, state: this.#readCard(handle, reader) });
    }
    return slots;
  }

  #readerName(slot: Handle): string {
    return this.#cryptoki.C_GetSlotInfo(slot).slotDescription.trim();
  }

  /** What the token says. One that does not answer has none. */
  #hasKeypad(slot: Handle): boolean {
    // SECURITY: a key of that kind has the PIN entered twice. Between the second entry and C_Sign nobody could call it off, and
    // no counter, consent and mark would stand before it (test/unit/native/pkcs11/pkcs11-card-stack.test.ts).
    if (this.#profile.readerKeypad === 'off' || this.#profile.login === 'context-specific') return false;
    try {
      return (this.#cryptoki.C_GetTokenInfo(slot).flags & CKF_PROTECTED_AUTHENTICATION_PATH) !== 0;
    } catch {
      return false;
    }
  }

  #readCard(slot: Handle, reader: string): ReaderState {
    try {
      const certificates = TokenSession.use(this.#cryptoki, slot, (session) => this.#picker.pick(session.certificates()));
      if (certificates === undefined) return { reader, state: 'unknown_card', reason: 'no single end-entity certificate on the token' };
      return placeOf(reader, certificates, this.#profile.purpose, this.#hasKeypad(slot));
    } catch (error) {
      return { reader, state: 'unknown_card', reason: cardErrorOf(error, true).detail };
    }
  }
}

/**
 * What a reader holds for the purpose that policy names.
 * SECURITY: a certificate of the other purpose is not offered, whatever the module is called
 * (test/unit/native/pkcs11/pkcs11-card-stack.test.ts).
 */
function placeOf(reader: string, { endEntity, chain }: CardCertificates, purpose: KeyPurpose, hasKeypad: boolean): ReaderState {
  const read = readCertificate(endEntity);
  const { certificate, authenticates } = read;
  const card = { reader, certificateSha256: sha256(certificate), certificate, driver: 'pkcs11', ...(hasKeypad ? { keypad: true as const } : {}) } as const;
  if (authenticates !== (purpose === 'authentication')) {
    return { reader, state: 'unknown_card', reason: `a certificate that is ${authenticates ? '' : 'not '}for authentication; policy names the module for ${purpose}` };
  }
  if (!authenticates) return { reader, state: 'ready', card: { ...card, chain }, authentication: null };
  if (read.kind === null) return { reader, state: 'unknown_card', reason: 'an authentication certificate of neither HPKI nor JPKI' };
  return { reader, state: 'identity_card', authentication: { ...card, kind: read.kind } };
}

/** What cannot be parsed is for nothing that is known here: the agent says so of a signing card. */
function readCertificate({ raw }: X509Certificate) {
  const certificate = new Uint8Array(raw);
  try {
    const parsed = parseCertificate(certificate);
    return { certificate, authenticates: isForAuthentication(parsed), kind: cardKindOf(parsed) };
  } catch {
    return { certificate, authenticates: false, kind: null };
  }
}

const offersKey = ({ state }: ReaderState): boolean => state === 'ready' || state === 'identity_card';

/** OpenSC makes two slots of a My Number card in one reader, one for each PIN: the one with a key of use here stands for both. */
function withoutSecondSlots(places: readonly ReaderState[]): readonly ReaderState[] {
  const offering = new Set(places.filter(offersKey).map(({ reader }) => reader));
  return places.filter((place) => offersKey(place) || !offering.has(place.reader));
}

interface RsaNumbers {
  readonly modulus: Buffer;
  readonly publicExponent: Buffer;
}

function rsaNumbers(certificate: X509Certificate): RsaNumbers {
  const { n, e } = certificate.publicKey.export({ format: 'jwk' });
  if (n === undefined || e === undefined) {
    throw new CardError('CARD_UNKNOWN', 'the certificate holds no RSA key', undefined, { pinNotPresented: true });
  }
  return { modulus: Buffer.from(n, 'base64url'), publicExponent: Buffer.from(e, 'base64url') };
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function slotKey(slot: Handle): string {
  return slot.toString('hex');
}

/** A signature that was made is handed out even when the card has left before C_Logout. */
function logoutIfPossible(session: TokenSession): void {
  try {
    session.logout();
  } catch {
    return;
  }
}

function sameState(a: CardStackState, b: CardStackState): boolean {
  return JSON.stringify(shown(a)) === JSON.stringify(shown(b));
}

/** What can change between two looks, without the certificates' bytes. */
function shown(state: CardStackState): unknown {
  if (state.service === 'unavailable') return state;
  return state.readers.map((place) => {
    if (place.state === 'ready') return [place.reader, place.card.certificateSha256];
    return place.state === 'identity_card' ? [place.reader, place.authentication.certificateSha256] : place;
  });
}
