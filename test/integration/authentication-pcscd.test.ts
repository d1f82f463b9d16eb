/**
 * Logins by card over the real pcscd: the agent's own helper, a card host process each, and virtual My Number and HPKI
 * cards in vpcd's readers; by the direct driver and by OpenSC's PKCS#11 module.
 */
import { createHash, verify } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { settingsSchema } from '../../src/agent/config/settings.ts';
import { loginPinOrder, openCardAssertionKey } from '../../src/agent/remote/card-assertion-key.ts';
import { dataDirectory } from '../../src/agent/storage/data-directory.ts';
import { CardError, type AuthenticationCard, type CardHost } from '../../src/native/host/card-host.ts';
import type { IssuedCertificate } from '../../src/sandbox/ca/test-ca.ts';
import { createTestJpkiCa } from '../../src/sandbox/ca/test-jpki-ca.ts';
import type { CardIdentity } from '../../src/sandbox/cards/card-options.ts';
import type { VirtualCard } from '../../src/sandbox/cards/virtual-card.ts';
import { VirtualHpkiCard } from '../../src/sandbox/cards/virtual-hpki-card.ts';
import { VirtualJpkiCard, type VirtualJpkiCardOptions } from '../../src/sandbox/cards/virtual-jpki-card.ts';
import { connectToVpcd, type VpcdConnection } from '../../src/sandbox/cards/vpcd-connection.ts';
import { makeCardIdentity, makeLoginIdentity } from '../support/card-identity.ts';
import { authenticationCard, readerIn, stateWhere } from '../support/card-states.ts';
import { describeWith, programPath } from '../support/machine.ts';
import { startPcscd, type PrivatePcscd } from '../support/pcscd.ts';
import { startCardHosts } from '../support/start-card-hosts.ts';

const assertion = Buffer.from('header.claims');
const hash = createHash('sha256').update(assertion).digest();
const patient = 30_000;

let pcscd: PrivatePcscd;
let dir: string;
let holder: IssuedCertificate;
let issuer: Uint8Array;
let documents: CardIdentity;
let hpkiLogin: CardIdentity;

async function startReaders(): Promise<void> {
  dir = mkdtempSync(join(tmpdir(), 'hpki-login-'));
  const ca = await createTestJpkiCa();
  issuer = ca.authentication.certificate.der;
  [holder, documents, hpkiLogin, pcscd] = await Promise.all([ca.issueAuthentication(), makeCardIdentity('Doctor'), makeLoginIdentity('Doctor'), startPcscd({ readers: 2 })]);
}

async function stopReaders(): Promise<void> {
  await pcscd.stop();
  rmSync(dir, { recursive: true, force: true });
}

const readerNamed = (index: 0 | 1): string => pcscd.readers[index]?.name ?? '';

function myNumberCard(options: Partial<VirtualJpkiCardOptions> = {}): VirtualJpkiCard {
  return new VirtualJpkiCard({ authentication: { certificate: holder.certificate.der, privateKey: holder.privateKey, ca: issuer }, signing: documents, ...options });
}

const inserted: VpcdConnection[] = [];
async function insert(card: VirtualCard, index: 0 | 1 = 0): Promise<VpcdConnection> {
  const connection = await connectToVpcd(card, { port: pcscd.readers[index]?.port ?? 0 });
  inserted.push(connection);
  return connection;
}

let opened: CardHost | undefined;
/** The hosts that these settings name, as the agent opens them, with a ledger of their own. */
function open(modules: readonly string[] = []): CardHost {
  const settings = settingsSchema.parse({ cards: { modules: modules.map((path) => ({ path, purpose: 'authentication' })) } });
  return (opened = startCardHosts(settings, dataDirectory(mkdtempSync(join(dir, 'data-')))));
}

async function takeAway(): Promise<void> {
  await opened?.close();
  opened = undefined;
  await Promise.all(inserted.splice(0).map((connection) => connection.remove()));
}

/** One login as a person makes it, with one PIN. */
async function logIn(cards: CardHost, card: AuthenticationCard, pin = '1234', spendLastTries = false): Promise<Uint8Array> {
  const session = await cards.holdPin({ ...loginPinOrder(card), pin: Buffer.from(pin), spendLastTries });
  const key = openCardAssertionKey(cards, card, session);
  try {
    return await key.sign(hash);
  } finally {
    await key.close();
  }
}

const isRs256 = (signature: Uint8Array): boolean => verify('sha256', assertion, holder.certificate.publicKey, signature);
const codeOf = (error: unknown): string => (error instanceof CardError ? error.code : String(error));

describeWith(['pcscd', 'vpcd', 'gcc', 'libpcsclite'], 'a login over pcscd by the direct driver', () => {
  beforeAll(startReaders);
  afterEach(takeAway);
  afterAll(stopReaders);

  it.each([{}, { extendedLength: false, strictReadLength: true }])('signs an assertion with the key of a My Number card: %o', async (kind) => {
    const card = myNumberCard(kind);
    await insert(card);
    const cards = open();
    const found = await authenticationCard(cards, readerNamed(0), patient);
    expect(found).toMatchObject({ kind: 'jpki', driver: 'direct', certificateSha256: holder.certificate.sha256 });
    expect(await cards.pinTries(found.certificateSha256)).toEqual({ triesLeft: 3, failuresSeen: 0, consentNeeded: false });
    expect(isRs256(await logIn(cards, found))).toBe(true);
    expect(card.statistics).toMatchObject({ pinsPresented: 1, signatures: 1 });
    expect(card.isVerified).toBe(false);
    expect([...card.touchedFiles].sort((a, b) => a - b)).toEqual([0x0a, 0x17, 0x18]);
  });

  it('tells a wrong PIN with the tries left, and asks for a word before the next of the last two', async () => {
    const card = myNumberCard();
    await insert(card);
    const cards = open();
    const found = await authenticationCard(cards, readerNamed(0), patient);
    await expect(logIn(cards, found, '0000')).rejects.toMatchObject({ code: 'PIN_INCORRECT', triesLeft: 2 });
    expect(await cards.pinTries(found.certificateSha256)).toEqual({ triesLeft: 2, failuresSeen: 1, consentNeeded: true });
    await expect(logIn(cards, found)).rejects.toMatchObject({ code: 'PIN_CONSENT_NEEDED', triesLeft: 2 });
    expect(card.statistics.pinsPresented).toBe(1);
    expect(isRs256(await logIn(cards, found, '1234', true))).toBe(true);
    expect(card.triesLeft('authentication')).toBe(3);
  });

  it('has the login key of an HPKI card beside the key for documents, each with its own PIN session', async () => {
    const card = new VirtualHpkiCard({ signing: documents, authentication: hpkiLogin });
    await insert(card);
    const cards = open();
    const found = await authenticationCard(cards, readerNamed(0), patient);
    const place = await readerIn(cards, 'ready', readerNamed(0), patient);
    expect(found).toMatchObject({ kind: 'hpki' });
    const signature = await logIn(cards, found);
    expect(signature).toHaveLength(256);
    const entry = { pin: Buffer.from('1234'), maxSignatures: 1, lifetimeMs: 60_000, spendLastTries: false };
    await expect(cards.holdPin({ ...entry, certificateSha256: found.certificateSha256 })).rejects.toMatchObject({ code: 'CARD_UNKNOWN' });
    await expect(cards.holdPin({ ...entry, certificateSha256: place.card.certificateSha256, purpose: 'authentication' })).rejects.toMatchObject({ code: 'CARD_UNKNOWN' });
    await cards.sign(await cards.holdPin({ ...entry, certificateSha256: place.card.certificateSha256 }), hash);
    expect(card.statistics).toMatchObject({ pinsPresented: 2, signatures: 2 });
  });

  it('finds each card where it stands, a My Number card beside an HPKI card', async () => {
    const mine = myNumberCard();
    await Promise.all([insert(new VirtualHpkiCard({ signing: documents }), 0), insert(mine, 1)]);
    const cards = open();
    const found = await authenticationCard(cards, readerNamed(1), patient);
    await readerIn(cards, 'ready', readerNamed(0), patient);
    expect(isRs256(await logIn(cards, found))).toBe(true);
    expect(mine.statistics.signatures).toBe(1);
  });

  it('survives a card pulled at any command of a login and inserted again, 40 times, with one try for each PIN', async () => {
    const card = myNumberCard();
    const cards = open();
    for (let round = 0; round < 40; round += 1) {
      const connection = await connectToVpcd(card, { port: pcscd.readers[0]?.port ?? 0 });
      const found = await authenticationCard(cards, readerNamed(0), patient);
      card.resetStatistics();
      // The counter takes 5 commands and the signature 8, of which the last only closes the key.
      card.setFaults({ at: { command: round % 12 }, when: round % 2 === 0 ? 'before' : 'during', what: { kind: 'remove' } });
      const code = await logIn(cards, found, '1234', true).then(() => 'signed', codeOf);
      expect(code).toBe('CARD_REMOVED');
      expect(card.statistics.pinsPresented).toBeLessThanOrEqual(1);
      await connection.removed;
      await readerIn(cards, 'empty', readerNamed(0), patient);
    }
    expect(card.triesLeft('authentication')).toBe(3);
    await insert(card);
    expect(isRs256(await logIn(cards, await authenticationCard(cards, readerNamed(0), patient), '1234', true))).toBe(true);
  }, 120_000);

  it('works again after pcscd was killed and started anew', async () => {
    const card = myNumberCard();
    const before = await insert(card);
    const cards = open();
    const found = await authenticationCard(cards, readerNamed(0), patient);
    await pcscd.kill();
    await stateWhere(cards, (state) => state.service === 'unavailable', patient);
    await before.removed;
    await pcscd.restart();
    await insert(card);
    expect(isRs256(await logIn(cards, await authenticationCard(cards, readerNamed(0), patient)))).toBe(true);
    expect(found.certificateSha256).toBe(holder.certificate.sha256);
  });
});

/** The token that OpenSC calls `JPKI (User Authentication PIN)`; the one for documents shows nothing and stands for nothing. */
describeWith(['pcscd', 'vpcd', 'gcc', 'libpcsclite', 'opensc'], 'a login over pcscd by OpenSC', () => {
  beforeAll(startReaders);
  afterEach(takeAway);
  afterAll(stopReaders);

  const verifies = (card: VirtualJpkiCard): number => card.statistics.pinsPresented;

  it('signs an assertion with the key of a My Number card, with the counter read past the module', async () => {
    const card = myNumberCard();
    await insert(card);
    const cards = open([programPath('opensc')]);
    const found = await authenticationCard(cards, readerNamed(0), patient);
    expect(found).toMatchObject({ kind: 'jpki', driver: 'pkcs11', certificateSha256: holder.certificate.sha256 });
    expect(await cards.pinTries(found.certificateSha256)).toEqual({ triesLeft: 3, failuresSeen: 0, consentNeeded: false });
    expect(isRs256(await logIn(cards, found))).toBe(true);
    expect(verifies(card)).toBe(1);
    expect(card.triesLeft('signing')).toBe(5);
  });

  it('presents a wrong PIN once, and the next of the last two tries only at a word', async () => {
    const card = myNumberCard();
    await insert(card);
    const cards = open([programPath('opensc')]);
    const found = await authenticationCard(cards, readerNamed(0), patient);
    await expect(logIn(cards, found, '0000')).rejects.toMatchObject({ code: 'PIN_INCORRECT', triesLeft: 2 });
    await expect(logIn(cards, found)).rejects.toMatchObject({ code: 'PIN_CONSENT_NEEDED', triesLeft: 2 });
    expect(verifies(card)).toBe(1);
    expect(isRs256(await logIn(cards, found, '1234', true))).toBe(true);
    expect(card.triesLeft('authentication')).toBe(3);
  });

  it('leaves no open key behind, although OpenSC 0.23 does after C_Logout', async () => {
    const card = myNumberCard();
    await insert(card);
    const cards = open([programPath('opensc')]);
    const found = await authenticationCard(cards, readerNamed(0), patient);
    const session = await cards.holdPin({ ...loginPinOrder(found), pin: Buffer.from('1234'), spendLastTries: false });
    const key = openCardAssertionKey(cards, found, session);
    await key.sign(hash);
    expect(card.isVerified).toBe(true);
    await key.close();
    // Its process ends with the PIN session, and the card is reset with it.
    await expect.poll(() => card.isVerified, { timeout: patient }).toBe(false);
    expect(isRs256(await logIn(cards, found))).toBe(true);
  });

  it('does not show an HPKI card, which OpenSC does not know', async () => {
    await insert(new VirtualHpkiCard({ signing: documents, authentication: hpkiLogin }));
    const cards = open([programPath('opensc')]);
    await stateWhere(cards, () => !cards.isStarting(), patient);
    await readerIn(cards, 'unknown_card', readerNamed(0), patient);
  });
});
