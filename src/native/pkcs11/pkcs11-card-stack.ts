import type { X509Certificate } from 'node:crypto';
import { CardError, type CardStackState, type CertificateSha256, type KeyPurpose, type ReadCounter, type Tries } from '../host/card-host.ts';
import { findKey, whyNoCard } from '../host/card-place.ts';
import type { CardStack } from '../host/card-stack.ts';
import type { KeypadEntry } from '../host/keypad.ts';
import { cardErrorOf } from './cryptoki-error.ts';
import type { Cryptoki, Handle } from './cryptoki.ts';
import { EndEntityPicker, type CardCertificates } from './end-entity-certificate.ts';
import { sha256Of } from './token-place.ts';
import { TokenSession } from './token-session.ts';
import { WatchedSlots } from './watched-slots.ts';

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

/** Cards behind one PKCS#11 module, with no more of PKCS#11 than an HPKI module promises (cryptoki.ts). */
export class Pkcs11CardStack implements CardStack {
  readonly #cryptoki: Cryptoki;
  readonly #profile: Pkcs11Profile;
  readonly #picker = new EndEntityPicker();
  readonly #slots: WatchedSlots;
  readonly #rsaNumbers = new WeakMap<CardCertificates, RsaNumbers>();
  /** The library and the JavaScript heap may hold a PIN as a string that cannot be zeroed. */
  #pinGivenToLibrary = false;

  constructor(cryptoki: Cryptoki, profile: Pkcs11Profile = defaultProfile) {
    this.#cryptoki = cryptoki;
    this.#profile = profile;
    const { purpose, pollMs } = profile;
    this.#slots = new WatchedSlots(cryptoki, this.#picker, { purpose, pollMs, asksForKeypad: takesKeypad(profile) });
  }

  state(): CardStackState {
    return this.#slots.state;
  }

  subscribe(listener: (state: CardStackState) => void): () => void {
    return this.#slots.subscribe(listener);
  }

  async triesLeft(card: CertificateSha256): Promise<Tries> {
    const found = findKey(this.#slots.state, card);
    if (found === undefined) throw whyNoCard(this.#slots.state);
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
    this.#slots.close();
    return Promise.resolve();
  }

  /** The prescribed order: certificates, C_Login, key by its numbers, C_SignInit, C_Sign, C_Logout (JAHIS 24-002). */
  #sign(card: CertificateSha256, pin: Uint8Array, hash: Uint8Array): Uint8Array {
    const slot = this.#slots.slotOf(card);
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
  #signAtKeypad(card: CertificateSha256, entry: KeypadEntry, hash: Uint8Array): Promise<Uint8Array> {
    return this.#slots.leaveAloneDuring(async () => {
      const slot = this.#slots.slotOf(card);
      let presented = false;
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
      }
    });
  }

  #failedWith(error: unknown, slot: Handle, presented: boolean): CardError {
    const cardError = cardErrorOf(error, !presented);
    if (cardError.code === 'CARD_REMOVED' || cardError.code === 'CARD_UNKNOWN') this.#slots.forget(slot);
    return cardError;
  }

  /** Reading the counter selects the card's application: that would end a login under the module's hands. */
  #mayBeLoggedIn(card: CertificateSha256): boolean {
    try {
      return TokenSession.use(this.#cryptoki, this.#slots.slotOf(card), (session) => session.isLoggedIn());
    } catch {
      return true;
    }
  }

  /** SECURITY: the card that signs is the card that was shown, read again in the session that signs (test "a swapped card does not sign"). */
  #reidentify(session: TokenSession, card: CertificateSha256): CardCertificates {
    const certificates = this.#picker.pick(session.certificates());
    if (certificates === undefined || sha256Of(certificates.endEntity) !== card) {
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
}

/**
 * SECURITY: a key of the context-specific kind has the PIN entered twice. Between the second entry and C_Sign nobody could call
 * it off, and no counter, consent and mark would stand before it (test/unit/native/pkcs11/pkcs11-card-stack.test.ts).
 */
function takesKeypad({ readerKeypad, login }: Pkcs11Profile): boolean {
  return readerKeypad !== 'off' && login !== 'context-specific';
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

/** A signature that was made is handed out even when the card has left before C_Logout. */
function logoutIfPossible(session: TokenSession): void {
  try {
    session.logout();
  } catch {
    return;
  }
}
