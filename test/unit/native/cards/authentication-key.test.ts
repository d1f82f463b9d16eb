/** The keys by which a card's holder logs in: that of a My Number card and that of an HPKI card, over the direct driver. */
import { createHash, verify, X509Certificate } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { certificateSha256 } from '../../../../src/native/cards/card-certificates.ts';
import { counterBesideModule } from '../../../../src/native/cards/counter-beside-module.ts';
import { DirectCardStack } from '../../../../src/native/cards/direct-card-stack.ts';
import type { CardStackState } from '../../../../src/native/host/card-host.ts';
import { SmartCardError, type SmartCardService } from '../../../../src/native/pcsc/smart-card-service.ts';
import type { CardIdentity, VirtualHpkiCardOptions } from '../../../../src/sandbox/cards/card-options.ts';
import type { VirtualCard } from '../../../../src/sandbox/cards/virtual-card.ts';
import { VirtualHpkiCard } from '../../../../src/sandbox/cards/virtual-hpki-card.ts';
import { VirtualJpkiCard, type VirtualJpkiCardOptions } from '../../../../src/sandbox/cards/virtual-jpki-card.ts';
import { VirtualReaders } from '../../../../src/sandbox/cards/virtual-readers.ts';
import { makeCardIdentity, makeLoginIdentity } from '../../../support/card-identity.ts';
import { authenticationCard, readerIn, readyCard, stateWhere } from '../../../support/card-states.ts';

const reader = 'Virtual Reader 1';
const message = Buffer.from('a login');
const hash = createHash('sha256').update(message).digest();
const pin = Buffer.from('1234');
const wrongPin = Buffer.from('0000');

let doctor: CardIdentity;
let login: CardIdentity;
let holder: CardIdentity;
let stranger: CardIdentity;

beforeAll(async () => {
  [doctor, login, holder, stranger] = await Promise.all([
    makeCardIdentity('Doctor'),
    makeLoginIdentity('Doctor'),
    makeLoginIdentity('Holder', 'jpki'),
    makeLoginIdentity('Stranger', 'jpki'),
  ]);
});

const opened: DirectCardStack[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((stack) => stack.close()));
});

function insert<Card extends VirtualCard>(card: Card) {
  const readers = new VirtualReaders([reader]);
  readers.insert(card, reader);
  const stack = new DirectCardStack(readers);
  opened.push(stack);
  return { readers, card, stack };
}

const myNumberCard = (options: Partial<VirtualJpkiCardOptions> = {}) => insert(new VirtualJpkiCard({ authentication: holder, signing: doctor, ...options }));
const hpkiCard = (options: Partial<VirtualHpkiCardOptions> = {}) => insert(new VirtualHpkiCard({ signing: doctor, authentication: login, ...options }));

const fingerprint = ({ certificate }: CardIdentity): string => certificateSha256(certificate);
const holds = (signature: Uint8Array, { certificate }: CardIdentity): boolean => verify('sha256', message, new X509Certificate(certificate).publicKey, signature);

/** READ BINARYs of one certificate. */
const reads = ({ certificate }: CardIdentity, extended: boolean): number => (extended ? 1 : Math.ceil(certificate.length / 256));

describe('a My Number card', () => {
  it('is shown by its certificate for authentication, and nothing else of it was looked at', async () => {
    const { card, stack } = myNumberCard();
    const { authentication } = await readerIn(stack, 'identity_card');
    expect(authentication).toEqual({ kind: 'jpki', reader, certificateSha256: fingerprint(holder), certificate: holder.certificate, driver: 'direct' });
    expect([...card.touchedFiles]).toEqual([0x0a]);
    // Both HPKI applications are asked for, then its own; the certificate in a first part and the rest.
    expect(card.statistics.commandsByIns).toEqual(new Map([[0xa4, 4], [0xb0, 2]]));
  });

  it.each([true, false])('signs with one VERIFY and no command too many (extended length: %s)', async (extendedLength) => {
    const { card, stack } = myNumberCard({ extendedLength, strictReadLength: !extendedLength });
    const { certificateSha256: key } = await authenticationCard(stack);
    expect(await stack.triesLeft(key)).toBe(3);
    expect(holds(await stack.sign(key, pin, hash), holder)).toBe(true);
    card.resetStatistics();
    expect(holds(await stack.sign(key, pin, hash), holder)).toBe(true);
    // SELECT AP, SELECT and READ of the certificate, SELECT PIN, VERIFY, SELECT key, signature (and its answer), SELECT AP.
    const signature = extendedLength ? 1 : 2;
    expect(card.statistics).toMatchObject({ commands: 2 + reads(holder, extendedLength) + 3 + signature + 1, pinsPresented: 1, signatures: 1 });
  });

  it('keeps its signing certificate, key and password to itself, whatever happens', async () => {
    const { card, stack } = myNumberCard();
    const { certificateSha256: key } = await authenticationCard(stack);
    await stack.triesLeft(key);
    await expect(stack.sign(key, wrongPin, hash)).rejects.toMatchObject({ code: 'PIN_INCORRECT', triesLeft: 2 });
    await stack.sign(key, pin, hash);
    expect([...card.touchedFiles].sort((a, b) => a - b)).toEqual([0x0a, 0x17, 0x18]);
    expect(card.triesLeft('signing')).toBe(5);
  });

  it('counts down to a block, told as such', async () => {
    const { card, stack } = myNumberCard();
    const { certificateSha256: key } = await authenticationCard(stack);
    for (const triesLeft of [2, 1]) await expect(stack.sign(key, wrongPin, hash)).rejects.toMatchObject({ code: 'PIN_INCORRECT', triesLeft });
    await expect(stack.sign(key, wrongPin, hash)).rejects.toMatchObject({ code: 'PIN_LOCKED', triesLeft: 0 });
    expect(await stack.triesLeft(key)).toBe(0);
    expect(card.statistics.pinsPresented).toBe(3);
  });

  it('is not even asked when its PIN cannot be one', async () => {
    const { card, stack } = myNumberCard();
    const { certificateSha256: key } = await authenticationCard(stack);
    for (const impossible of ['123', '12345', '12a4']) {
      await expect(stack.sign(key, Buffer.from(impossible), hash)).rejects.toMatchObject({ code: 'PIN_INCORRECT', pinNotPresented: true });
    }
    expect(card.statistics.pinsPresented).toBe(0);
  });

  it('without a certificate for authentication is a card of no use here', async () => {
    const { stack } = insert(new VirtualJpkiCard({}));
    expect((await readerIn(stack, 'unknown_card')).reason).toMatch(/^a My Number card without an authentication certificate/);
  });

  it('with a certificate for documents in that place is not offered for logins', async () => {
    const { stack } = myNumberCard({ authentication: doctor });
    expect((await readerIn(stack, 'unknown_card')).reason).toBe('the certificate of a My Number card is not one for authentication');
  });
});

describe('an HPKI card', () => {
  it.each(['circulation', 'annex-b'] as const)('has a key for logins beside the one for documents, and each signs as itself (%s)', async (layout) => {
    const { card, stack } = hpkiCard({ layout });
    const { certificateSha256: key, kind } = await authenticationCard(stack);
    expect([kind, key]).toEqual(['hpki', fingerprint(login)]);
    expect(await stack.triesLeft(key)).toBe(15);
    expect(holds(await stack.sign(key, pin, hash), login)).toBe(true);
    expect(holds(await stack.sign(fingerprint(doctor), pin, hash), doctor)).toBe(true);
    expect(card.statistics).toMatchObject({ pinsPresented: 2, signatures: 2 });
  });

  it('counts wrong PINs of each key for itself', async () => {
    const { card, stack } = hpkiCard();
    const { certificateSha256: key } = await authenticationCard(stack);
    await expect(stack.sign(key, wrongPin, hash)).rejects.toMatchObject({ code: 'PIN_INCORRECT', triesLeft: 14 });
    expect([card.triesLeft('authentication'), card.triesLeft('signing')]).toEqual([14, 15]);
  });

  it('with no application for documents is an identity card', async () => {
    const { stack } = insert(new VirtualHpkiCard({ authentication: login }));
    expect((await readerIn(stack, 'identity_card')).authentication).toMatchObject({ kind: 'hpki', certificateSha256: fingerprint(login) });
    expect(holds(await stack.sign(fingerprint(login), pin, hash), login)).toBe(true);
  });

  it('whose applications hold the same certificate has a key for documents, and none for logins', async () => {
    const { stack } = hpkiCard({ authentication: doctor });
    await readyCard(stack);
    expect((await readerIn(stack, 'ready')).authentication).toBeNull();
  });
});

describe('what VERIFY has opened', () => {
  const isOpen = (card: VirtualHpkiCard): boolean => {
    const talk = (hex: string): string => Buffer.from(card.transmit(Buffer.from(hex, 'hex'))).toString('hex').slice(-4);
    talk('00A4040010E828BD080FA00000039100000000000200');
    talk('00A4020C02000C');
    const answer = talk(`802A008033${'00'.repeat(51)}00`);
    expect(['9000', '6982', '6a80']).toContain(answer);
    return answer !== '6982';
  };

  it('is closed with the login: no other program signs without the PIN of a My Number card', async () => {
    const { card, stack } = myNumberCard();
    await stack.sign((await authenticationCard(stack)).certificateSha256, pin, hash);
    expect(card.isVerified).toBe(false);
  });

  it('is closed when the card did not sign after all', async () => {
    const { card, stack } = myNumberCard();
    const { certificateSha256: key } = await authenticationCard(stack);
    card.setFaults({ at: 'signature', when: 'before', what: { kind: 'answer', bytes: Uint8Array.of(0x6f, 0x00) } });
    await expect(stack.sign(key, pin, hash)).rejects.toMatchObject({ code: 'CARD_MODULE_FAILED', pinNotPresented: false });
    expect(card.isVerified).toBe(false);
  });

  it('is closed on an HPKI card as well', async () => {
    const { card, stack } = hpkiCard();
    const { certificateSha256: key } = await authenticationCard(stack);
    card.transmit(Buffer.from('00A4040010E828BD080FA00000039100000000000200', 'hex'));
    card.transmit(Buffer.from('002000880431323334', 'hex'));
    expect(isOpen(card)).toBe(true);
    await stack.sign(key, pin, hash);
    expect(isOpen(card)).toBe(false);
  });
});

describe('the second key of a card', () => {
  it('is read after the card is shown: the first sight of a card costs no command more', async () => {
    const atFirstSight = async (card: VirtualHpkiCard): Promise<number> => {
      const readers = new VirtualReaders([reader]);
      const stack = new DirectCardStack(readers);
      opened.push(stack);
      const seen = new Promise<number>((resolve) => {
        stack.subscribe((state) => {
          if (state.service === 'running' && state.readers[0]?.state === 'ready') resolve(card.statistics.commands);
        });
      });
      readers.insert(card, reader);
      return seen;
    };
    const alone = await atFirstSight(new VirtualHpkiCard({ signing: doctor }));
    expect(await atFirstSight(new VirtualHpkiCard({ signing: doctor, authentication: login }))).toBe(alone);
  });

  it('gives way to a signature within a command, and is read afterwards', async () => {
    for (let after = 0; after < 5; after += 1) {
      const { card, stack } = hpkiCard({ extendedLength: false });
      await readerIn(stack, 'ready');
      card.resetStatistics();
      while (card.statistics.commands < after) await new Promise((resolve) => setImmediate(resolve));
      const before = card.statistics.commands;
      const signature = stack.sign(fingerprint(doctor), pin, hash);
      let sent = 0;
      const unsubscribe = stack.subscribe(() => (sent = card.statistics.commands - before));
      expect(holds(await signature, doctor)).toBe(true);
      const commands = card.statistics.commands - before;
      unsubscribe();
      expect(sent, 'told nothing meanwhile').toBe(0);
      // SELECT AP with its answer, SELECT EF, READs, SELECT key, MSE, VERIFY, two links and the answer; one that was on its way.
      expect(commands).toBeLessThanOrEqual(2 + 1 + reads(doctor, false) + 3 + 3 + 1);
      expect((await authenticationCard(stack)).certificateSha256).toBe(fingerprint(login));
    }
  });

  it.each(['CARD_RESET', 'COMMUNICATION', 'SHARING_VIOLATION'] as const)('is read in the end when %s came between', async (code) => {
    const readers = new VirtualReaders([reader]);
    readers.insert(new VirtualHpkiCard({ signing: doctor, authentication: login }), reader);
    let transactions = 0;
    const disturbed: SmartCardService = {
      state: () => readers.state(),
      subscribe: (listener) => readers.subscribe(listener),
      transaction: (name, work) => {
        transactions += 1;
        return transactions === 2 ? Promise.reject(new SmartCardError(code, 'SCARD_E_TEST')) : readers.transaction(name, work);
      },
      close: () => readers.close(),
    };
    const stack = new DirectCardStack(disturbed);
    opened.push(stack);
    expect((await authenticationCard(stack)).certificateSha256).toBe(fingerprint(login));
  });

  it('that cannot be read leaves a card that signs', async () => {
    const { card, stack } = hpkiCard();
    await readerIn(stack, 'ready');
    // Whatever it is asked from now on for the second key, it answers something that is no response.
    card.setFaults(...Array.from({ length: 3 }, (_, command) => ({ at: { command }, when: 'before', what: { kind: 'answer', bytes: Uint8Array.of(0x90) } }) as const));
    await readyCard(stack);
    expect((await readerIn(stack, 'ready')).authentication).toBeNull();
    card.setFaults();
    expect(holds(await stack.sign(fingerprint(doctor), pin, hash), doctor)).toBe(true);
  });

  it('is waited for by a login that comes while it is read', async () => {
    const { stack } = hpkiCard();
    await readerIn(stack, 'ready');
    expect((await readerIn(stack, 'ready')).authentication).toBe('reading');
    expect(holds(await stack.sign(fingerprint(login), pin, hash), login)).toBe(true);
  });
});

describe('a card pulled at any command of a login', () => {
  // SELECT AP, SELECT EF, READ, SELECT PIN, VERIFY, SELECT key, signature, SELECT AP.
  const verifyAt = 4;
  const signatureAt = 6;
  it.each(
    [0, 1, 2, 3, 4, 5, 6, 7].flatMap((command) => (['before', 'during', 'after'] as const).map((when) => ({ command, when }))),
  )('($when command $command) costs one try at most, and the next login works', async ({ command, when }) => {
    const { readers, card, stack } = myNumberCard();
    const { certificateSha256: key } = await authenticationCard(stack);
    card.resetStatistics();
    card.setFaults({ at: { command }, when, what: { kind: 'remove' } });
    const outcome = await stack.sign(key, pin, hash).catch((error: unknown) => error);
    if (command > signatureAt || (command === signatureAt && when === 'after')) expect(outcome).toBeInstanceOf(Uint8Array);
    else expect(outcome).toMatchObject({ code: 'CARD_REMOVED', pinNotPresented: command < verifyAt - 1 || (command === verifyAt - 1 && when !== 'after') });
    expect(card.statistics.pinsPresented).toBeLessThanOrEqual(1);
    readers.insert(card, reader);
    expect(holds(await stack.sign(key, pin, hash), holder)).toBe(true);
  });
});

describe('a card exchanged between view and login', () => {
  it('is seen in the transaction of the signature: its PIN is not asked of the other card', async () => {
    const { card, stack } = myNumberCard();
    const { certificateSha256: key } = await authenticationCard(stack);
    card.resetStatistics();
    card.setFaults({ at: { command: 0 }, when: 'before', what: { kind: 'swap', authentication: stranger } });
    await expect(stack.sign(key, pin, hash)).rejects.toMatchObject({ code: 'CARD_UNKNOWN', pinNotPresented: true });
    expect(card.statistics.pinsPresented).toBe(0);
    await stateWhere(stack, (state: CardStackState) => state.service === 'running' && state.readers.some((place) => place.state === 'identity_card' && place.authentication.certificateSha256 === fingerprint(stranger)));
  });

  it('right before the signature yields nothing', async () => {
    const { card, stack } = myNumberCard();
    const { certificateSha256: key } = await authenticationCard(stack);
    card.setFaults({ at: 'signature', when: 'before', what: { kind: 'swap', authentication: stranger } });
    await expect(stack.sign(key, pin, hash)).rejects.toMatchObject({ code: 'CARD_MODULE_FAILED' });
  });

  it('for an HPKI card in its place is another card', async () => {
    const { readers, stack } = myNumberCard();
    const { certificateSha256: key } = await authenticationCard(stack);
    readers.remove(reader);
    const hpki = new VirtualHpkiCard({ signing: doctor, authentication: login });
    readers.insert(hpki, reader);
    await expect(stack.sign(key, pin, hash)).rejects.toMatchObject({ code: 'CARD_UNKNOWN', pinNotPresented: true });
    expect(hpki.statistics.pinsPresented).toBe(0);
  });
});

describe("the counter of a login key that a module's card holds", () => {
  it.each([
    ['My Number card', () => myNumberCard(), () => holder, 3],
    ['HPKI card', () => hpkiCard(), () => login, 15],
    ['HPKI card of Annex B', () => hpkiCard({ layout: 'annex-b' }), () => login, 15],
  ] as const)('is read past the module: %s', async (_what, open, identity, tries) => {
    const { readers, card } = open();
    expect(await counterBesideModule(readers, { reader, certificate: identity().certificate })).toBe(tries);
    expect(await counterBesideModule(readers, { reader, certificate: stranger.certificate })).toBe('unknown');
    expect(card.statistics.pinsPresented).toBe(0);
  });
});
