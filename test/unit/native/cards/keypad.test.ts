import { createHash, verify, X509Certificate } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { certificateSha256 } from '../../../../src/native/cards/card-certificates.ts';
import { DirectCardStack } from '../../../../src/native/cards/direct-card-stack.ts';
import { CardError } from '../../../../src/native/host/card-host.ts';
import type { KeypadEntry } from '../../../../src/native/host/keypad.ts';
import type { KeypadOrder } from '../../../../src/native/pcsc/smart-card-service.ts';
import type { CardIdentity, VirtualHpkiCardOptions } from '../../../../src/sandbox/cards/card-options.ts';
import { VirtualHpkiCard } from '../../../../src/sandbox/cards/virtual-hpki-card.ts';
import { VirtualJpkiCard } from '../../../../src/sandbox/cards/virtual-jpki-card.ts';
import { VirtualReaders } from '../../../../src/sandbox/cards/virtual-readers.ts';
import { makeCardIdentity, makeLoginIdentity } from '../../../support/card-identity.ts';
import { readerIn, readyCard } from '../../../support/card-states.ts';

const reader = 'Virtual Reader 1';
const message = Buffer.from('a prescription');
const hash = createHash('sha256').update(message).digest();

let doctor: CardIdentity;
beforeAll(async () => {
  doctor = await makeCardIdentity('Doctor');
});
const opened: DirectCardStack[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((stack) => stack.close()));
});

async function setUp(press: () => string | number | Promise<string | number>, options: Partial<VirtualHpkiCardOptions> = {}, readerKeypad: 'auto' | 'off' = 'auto') {
  const readers = new VirtualReaders([reader]);
  const card = new VirtualHpkiCard({ signing: doctor, ...options });
  readers.insert(card, reader);
  const orders: KeypadOrder[] = [];
  readers.keypad = async (order) => {
    orders.push(order);
    return press();
  };
  const stack = new DirectCardStack(readers, { readerKeypad });
  opened.push(stack);
  const shown = await readyCard(stack, reader);
  return { readers, card, stack, orders, shown };
}

const wanted: KeypadEntry = { accepted: () => Promise.resolve() };
const unwanted: KeypadEntry = { accepted: () => Promise.reject(new CardError('PIN_SESSION_ENDED', 'cancelled meanwhile')) };
const fingerprint = (): string => certificateSha256(doctor.certificate);
const holds = (signature: Uint8Array): boolean => verify('sha256', message, new X509Certificate(doctor.certificate).publicKey, signature);

/** Signs as another program would that comes right after, without a PIN; the status word. */
async function signsForOthers(readers: VirtualReaders): Promise<number> {
  return readers.transaction(reader, async (channel) => {
    const send = async (hex: string): Promise<number> => Buffer.from((await channel.transmit(Buffer.from(hex, 'hex'))).slice(-2)).readUInt16BE();
    await send('00a4020c02000c'); // the key's file, MSE, PSO
    await send('002241b6048402000c');
    return send(`002a9e9a000100${'00'.repeat(256)}0000`);
  });
}

describe('a PIN that is entered on the reader', () => {
  it.each([['circulation', 0x88], ['annex-b', 0x96]] as const)('is asked for with the VERIFY of the card (%s), once, and signs', async (layout, reference) => {
    const { stack, card, orders, shown } = await setUp(() => '1234', { layout });
    expect(shown.keypad).toBe(true);
    expect(holds(await stack.sign(fingerprint(), wanted, hash))).toBe(true);
    expect(orders).toEqual([{ header: Uint8Array.of(0x00, 0x20, 0x00, reference), shortest: 4, longest: 16, timeoutSeconds: 30 }]);
    expect(card.statistics).toMatchObject({ pinsPresented: 1, signatures: 1 });
  });

  const verdicts: readonly [pressed: string | number, code: string, pinNotPresented: boolean, triesLeft: number | 'unknown' | undefined][] = [
    ['9999', 'PIN_INCORRECT', false, 14],
    [0x6400, 'KEYPAD_TIMED_OUT', true, undefined],
    [0x6401, 'KEYPAD_CANCELLED', true, undefined],
    [0x6402, 'KEYPAD_REFUSED', true, undefined],
    [0x6403, 'KEYPAD_REFUSED', true, undefined],
    [0x6b80, 'KEYPAD_UNUSABLE', true, undefined],
    // Neither the reader's word nor the card's: the try may be spent.
    [0x6500, 'CARD_MODULE_FAILED', false, undefined],
    [0x6983, 'PIN_LOCKED', false, 0],
  ];
  it.each(verdicts)('%s comes out as %s', async (pressed, code, pinNotPresented, triesLeft) => {
    const { stack, card } = await setUp(() => pressed);
    await expect(stack.sign(fingerprint(), wanted, hash)).rejects.toMatchObject({ code, pinNotPresented, triesLeft });
    expect(card.statistics.signatures).toBe(0);
  });

  it('that nobody wants any more signs nothing and leaves the card closed', async () => {
    const { stack, card, readers } = await setUp(() => '1234');
    await expect(stack.sign(fingerprint(), unwanted, hash)).rejects.toMatchObject({ code: 'PIN_SESSION_ENDED' });
    expect(card.statistics).toMatchObject({ pinsPresented: 1, signatures: 0 });
    // The card was reset: not even an application is selected. Verified, it would have answered 9000.
    expect(await signsForOthers(readers)).toBe(0x6985);
  });

  it('is asked for again by the person where the card dropped it over a form that it refuses, and then signs at once', async () => {
    const { stack, card, orders } = await setUp(() => '1234', { signingForms: 'digest-info', refusal: { at: 'pso', status: 0x6a86, dropsPin: true } });
    await expect(stack.sign(fingerprint(), wanted, hash)).rejects.toMatchObject({ code: 'PIN_SESSION_ENDED' });
    expect(card.statistics.pinsPresented).toBe(1);
    expect(holds(await stack.sign(fingerprint(), wanted, hash))).toBe(true);
    expect(orders).toHaveLength(2);
    expect(card.statistics).toMatchObject({ pinsPresented: 2, signatures: 1 });
  });

  it('a card pulled while the reader waits is CARD_REMOVED, and counts as a try', async () => {
    const keys = Promise.withResolvers<string | number>();
    const { stack, readers, orders } = await setUp(() => keys.promise);
    const signing = stack.sign(fingerprint(), wanted, hash);
    signing.catch(() => undefined);
    await expect.poll(() => orders.length).toBe(1);
    readers.remove(reader);
    keys.resolve('1234');
    await expect(signing).rejects.toMatchObject({ code: 'CARD_REMOVED', pinNotPresented: false });
  });

  it('is not offered where policy says no', async () => {
    const { shown, orders } = await setUp(() => '1234', {}, 'off');
    expect(shown.keypad).toBeUndefined();
    expect(orders).toEqual([]);
  });

  it('of a My Number card is four digits, asked for with its own VERIFY, and closes again when the login is signed', async () => {
    const holder = await makeLoginIdentity('Holder', 'jpki');
    const readers = new VirtualReaders([reader]);
    const card = new VirtualJpkiCard({ authentication: holder, pin: '1357' });
    readers.insert(card, reader);
    const orders: KeypadOrder[] = [];
    readers.keypad = (order) => Promise.resolve(void orders.push(order)).then(() => '1357');
    const stack = new DirectCardStack(readers);
    opened.push(stack);
    expect(await readerIn(stack, 'identity_card', reader)).toMatchObject({ authentication: { keypad: true } });
    await stack.sign(certificateSha256(holder.certificate), wanted, hash);
    expect(orders).toEqual([{ header: Uint8Array.of(0x00, 0x20, 0x00, 0x80), shortest: 4, longest: 4, timeoutSeconds: 30 }]);
    expect(card.statistics).toMatchObject({ pinsPresented: 1, signatures: 1 });
    // SELECT of the key and a signature, as a program after us would try it.
    const status = await readers.transaction(reader, async (channel) => {
      await channel.transmit(Buffer.from('00a4020c020017', 'hex'));
      return Buffer.from((await channel.transmit(Buffer.from(`802a008033${'00'.repeat(51)}00`, 'hex'))).slice(-2)).readUInt16BE();
    });
    expect(status).toBe(0x6982);
  });
});
