import { CardError } from '../host/card-host.ts';
import {
  CKA_CLASS,
  CKA_LABEL,
  CKA_MODULUS,
  CKA_PUBLIC_EXPONENT,
  CKA_VALUE,
  CKF_SERIAL_SESSION,
  CKM_RSA_PKCS,
  CKO_CERTIFICATE,
  CKO_PRIVATE_KEY,
  CKU_CONTEXT_SPECIFIC,
  CKU_USER,
  loggedInStates,
  type Attribute,
  type Cryptoki,
  type Handle,
} from './cryptoki.ts';
import {
  CKR_ATTRIBUTE_SENSITIVE,
  CKR_ATTRIBUTE_TYPE_INVALID,
  CKR_FUNCTION_CANCELED,
  CKR_USER_ALREADY_LOGGED_IN,
  CKR_USER_NOT_LOGGED_IN,
  returnValue,
} from './cryptoki-error.ts';
import type { CertificateObject } from './end-entity-certificate.ts';

/** SEQUENCE { SEQUENCE { id-sha256, NULL }, OCTET STRING (32) } without the hash (RFC 8017 §9.2 note 1). */
const sha256DigestInfo = Buffer.from('3031300d060960864801650304020105000420', 'hex');

/** Bounded reads: a hostile card may claim any number and any size. */
const maxObjects = 32;
const maxCertificate = 16_384;
/** RSA-4096. */
const maxSignature = 512;

/** One read-only session with one token. Every call is synchronous: the process has nothing else to do. */
export class TokenSession {
  readonly #cryptoki: Cryptoki;
  readonly #handle: Handle;

  private constructor(cryptoki: Cryptoki, handle: Handle) {
    this.#cryptoki = cryptoki;
    this.#handle = handle;
  }

  /** Opens, works, and closes in any case. A card that has left cannot be closed; that hides no other error. */
  static use<T>(cryptoki: Cryptoki, slot: Handle, work: (session: TokenSession) => T): T {
    const handle = cryptoki.C_OpenSession(slot, CKF_SERIAL_SESSION);
    try {
      return work(new TokenSession(cryptoki, handle));
    } finally {
      attempt(() => cryptoki.C_CloseSession(handle));
    }
  }

  /** The same around work that waits for something in between. */
  static async useAsync<T>(cryptoki: Cryptoki, slot: Handle, work: (session: TokenSession) => Promise<T>): Promise<T> {
    const handle = cryptoki.C_OpenSession(slot, CKF_SERIAL_SESSION);
    try {
      return await work(new TokenSession(cryptoki, handle));
    } finally {
      attempt(() => cryptoki.C_CloseSession(handle));
    }
  }

  certificates(): readonly CertificateObject[] {
    return this.#find([{ type: CKA_CLASS, value: CKO_CERTIFICATE }]).flatMap((object) => {
      const der = this.#bytes(object, CKA_VALUE);
      if (der === undefined || der.length === 0 || der.length > maxCertificate) return [];
      return [{ der, label: (this.#bytes(object, CKA_LABEL) ?? Buffer.alloc(0)).toString('utf8').trim() }];
    });
  }

  /** As the module tells it. A login counts for all sessions of the process with a token (PKCS#11 v2.40 §2.6). */
  isLoggedIn(): boolean {
    return loggedInStates.has(this.#cryptoki.C_GetSessionInfo(this.#handle).state);
  }

  /**
   * Presents the PIN once; null: the token has it entered on its reader's own keys, and this waits for the person.
   * SECURITY: CKR_USER_ALREADY_LOGGED_IN never means "the PIN is right": modules answer it without looking at the
   * PIN. An open login is closed first, and the PIN is presented against a closed one
   * (test "wrong PIN while already logged in is refused").
   */
  login(pin: string | null): void {
    if (this.isLoggedIn()) this.logout();
    try {
      this.#cryptoki.C_Login(this.#handle, CKU_USER, pin);
    } catch (error) {
      if (returnValue(error) !== CKR_USER_ALREADY_LOGGED_IN) throw error;
      // The module hid the login from C_GetSessionInfo. This PIN was not looked at: one more C_Login makes the one that counts.
      this.logout();
      this.#loginAfterLogout(pin);
    }
  }

  /**
   * {@link login} by the reader's own keys. PKCS#11 has one word for whatever ended it there without a PIN,
   * CKR_FUNCTION_CANCELED (v2.40 §5.6).
   */
  loginAtReader(): void {
    try {
      this.login(null);
    } catch (error) {
      if (returnValue(error) !== CKR_FUNCTION_CANCELED) throw error;
      throw new CardError('KEYPAD_CANCELLED', 'C_Login answered CKR_FUNCTION_CANCELED', undefined, { pinNotPresented: true });
    }
  }

  /** For keys whose profile wants the PIN again between C_SignInit and C_Sign; the PIN is proven by then. */
  loginForThisSignature(pin: string): void {
    this.#cryptoki.C_Login(this.#handle, CKU_CONTEXT_SPECIFIC, pin);
  }

  logout(): void {
    try {
      this.#cryptoki.C_Logout(this.#handle);
    } catch (error) {
      if (returnValue(error) !== CKR_USER_NOT_LOGGED_IN) throw error;
    }
  }

  /** The private key that belongs to a certificate, by its numbers: labels and ids may be empty. */
  privateKey(modulus: Buffer, publicExponent: Buffer): Handle {
    const [key] = this.#find([
      { type: CKA_CLASS, value: CKO_PRIVATE_KEY },
      { type: CKA_MODULUS, value: modulus },
      { type: CKA_PUBLIC_EXPONENT, value: publicExponent },
    ]);
    if (key === undefined) throw new CardError('CARD_MODULE_FAILED', 'the token offers no private key for its certificate');
    return key;
  }

  beginSignature(key: Handle): void {
    this.#cryptoki.C_SignInit(this.#handle, { mechanism: CKM_RSA_PKCS, parameter: null }, key);
  }

  /** RSASSA-PKCS1-v1_5: the module pads, the DigestInfo is ours. */
  finishSignature(sha256: Uint8Array): Uint8Array {
    const data = Buffer.concat([sha256DigestInfo, sha256]);
    return Uint8Array.from(this.#cryptoki.C_Sign(this.#handle, data, Buffer.alloc(maxSignature)));
  }

  #loginAfterLogout(pin: string | null): void {
    try {
      this.#cryptoki.C_Login(this.#handle, CKU_USER, pin);
    } catch (error) {
      if (returnValue(error) !== CKR_USER_ALREADY_LOGGED_IN) throw error;
      throw new CardError('CARD_MODULE_FAILED', 'the module stays logged in after C_Logout, so it cannot check a PIN');
    }
  }

  #find(template: Attribute[]): Handle[] {
    this.#cryptoki.C_FindObjectsInit(this.#handle, template);
    try {
      const found: Handle[] = [];
      while (found.length < maxObjects) {
        const [object] = this.#cryptoki.C_FindObjects(this.#handle, 1);
        if (object === undefined) break;
        found.push(object);
      }
      return found;
    } finally {
      attempt(() => this.#cryptoki.C_FindObjectsFinal(this.#handle));
    }
  }

  #bytes(object: Handle, type: number): Buffer | undefined {
    try {
      const [attribute] = this.#cryptoki.C_GetAttributeValue(this.#handle, object, [{ type }]);
      return Buffer.isBuffer(attribute?.value) ? attribute.value : undefined;
    } catch (error) {
      const value = returnValue(error);
      if (value === CKR_ATTRIBUTE_TYPE_INVALID || value === CKR_ATTRIBUTE_SENSITIVE) return undefined;
      throw error;
    }
  }
}

/** Cleaning up after a failure, or after a card that has left: the first error is the one to tell. */
function attempt(cleanUp: () => void): void {
  try {
    cleanUp();
  } catch {
    return;
  }
}
