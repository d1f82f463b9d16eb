/** The card host's own process with the direct driver in it, over the real pcscd and a virtual card. */
import { createHash, verify, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { CardHost, CardStackState, PinEntry } from '../../src/native/host/card-host.ts';
import { createFilePinLedger } from '../../src/native/host/pin-ledger-file.ts';
import { startCardHost } from '../../src/native/host/process-card-host.ts';
import type { CardIdentity } from '../../src/sandbox/cards/card-options.ts';
import { VirtualHpkiCard } from '../../src/sandbox/cards/virtual-hpki-card.ts';
import { connectToVpcd, type VpcdConnection } from '../../src/sandbox/cards/vpcd-connection.ts';
import { makeCardIdentity } from '../support/card-identity.ts';
import { cardHostProcesses } from '../support/card-host-processes.ts';
import { describeWith } from '../support/machine.ts';
import { startPcscd, type PrivatePcscd } from '../support/pcscd.ts';

const message = Buffer.from('a prescription');
const hash = createHash('sha256').update(message).digest();

describeWith(['pcscd', 'vpcd', 'gcc', 'libpcsclite'], 'the card host process over pcscd', () => {
  let pcscd: PrivatePcscd;
  let doctor: CardIdentity;
  let card: VirtualHpkiCard;
  let inserted: VpcdConnection;
  let host: CardHost;
  let dir: string;

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'hpki-host-'));
    doctor = await makeCardIdentity('Doctor');
    pcscd = await startPcscd({ readers: 1 });
  });
  afterAll(async () => {
    await pcscd.stop();
    rmSync(dir, { recursive: true, force: true });
  });
  beforeEach(() => {
    host = startCardHost({ stack: { kind: 'pcsc' }, ledger: createFilePinLedger(join(dir, 'ledger.json')) });
  });
  afterEach(async () => {
    await inserted.remove();
    await host.close();
  });

  const port = (): number => {
    const [reader] = pcscd.readers;
    if (reader === undefined) throw new Error('no reader');
    return reader.port;
  };
  const isReady = (state: CardStackState) => state.service === 'running' && state.readers.some((reader) => reader.state === 'ready');
  const ready = () => expect.poll(() => isReady(host.state())).toBe(true);
  const certificateSha256 = () => createHash('sha256').update(doctor.certificate).digest('hex');
  const entry = (pin: string, maxSignatures = 1): PinEntry => ({
    certificateSha256: certificateSha256(),
    pin: Buffer.from(pin),
    maxSignatures,
    lifetimeMs: 60_000,
    spendLastTries: false,
  });

  it('signs a batch with one typed PIN, and reads the counter before it', async () => {
    card = new VirtualHpkiCard({ signing: doctor });
    inserted = await connectToVpcd(card, { port: port() });
    await ready();
    expect(await host.pinTries(certificateSha256())).toEqual({ triesLeft: 15, failuresSeen: 0, consentNeeded: false });
    const session = await host.holdPin(entry('1234', 3));
    expect(card.statistics.pinsPresented).toBe(0);
    for (let i = 0; i < 3; i++) {
      const signature = await host.sign(session, hash);
      expect(verify('sha256', message, new X509Certificate(doctor.certificate).publicKey, signature)).toBe(true);
    }
    expect(card.statistics).toMatchObject({ pinsPresented: 3, signatures: 3 });
    await expect(host.sign(session, hash)).rejects.toMatchObject({ code: 'PIN_SESSION_ENDED' });
  });

  it('signs after a sleep by a process of its own, with contexts of its own', async () => {
    card = new VirtualHpkiCard({ signing: doctor });
    inserted = await connectToVpcd(card, { port: port() });
    await ready();
    const before = cardHostProcesses();
    expect(before).toHaveLength(1);
    await host.revive(true);
    const after = cardHostProcesses();
    expect(after).toHaveLength(1);
    expect(after.filter((pid) => before.includes(pid))).toEqual([]);
    await ready();
    const signature = await host.sign(await host.holdPin(entry('1234')), hash);
    expect(verify('sha256', message, new X509Certificate(doctor.certificate).publicKey, signature)).toBe(true);
  });

  it('gives way to another process after the sleep as soon as the PIN that it held is gone', async () => {
    card = new VirtualHpkiCard({ signing: doctor });
    inserted = await connectToVpcd(card, { port: port() });
    await ready();
    const before = cardHostProcesses();
    const session = await host.holdPin(entry('1234', 2));
    await host.revive(true);
    expect(cardHostProcesses()).toEqual(before);
    await host.sign(session, hash);
    expect(cardHostProcesses()).toEqual(before);
    await host.endPinSession(session);
    await expect.poll(() => cardHostProcesses().filter((pid) => before.includes(pid)), { timeout: 20_000 }).toEqual([]);
    await host.revive();
    await ready();
    await host.sign(await host.holdPin(entry('1234')), hash);
  });

  it('tells a wrong PIN with the tries left, and remembers it across a restart of everything', async () => {
    card = new VirtualHpkiCard({ signing: doctor, wrongPin: 0x6300, counter: 0x6300 });
    inserted = await connectToVpcd(card, { port: port() });
    await ready();
    await expect(host.sign(await host.holdPin(entry('9999')), hash)).rejects.toMatchObject({ code: 'PIN_INCORRECT', triesLeft: 'unknown' });
    await expect(host.sign(await host.holdPin(entry('8888')), hash)).rejects.toMatchObject({ code: 'PIN_INCORRECT', triesLeft: 'unknown' });
    await host.close();

    host = startCardHost({ stack: { kind: 'pcsc' }, ledger: createFilePinLedger(join(dir, 'ledger.json')) });
    await ready();
    await expect(host.sign(await host.holdPin(entry('1234')), hash)).rejects.toMatchObject({ code: 'PIN_CONSENT_NEEDED' });
    expect(card.statistics.pinsPresented).toBe(2);
    await host.sign(await host.holdPin({ ...entry('1234'), spendLastTries: true }), hash);
    expect((await host.pinTries(certificateSha256())).failuresSeen).toBe(0);
  });

  it('does not use a PIN for a card that was taken out and put back', async () => {
    card = new VirtualHpkiCard({ signing: doctor });
    inserted = await connectToVpcd(card, { port: port() });
    await ready();
    const session = await host.holdPin(entry('1234', 9));
    await host.sign(session, hash);
    await inserted.remove();
    await expect.poll(() => isReady(host.state())).toBe(false);
    inserted = await connectToVpcd(card, { port: port() });
    await ready();
    card.resetStatistics();
    await expect(host.sign(session, hash)).rejects.toMatchObject({ code: 'CARD_REMOVED' });
    expect(card.statistics.pinsPresented).toBe(0);
  });

  it('calls a card pulled with the PIN at it CARD_REMOVED, and the PIN is over', async () => {
    card = new VirtualHpkiCard({ signing: doctor });
    inserted = await connectToVpcd(card, { port: port() });
    await ready();
    const session = await host.holdPin(entry('1234', 9));
    card.setFaults({ at: 'signature', when: 'during', what: { kind: 'remove' } });
    await expect(host.sign(session, hash)).rejects.toMatchObject({ code: 'CARD_REMOVED' });
    await inserted.removed;
    inserted = await connectToVpcd(card, { port: port() });
    await ready();
    await expect(host.sign(session, hash)).rejects.toMatchObject({ code: 'CARD_REMOVED' });
    await host.sign(await host.holdPin(entry('1234')), hash);
  });
});
