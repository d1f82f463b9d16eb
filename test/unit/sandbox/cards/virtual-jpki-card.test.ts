import { createHash, sign as signWith } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CardIdentity } from '../../../../src/sandbox/cards/card-options.ts';
import { VirtualJpkiCard, type VirtualJpkiCardOptions } from '../../../../src/sandbox/cards/virtual-jpki-card.ts';
import { makeCardIdentity } from '../../../support/card-identity.ts';

// Commands as public programs that drive real cards write them, not made by our driver.
const selectApplication = '00A4040C0A D392F000260100000001';
const selectFile = (ef: string): string => `00A4020C02 ${ef}`;
const pin = '31323334';
const password = Buffer.from('TEST1234').toString('hex');
const message = Buffer.from('a login');
const digestInfo = `3031300d060960864801650304020105000420${createHash('sha256').update(message).digest('hex')}`;
const computeSignature = `802A008033${digestInfo}00`;

let login: CardIdentity;
let documents: CardIdentity;
let ca: CardIdentity;

beforeAll(async () => {
  [login, documents, ca] = (await Promise.all(['Login', 'Documents', 'CA'].map(makeCardIdentity))) as [CardIdentity, CardIdentity, CardIdentity];
});

function insertedCard(options: Partial<VirtualJpkiCardOptions> = {}): VirtualJpkiCard {
  const card = new VirtualJpkiCard({
    authentication: { ...login, ca: ca.certificate },
    signing: { ...documents, ca: ca.certificate },
    ...options,
  });
  card.powerOn();
  return card;
}

const talk = (card: VirtualJpkiCard, ...commands: readonly string[]): string =>
  commands.map((hex) => Buffer.from(card.transmit(Buffer.from(hex.replaceAll(' ', ''), 'hex'))).toString('hex').toUpperCase()).at(-1) ?? '';

const signature = ({ privateKey }: CardIdentity): string => `${signWith('sha256', message, privateKey).toString('hex').toUpperCase()}9000`;

function readAll(card: VirtualJpkiCard): string {
  for (let content = '', offset = 0; ; offset += 0x100) {
    const answer = talk(card, `00B0${offset.toString(16).padStart(4, '0')}00`);
    content += answer.slice(0, -4);
    if (!answer.endsWith('9000')) return content;
  }
}

describe('the JPKI application', () => {
  it('is selected by its name, whole or in part; nothing works before', () => {
    const card = insertedCard();
    expect(talk(card, selectFile('000A'))).toBe('6A82');
    expect(talk(card, '00200080')).toBe('6985');
    expect(talk(card, '00A4040C10 E828BD080FA000000391000000000001')).toBe('6A82');
    expect(talk(card, '00A4040007 D392F000260100 00')).toBe('6F0C840AD392F0002601000000019000');
    expect(talk(card, selectApplication)).toBe('9000');
  });

  it('shows the certificate for authentication, both CAs and its token string to anyone', () => {
    const card = insertedCard();
    const files = { '000A': login.certificate, '000B': ca.certificate, '0002': ca.certificate, '0006': Buffer.from('JPKIAPICCTOKEN') };
    for (const [file, content] of Object.entries(files)) {
      talk(card, selectApplication, selectFile(file));
      expect(readAll(card), file).toBe(Buffer.from(content).toString('hex').toUpperCase());
    }
  });

  it('shows the signing certificate after the signing password only, and neither keys nor PINs ever', () => {
    const card = insertedCard();
    expect(talk(card, selectApplication, selectFile('0001'), '00B0000000')).toBe('6982');
    talk(card, selectFile('001B'), `0020008008${password}`, selectFile('0001'));
    expect(readAll(card)).toBe(Buffer.from(documents.certificate).toString('hex').toUpperCase());
    for (const file of ['0017', '0018', '001A', '001B']) expect(talk(card, selectFile(file), '00B0000000'), file).toBe('6981');
  });

  it('can hold no certificate for authentication', () => {
    const card = new VirtualJpkiCard({});
    card.powerOn();
    expect(talk(card, selectApplication, selectFile('000A'), '00B0000000')).toBe('6B00');
    expect(talk(card, selectFile('0018'), `0020008004${pin}`, selectFile('0017'), computeSignature)).toBe('6986');
  });
});

describe('the authentication key', () => {
  it('signs a DigestInfo that the card pads, as often as one likes after one PIN', () => {
    const card = insertedCard();
    talk(card, selectApplication, selectFile('0018'), `0020008004${pin}`, selectFile('0017'));
    expect(talk(card, computeSignature)).toBe(signature(login));
    expect(talk(card, computeSignature)).toBe(signature(login));
    expect(card.statistics).toMatchObject({ pinsPresented: 1, signatures: 2 });
  });

  it.each([
    ['the application is selected again', (card: VirtualJpkiCard) => void talk(card, selectApplication)],
    ['the card is reset', (card: VirtualJpkiCard) => card.reset()],
  ])('wants the PIN again when %s', (_when, happens) => {
    const card = insertedCard();
    talk(card, selectApplication, selectFile('0018'), `0020008004${pin}`);
    expect(card.isVerified).toBe(true);
    happens(card);
    expect(card.isVerified).toBe(false);
    expect(talk(card, selectApplication, selectFile('0017'), computeSignature)).toBe('6982');
  });

  it('is not opened by the signing password, nor the signing key by the PIN', () => {
    const card = insertedCard();
    talk(card, selectApplication, selectFile('001B'), `0020008008${password}`);
    expect(talk(card, selectFile('0017'), computeSignature)).toBe('6982');
    talk(card, selectApplication, selectFile('0018'), `0020008004${pin}`);
    expect(talk(card, selectFile('001A'), computeSignature)).toBe('6982');
  });
});

describe('the signing key', () => {
  it('wants its password before each signature', () => {
    const card = insertedCard();
    talk(card, selectApplication, selectFile('001B'), `0020008008${password}`, selectFile('001A'));
    expect(talk(card, computeSignature)).toBe(signature(documents));
    expect(talk(card, computeSignature)).toBe('6982');
  });
});

describe('the counters', () => {
  it('go from 3 for the PIN and from 5 for the password down to a block for good, each for itself', () => {
    const card = insertedCard();
    talk(card, selectApplication, selectFile('0018'));
    expect(talk(card, '00200080')).toBe('63C3');
    expect([1, 2, 3].map(() => talk(card, '002000800430303030'))).toEqual(['63C2', '63C1', '63C0']);
    expect(talk(card, '00200080')).toBe('6983');
    expect(talk(card, `0020008004${pin}`)).toBe('6983');
    expect(talk(card, selectFile('001B'), '00200080')).toBe('63C5');
    expect(talk(card, '002000800430303030')).toBe('63C4');
    card.reset();
    expect([card.triesLeft('authentication'), card.triesLeft('signing')]).toEqual([0, 4]);
  });

  it('are full again after the right PIN, and tell the tries while it is verified', () => {
    const card = insertedCard();
    talk(card, selectApplication, selectFile('0018'), '002000800430303030');
    expect(talk(card, `0020008004${pin}`, '00200080')).toBe('63C3');
  });
});

describe('what the card notes', () => {
  it('are the files that somebody selected', () => {
    const card = insertedCard();
    talk(card, selectApplication, selectFile('000A'), selectFile('0018'));
    expect([...card.touchedFiles]).toEqual([0x0a, 0x18]);
    card.resetStatistics();
    expect([...card.touchedFiles]).toEqual([]);
  });

  it('is an ATR whose check byte sums to zero', () => {
    expect(insertedCard().atr.subarray(1).reduce((sum, byte) => sum ^ byte, 0)).toBe(0);
  });

  it('can be exchanged unnoticed', () => {
    const card = insertedCard();
    card.setFaults({ at: { ins: 0xb0 }, when: 'before', what: { kind: 'swap', authentication: documents } });
    talk(card, selectApplication, selectFile('000A'));
    expect(readAll(card)).toBe(Buffer.from(documents.certificate).toString('hex').toUpperCase());
  });
});
