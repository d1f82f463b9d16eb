import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CardError, type CardStackState, type CounterOrder, type KeyPurpose, type ReadCounter, type ReaderState } from '../../../../src/native/host/card-host.ts';
import { CKA_CLASS, CKA_LABEL, CKA_MODULUS, CKA_VALUE, CKO_CERTIFICATE, type Attribute, type Cryptoki, type Handle } from '../../../../src/native/pkcs11/cryptoki.ts';
import { Pkcs11CardStack } from '../../../../src/native/pkcs11/pkcs11-card-stack.ts';
import { createTestCa, type IssuedCertificate, type TestCa } from '../../../../src/sandbox/ca/test-ca.ts';
import { createTestJpkiCa } from '../../../../src/sandbox/ca/test-jpki-ca.ts';

const slot = Buffer.of(1);
const twinSlot = Buffer.of(2);
const pin = Buffer.from('1234');
const hash = new Uint8Array(32);

/** A module with one slot in memory; the card in it can be exchanged between any two calls. */
class FakeModule implements Cryptoki {
  card: IssuedCertificate | undefined;
  /** A second slot for the same reader, with a token that shows nothing, as OpenSC makes one for each PIN. */
  twin = false;
  calls: string[] = [];
  fail: Readonly<Record<string, number>> = {};
  #note(name: string): void {
    this.calls.push(name);
    const value = this.fail[name];
    if (value !== undefined) throw Object.assign(new Error('CKR_X'), { code: value, method: name });
  }
  C_Initialize(): void {
    this.#note('C_Initialize');
  }
  C_Finalize(): void {
    this.#note('C_Finalize');
  }
  C_GetSlotList(tokenPresent: boolean): Handle[] {
    this.#note('C_GetSlotList');
    return tokenPresent && this.card === undefined ? [] : this.twin ? [twinSlot, slot] : [slot];
  }
  C_GetSlotInfo(): { slotDescription: string } {
    return { slotDescription: 'ACS ACR39U 00 00'.padEnd(64) };
  }
  tokenFlags = 0;
  C_GetTokenInfo(): { flags: number } {
    return { flags: this.tokenFlags };
  }
  C_OpenSession(opened: Handle): Handle {
    this.#note('C_OpenSession');
    this.#shows = opened === slot;
    return Buffer.of(9);
  }
  C_CloseSession(): void {
    this.#note('C_CloseSession');
  }
  sessionState = 0;
  C_GetSessionInfo(): { state: number } {
    return { state: this.sessionState };
  }
  pins: (string | null)[] = [];
  C_Login(_session: Handle, _userType: number, pin: string | null): void {
    this.pins.push(pin);
    this.#note('C_Login');
  }
  C_Logout(): void {
    this.#note('C_Logout');
  }
  #shows = true;
  #found: Handle[] = [];
  C_FindObjectsInit(_session: Handle, template: Attribute[]): void {
    const wanted = template.find((attribute) => attribute.type === CKA_CLASS)?.value;
    if (!this.#shows) this.#found = [];
    else if (wanted === CKO_CERTIFICATE) this.#found = [Buffer.of(1)];
    else this.#found = template.some((attribute) => attribute.type === CKA_MODULUS) ? [Buffer.of(2)] : [];
  }
  C_FindObjects(): Handle[] {
    return this.#found.splice(0, 1);
  }
  C_FindObjectsFinal(): void {
    this.#note('C_FindObjectsFinal');
  }
  C_GetAttributeValue(_session: Handle, _object: Handle, template: Attribute[]): { type: number; value: unknown }[] {
    return template.map(({ type }) => {
      if (type === CKA_VALUE) return { type, value: Buffer.from(this.card?.certificate.der ?? []) };
      if (type === CKA_LABEL) throw Object.assign(new Error('CKR_ATTRIBUTE_TYPE_INVALID'), { code: 0x12 });
      return { type, value: undefined };
    });
  }
  C_SignInit(): void {
    this.#note('C_SignInit');
  }
  C_Sign(_session: Handle, data: Buffer): Buffer {
    this.#note('C_Sign');
    return data;
  }
}

describe('cards behind a PKCS#11 module', () => {
  let ca: TestCa;
  let doctor: IssuedCertificate;
  let other: IssuedCertificate;
  const stacks: Pkcs11CardStack[] = [];
  beforeAll(async () => {
    ca = await createTestCa();
    [doctor, other] = await Promise.all([
      ca.issue({ kind: 'signing', role: 'Medical Doctor', commonName: 'TEST ONE' }),
      ca.issue({ kind: 'signing', role: 'Medical Doctor', commonName: 'TEST TWO' }),
    ]);
  });
  afterEach(async () => {
    await Promise.all(stacks.splice(0).map((stack) => stack.close()));
  });

  function setUp(card: IssuedCertificate | undefined = doctor, purpose: KeyPurpose = 'signing') {
    const module = new FakeModule();
    module.card = card;
    const stack = new Pkcs11CardStack(module, { login: 'user', pollMs: 5, purpose });
    stacks.push(stack);
    module.calls = [];
    return { module, stack };
  }
  /** Where somebody reads the counter: 7. */
  function setUpCounted() {
    const module = new FakeModule();
    module.card = doctor;
    const orders: CounterOrder[] = [];
    const readCounter: ReadCounter = (order) => {
      orders.push(order);
      return Promise.resolve(7);
    };
    const stack = new Pkcs11CardStack(module, { login: 'user', pollMs: 1_000, purpose: 'signing', readCounter });
    stacks.push(stack);
    return { module, stack, orders };
  }
  const only = (state: CardStackState) => (state.service === 'running' ? state.readers[0] : undefined);

  it('are named by the PC/SC reader and the certificate, even where labels are missing', () => {
    const { stack } = setUp();
    expect(only(stack.state())).toMatchObject({
      reader: 'ACS ACR39U 00 00',
      state: 'ready',
      card: { certificateSha256: doctor.certificate.sha256, driver: 'pkcs11' },
    });
  });

  it('hand the module the DigestInfo of the hash, after C_Login and before C_Logout', async () => {
    const { stack, module } = setUp();
    const data = await stack.sign(doctor.certificate.sha256, pin, hash);
    expect(Buffer.from(data).toString('hex')).toBe(`3031300d060960864801650304020105000420${'00'.repeat(32)}`);
    expect(module.calls.filter((call) => !call.startsWith('C_Find') && call !== 'C_GetSlotList')).toEqual([
      'C_OpenSession',
      'C_Login',
      'C_SignInit',
      'C_Sign',
      'C_Logout',
      'C_CloseSession',
    ]);
  });

  it('do not sign when they were swapped: a swapped card does not sign, and its PIN is not presented', async () => {
    const { stack, module } = setUp();
    module.card = other;
    await expect(stack.sign(doctor.certificate.sha256, pin, hash)).rejects.toMatchObject({ code: 'CARD_UNKNOWN', pinNotPresented: true });
    expect(module.calls).not.toContain('C_Login');
    // And the next look shows the new one, although the module never said that a card had left.
    await expect.poll(() => only(stack.state())).toMatchObject({ card: { certificateSha256: other.certificate.sha256 } });
  });

  it('are looked at anew at once when a signature met no card or another one, whatever the period', async () => {
    const module = new FakeModule();
    module.card = doctor;
    const stack = new Pkcs11CardStack(module, { login: 'user', pollMs: 3_600_000, purpose: 'signing' });
    stacks.push(stack);
    module.card = other;
    await expect(stack.sign(doctor.certificate.sha256, pin, hash)).rejects.toMatchObject({ code: 'CARD_UNKNOWN' });
    await expect.poll(() => only(stack.state())).toMatchObject({ card: { certificateSha256: other.certificate.sha256 } });
  });

  it('tell where the PIN was when something failed', async () => {
    for (const [call, notPresented] of [['C_OpenSession', true], ['C_Login', false], ['C_SignInit', false], ['C_Sign', false]] as const) {
      const { stack, module } = setUp();
      module.fail = { [call]: 0x32 };
      await expect(stack.sign(doctor.certificate.sha256, pin, hash)).rejects.toMatchObject({ code: 'CARD_REMOVED', pinNotPresented: notPresented });
    }
  });

  it('have a login of others closed before the PIN goes out: some modules take any PIN while one is open', async () => {
    const { stack, module } = setUp();
    module.sessionState = 3;
    await stack.sign(doctor.certificate.sha256, pin, hash);
    expect(module.calls.filter((call) => call === 'C_Logout' || call === 'C_Login')).toEqual(['C_Logout', 'C_Login', 'C_Logout']);
  });

  it('give a signature out that was made, even when the card has left before C_Logout', async () => {
    const { stack, module } = setUp();
    module.fail = { C_Logout: 0x32, C_CloseSession: 0xb3 };
    expect(await stack.sign(doctor.certificate.sha256, pin, hash)).toHaveLength(51);
  });

  it('ask for a new process once a PIN was given to the library, not before', async () => {
    const { stack } = setUp();
    expect(stack.pinSessionsEnded()).toBe('keep');
    await stack.sign(doctor.certificate.sha256, pin, hash);
    expect(stack.pinSessionsEnded()).toBe('replace_process');
  });

  it('have the PIN entered on the reader where the token says so: C_Login without one, and no library holds it', async () => {
    const { stack, module } = setUp();
    expect(only(stack.state())).not.toHaveProperty('card.keypad');
    module.card = undefined;
    await expect.poll(() => only(stack.state())).toMatchObject({ state: 'empty' });
    module.card = doctor;
    module.tokenFlags = 0x100;
    await expect.poll(() => only(stack.state())).toMatchObject({ state: 'ready', card: { keypad: true } });
    module.calls = [];
    await stack.sign(doctor.certificate.sha256, { accepted: () => Promise.resolve() }, hash);
    expect(module.pins).toEqual([null]);
    expect(module.calls.filter((call) => !call.startsWith('C_Find') && call !== 'C_GetSlotList')).toEqual([
      'C_OpenSession',
      'C_Login',
      'C_SignInit',
      'C_Sign',
      'C_Logout',
      'C_CloseSession',
    ]);
    expect(stack.pinSessionsEnded()).toBe('keep');
  });

  it('have the PIN typed where the key wants it twice: the second entry on a reader could not be called off', () => {
    for (const [login, keypad] of [['user', true], ['context-specific', undefined]] as const) {
      const module = new FakeModule();
      module.card = doctor;
      module.tokenFlags = 0x100;
      const stack = new Pkcs11CardStack(module, { login, pollMs: 1_000, purpose: 'signing' });
      stacks.push(stack);
      const found = only(stack.state());
      expect(found?.state === 'ready' ? found.card.keypad : found).toBe(keypad);
    }
  });

  it('end the login and sign nothing where nobody wants the signature any more; the slots are left alone meanwhile', async () => {
    const { stack, module } = setUp();
    const answer = Promise.withResolvers<undefined>();
    const signing = stack.sign(doctor.certificate.sha256, { accepted: () => answer.promise }, hash);
    const failed = expect(signing).rejects.toMatchObject({ code: 'PIN_SESSION_ENDED' });
    module.calls = [];
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(module.calls).toEqual([]);
    answer.reject(new CardError('PIN_SESSION_ENDED', 'cancelled meanwhile'));
    await failed;
    expect(module.calls.slice(0, 2)).toEqual(['C_Logout', 'C_CloseSession']);
    expect(module.calls).not.toContain('C_Sign');
  });

  it('say so when the entry was cancelled on the reader, and only then', async () => {
    const { stack, module } = setUp();
    module.fail = { C_Login: 0x50 };
    await expect(stack.sign(doctor.certificate.sha256, { accepted: () => Promise.resolve() }, hash)).rejects.toMatchObject({ code: 'KEYPAD_CANCELLED', pinNotPresented: true });
    // A PIN that was given to the module may have gone to the card, whatever the module calls it.
    await expect(stack.sign(doctor.certificate.sha256, pin, hash)).rejects.toMatchObject({ code: 'CARD_MODULE_FAILED', pinNotPresented: false });
  });

  it('come back after the module had lost its card service', async () => {
    const { stack, module } = setUp();
    module.fail = { C_GetSlotList: 0x30 };
    await expect.poll(() => stack.state().service).toBe('unavailable');
    module.fail = {};
    await expect.poll(() => only(stack.state())).toMatchObject({ state: 'ready' });
    expect(module.calls).toContain('C_Initialize');
  });

  it('are left alone for good when the stack is closed, also where a look was about to come', async () => {
    const { stack, module } = setUp();
    module.fail = { C_SignInit: 0x32 };
    await expect(stack.sign(doctor.certificate.sha256, pin, hash)).rejects.toMatchObject({ code: 'CARD_REMOVED' });
    await stack.close();
    module.calls = [];
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    expect(module.calls).toEqual([]);
  });

  it('have a counter only where somebody reads it', async () => {
    const { stack } = setUp();
    expect(await stack.triesLeft(doctor.certificate.sha256)).toBe('unknown');
    const { stack: counted, orders } = setUpCounted();
    expect(await counted.triesLeft(doctor.certificate.sha256)).toBe(7);
    expect(orders).toEqual([{ reader: 'ACS ACR39U 00 00', certificate: Uint8Array.from(doctor.certificate.der) }]);
    await expect(counted.triesLeft(other.certificate.sha256)).rejects.toMatchObject({ code: 'CARD_UNKNOWN' });
  });

  it('have nobody read it while the module is logged in, or does not say whether it is', async () => {
    const { stack, module, orders } = setUpCounted();
    for (const state of [1, 3]) {
      module.sessionState = state;
      expect(await stack.triesLeft(doctor.certificate.sha256)).toBe('unknown');
    }
    module.sessionState = 0;
    module.fail = { C_OpenSession: 0x30 };
    expect(await stack.triesLeft(doctor.certificate.sha256)).toBe('unknown');
    expect(orders).toEqual([]);
  });

  describe('by what policy names their module for', () => {
    let hpkiLogin: IssuedCertificate;
    let jpkiLogin: IssuedCertificate;
    let jpkiDocuments: IssuedCertificate;
    beforeAll(async () => {
      const jpki = await createTestJpkiCa();
      [hpkiLogin, jpkiLogin, jpkiDocuments] = await Promise.all([
        ca.issue({ kind: 'authentication', role: null, commonName: 'TEST LOGIN' }),
        jpki.issueAuthentication(),
        jpki.issueSigning(),
      ]);
    });

    const first = (stack: Pkcs11CardStack): ReaderState | undefined => only(stack.state());

    it.each([
      ['hpki', () => hpkiLogin],
      ['jpki', () => jpkiLogin],
    ] as const)('authenticate with a certificate for that, of an %s card', async (kind, issued) => {
      const { stack, module } = setUp(issued(), 'authentication');
      const { sha256, der } = issued().certificate;
      expect(first(stack)).toEqual({
        reader: 'ACS ACR39U 00 00',
        state: 'identity_card',
        authentication: { kind, reader: 'ACS ACR39U 00 00', certificateSha256: sha256, certificate: Uint8Array.from(der), driver: 'pkcs11' },
      });
      // Card and agent are looked at again on a period; what is known is not read again.
      await expect.poll(() => module.calls.filter((call) => call === 'C_GetSlotList').length).toBeGreaterThan(4);
      expect(module.calls).not.toContain('C_OpenSession');
      expect(await stack.sign(sha256, pin, hash)).toHaveLength(51);
    });

    it('show no certificate of the other purpose', () => {
      const reasons = ([['signing', hpkiLogin], ['signing', jpkiLogin], ['authentication', doctor], ['authentication', jpkiDocuments]] as const).map(([purpose, issued]) => {
        const place = first(setUp(issued, purpose).stack);
        return place?.state === 'unknown_card' ? place.reason : place?.state;
      });
      const mismatch = (is: string, purpose: string): string => `a certificate that is ${is}for authentication; policy names the module for ${purpose}`;
      expect(reasons).toEqual([mismatch('', 'signing'), mismatch('', 'signing'), mismatch('not ', 'authentication'), mismatch('not ', 'authentication')]);
    });

    it('stand once in their reader where a module makes a slot for each PIN', () => {
      const { stack, module } = setUp(undefined, 'authentication');
      module.twin = true;
      module.card = jpkiLogin;
      return expect.poll(() => {
        const state = stack.state();
        return state.service === 'running' ? state.readers.map((place) => place.state) : [];
      }).toEqual(['identity_card']);
    });
  });
});
