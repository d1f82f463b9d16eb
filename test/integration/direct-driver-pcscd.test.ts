/** The direct driver over the real pcscd: our binding, our driver, vpcd's readers, virtual HPKI cards. */
import { createHash, verify, X509Certificate } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { certificateSha256 } from '../../src/native/cards/card-certificates.ts';
import { DirectCardStack } from '../../src/native/cards/direct-card-stack.ts';
import { CardError } from '../../src/native/host/card-host.ts';
import { connectPcsc } from '../../src/native/pcsc/connect-pcsc.ts';
import type { CardIdentity, VirtualHpkiCardOptions } from '../../src/sandbox/cards/card-options.ts';
import { VirtualHpkiCard } from '../../src/sandbox/cards/virtual-hpki-card.ts';
import { connectToVpcd, type VpcdConnection } from '../../src/sandbox/cards/vpcd-connection.ts';
import { makeCardIdentity } from '../support/card-identity.ts';
import { readerIn, readyCard, stateWhere } from '../support/card-states.ts';
import { describeWith } from '../support/machine.ts';
import { startPcscd, type PrivatePcscd } from '../support/pcscd.ts';

const message = Buffer.from('a prescription');
const hash = createHash('sha256').update(message).digest();
const pin = Buffer.from('1234');

const holds = (signature: Uint8Array, identity: CardIdentity): boolean =>
  verify('sha256', message, new X509Certificate(identity.certificate).publicKey, signature);
async function until(condition: () => boolean): Promise<void> {
  const deadline = AbortSignal.timeout(20_000);
  while (!condition()) {
    deadline.throwIfAborted();
    await delay(5);
  }
}

const fingerprint = (identity: CardIdentity): string => certificateSha256(identity.certificate);

describeWith(['pcscd', 'vpcd', 'gcc', 'libpcsclite'], 'the direct driver over pcscd', () => {
  let pcscd: PrivatePcscd;
  let stack: DirectCardStack;
  let doctor: CardIdentity;
  let colleague: CardIdentity;

  beforeAll(async () => {
    [doctor, colleague] = (await Promise.all(['Doctor', 'Colleague'].map(makeCardIdentity))) as [CardIdentity, CardIdentity];
    pcscd = await startPcscd({ readers: 2 });
    stack = new DirectCardStack(connectPcsc());
    await stateWhere(stack, (state) => state.service === 'running' && state.readers.length === 2);
  });

  afterAll(async () => {
    await stack.close();
    await pcscd.stop();
  });

  function reader(index: 0 | 1): { readonly name: string; readonly port: number } {
    const found = pcscd.readers[index];
    if (found === undefined) throw new Error(`no reader ${index}`);
    return found;
  }

  const inserted: VpcdConnection[] = [];
  async function insert(card: VirtualHpkiCard, index: 0 | 1 = 0): Promise<VpcdConnection> {
    const connection = await connectToVpcd(card, reader(index));
    inserted.push(connection);
    return connection;
  }

  afterEach(async () => {
    await Promise.all(inserted.splice(0).map((connection) => connection.remove()));
    await Promise.all(pcscd.readers.map(({ name }) => readerIn(stack, 'empty', name)));
  });

  const kinds: readonly Partial<VirtualHpkiCardOptions>[] = [
    {},
    { layout: 'annex-b' },
    { extendedLength: false, strictReadLength: true },
    { layout: 'annex-b', extendedLength: false },
    { signingForms: 'digest-info', counter: 0x6300 },
    { signingForms: 'digest-info', layout: 'annex-b', extendedLength: false },
  ];

  it.each(kinds)('signs with a card of kind %o, with one VERIFY', async (kind) => {
    const card = new VirtualHpkiCard({ signing: doctor, authentication: colleague, ...kind });
    await insert(card);
    const ready = await readyCard(stack, reader(0).name);
    expect(ready.certificateSha256).toBe(fingerprint(doctor));
    expect(await stack.triesLeft(ready.certificateSha256)).toBe(kind.counter === undefined ? 15 : 'unknown');
    expect(holds(await stack.sign(ready.certificateSha256, pin, hash), doctor)).toBe(true);
    expect(card.statistics).toMatchObject({ pinsPresented: 1, signatures: 1 });
  });

  it('tells a wrong PIN with the tries left, after one VERIFY', async () => {
    const card = new VirtualHpkiCard({ signing: doctor });
    await insert(card);
    await readyCard(stack);
    await expect(stack.sign(fingerprint(doctor), Buffer.from('9999'), hash)).rejects.toMatchObject({ code: 'PIN_INCORRECT', triesLeft: 14 });
    expect(card.statistics.pinsPresented).toBe(1);
  });

  it('survives a card pulled in the middle of a signature and inserted again, 200 times', async () => {
    const card = new VirtualHpkiCard({ signing: doctor });
    let removed = 0;
    for (let round = 0; round < 200; round += 1) {
      const connection = await connectToVpcd(card, reader(0));
      await readyCard(stack, reader(0).name);
      card.resetStatistics();
      card.setFaults({ at: { command: round % 7 }, when: round % 2 === 0 ? 'before' : 'during', what: { kind: 'remove' } });
      const error = await stack.sign(fingerprint(doctor), pin, hash).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(CardError);
      if (error instanceof CardError && error.code === 'CARD_REMOVED') removed += 1;
      expect(card.statistics.pinsPresented).toBeLessThanOrEqual(1);
      await connection.removed;
      await readerIn(stack, 'empty', reader(0).name);
    }
    expect(removed).toBe(200);
    await insert(card);
    await readyCard(stack, reader(0).name);
    expect(holds(await stack.sign(fingerprint(doctor), pin, hash), doctor)).toBe(true);
  }, 300_000);

  it('signs again after pcscd was killed and started anew', async () => {
    const card = new VirtualHpkiCard({ signing: doctor });
    const before = await insert(card);
    await readyCard(stack);
    await pcscd.kill();
    await stateWhere(stack, (state) => state.service === 'unavailable');
    await expect(stack.sign(fingerprint(doctor), pin, hash)).rejects.toMatchObject({ code: 'NO_CARD_SERVICE', pinNotPresented: true });
    await before.removed;
    await pcscd.restart();
    await insert(card);
    await readyCard(stack);
    expect(holds(await stack.sign(fingerprint(doctor), pin, hash), doctor)).toBe(true);
  });

  it('tells a signature that pcscd died under, and signs the next', async () => {
    const card = new VirtualHpkiCard({ signing: doctor });
    await insert(card);
    await readyCard(stack);
    // The card falls silent in the signature, so that pcscd is killed in the middle of it.
    card.setFaults({ at: 'signature', when: 'before', what: { kind: 'mute' } });
    const signature = stack.sign(fingerprint(doctor), pin, hash).catch((reason: unknown) => reason);
    await until(() => card.muted);
    await pcscd.kill();
    expect(await signature).toMatchObject({ name: 'CardError', pinNotPresented: false });
    expect(card.statistics).toMatchObject({ pinsPresented: 1, signatures: 0 });
    await stateWhere(stack, (state) => state.service === 'unavailable');
    await pcscd.restart();
    await insert(card);
    await readyCard(stack);
    expect(holds(await stack.sign(fingerprint(doctor), pin, hash), doctor)).toBe(true);
  });

  it('keeps two doctors in two readers apart', async () => {
    const cards = [
      new VirtualHpkiCard({ signing: doctor }),
      new VirtualHpkiCard({ signing: colleague, layout: 'annex-b', pin: '8888' }),
    ] as const;
    await Promise.all([insert(cards[0]), insert(cards[1], 1)]);
    await Promise.all([readyCard(stack, reader(0).name), readyCard(stack, reader(1).name)]);
    const [mine, theirs] = await Promise.all([
      stack.sign(fingerprint(doctor), pin, hash),
      stack.sign(fingerprint(colleague), Buffer.from('8888'), hash),
    ]);
    expect([holds(mine, doctor), holds(theirs, colleague)]).toEqual([true, true]);
    expect(cards.map(({ statistics }) => statistics.signatures)).toEqual([1, 1]);
  });

  it('never asks the wrong card for a PIN', async () => {
    const own = await insert(new VirtualHpkiCard({ signing: doctor }));
    await readyCard(stack, reader(0).name);
    await own.remove();
    const stranger = new VirtualHpkiCard({ signing: colleague });
    await readerIn(stack, 'empty', reader(0).name);
    await insert(stranger);
    await readyCard(stack, reader(0).name);
    await expect(stack.sign(fingerprint(doctor), pin, hash)).rejects.toMatchObject({ code: 'CARD_UNKNOWN' });
    expect(stranger.statistics.pinsPresented).toBe(0);
  });

  it('says what stands in a reader that is no signing card', async () => {
    await insert(new VirtualHpkiCard({ authentication: colleague }));
    const { reason } = await readerIn(stack, 'unknown_card', reader(0).name);
    expect(reason).toBe('the certificate of the authentication application is not one for authentication');
  });
});
