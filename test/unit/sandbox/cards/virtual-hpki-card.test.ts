import { createHash, sign as signWith, X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { VirtualHpkiCard } from '../../../../src/sandbox/cards/virtual-hpki-card.ts';
import type { CardIdentity, VirtualHpkiCardOptions } from '../../../../src/sandbox/cards/card-options.ts';
import { makeCardIdentity } from '../../../support/card-identity.ts';

// Commands as the guideline and the programs that drive real cards write them, not made by our driver.
const selectSigning = '00A4040010 E828BD080FA000000391000000000001 00';
const selectAuthentication = '00A4040010 E828BD080FA000000391000000000002 00';
const pin = '31323334';
const message = Buffer.from('what the doctor signs');
const digestInfo = `3031300d060960864801650304020105000420${createHash('sha256').update(message).digest('hex')}`;
const block = `0001${'ff'.repeat(256 - 3 - 51)}00${digestInfo}`;

let doctor: CardIdentity;
let login: CardIdentity;
let ca: CardIdentity;
let root: CardIdentity;

beforeAll(async () => {
  [doctor, login, ca, root] = await Promise.all(['Doctor', 'Login', 'CA', 'Root'].map(makeCardIdentity)) as [
    CardIdentity, CardIdentity, CardIdentity, CardIdentity,
  ];
});

function cardWith(options: Partial<VirtualHpkiCardOptions> = {}): (hex: string) => string {
  const card = insertedCard(options);
  return (hex) => talk(card, hex);
}

function insertedCard(options: Partial<VirtualHpkiCardOptions> = {}): VirtualHpkiCard {
  const signing = { ...doctor, ca: ca.certificate, root: root.certificate };
  const card = new VirtualHpkiCard({ signing, authentication: login, ...options });
  card.powerOn();
  return card;
}

function talk(card: VirtualHpkiCard, hex: string): string {
  return Buffer.from(card.transmit(Buffer.from(hex.replaceAll(' ', ''), 'hex'))).toString('hex').toUpperCase();
}

function send(send_: (hex: string) => string, ...commands: readonly string[]): string {
  return commands.map(send_).at(-1) ?? '';
}

/** Signature value as any RSA software computes it: PKCS#1 v1.5 signatures are deterministic. */
function expectedSignature(): string {
  return signWith('sha256', message, doctor.privateKey).toString('hex').toUpperCase() + '9000';
}

describe('applications', () => {
  it('answer SELECT with their name in an FCI', () => {
    const transmit = cardWith();
    expect(transmit(selectSigning)).toBe('6F128410E828BD080FA0000003910000000000019000');
    expect(transmit(selectAuthentication)).toBe('6F128410E828BD080FA0000003910000000000029000');
  });

  it('are found by a partial AID, one after the other', () => {
    const transmit = cardWith();
    expect(transmit('00A404000A E828BD080FA000000391 00')).toMatch(/019000$/);
    expect(transmit('00A404020A E828BD080FA000000391 00')).toMatch(/029000$/);
    expect(transmit('00A404020A E828BD080FA000000391 00')).toBe('6A82');
  });

  it('are not found under a foreign AID, and there is no EF.DIR', () => {
    const transmit = cardWith();
    expect(transmit('00A404000A D392F000260100000001 00')).toBe('6A82');
    expect(transmit('00A4020C02 2F00')).toBe('6A82');
    expect(transmit('00B09E0000')).toBe('6985');
  });

  it('can be missing', () => {
    const card = new VirtualHpkiCard({ authentication: login });
    card.powerOn();
    expect(talk(card, selectSigning)).toBe('6A82');
    expect(talk(card, selectAuthentication)).toMatch(/9000$/);
  });
});

describe('files', () => {
  it('of the card in circulation show the certificate in EF 0016 without a PIN', () => {
    const transmit = cardWith();
    send(transmit, selectSigning, '00A4020C020016');
    let read = '';
    while (read.length / 2 < doctor.certificate.length) {
      const offset = (read.length / 2).toString(16).padStart(4, '0');
      const answer = transmit(`00B0${offset}00`);
      expect(answer).toMatch(/(9000|6282)$/);
      read += answer.slice(0, -4);
    }
    expect(read).toBe(Buffer.from(doctor.certificate).toString('hex').toUpperCase());
  });

  it('of Annex B are read by short identifier, with one extended command if need be', () => {
    const transmit = cardWith({ layout: 'annex-b' });
    transmit(selectSigning);
    const length = doctor.certificate.length.toString(16).padStart(4, '0');
    expect(transmit(`00B0980000${length}`)).toBe(Buffer.from(doctor.certificate).toString('hex').toUpperCase() + '9000');
    expect(transmit('00B09A0001')).toBe('309000');
    expect(transmit('00B0990001')).toBe('309000');
    expect(transmit('00B09B0001')).toBe('6A82');
  });

  it('never show the PIN or the key', () => {
    const transmit = cardWith();
    for (const ef of ['0002', '000C']) expect(send(transmit, selectSigning, `00A4020C02${ef}`, '00B0000000')).toBe('6981');
    expect(send(cardWith({ layout: 'annex-b' }), selectSigning, '00B0960000')).toBe('6981');
  });

  it('name the right length with 6Cxx where the card is strict about it', () => {
    const transmit = cardWith({ strictReadLength: true });
    const offset = (doctor.certificate.length - 5).toString(16).padStart(4, '0');
    expect(send(transmit, selectSigning, '00A4020C020016', `00B0${offset}00`)).toBe('6C05');
    expect(transmit(`00B0${offset}05`)).toMatch(/^.{10}9000$/);
  });
});

describe('the PIN', () => {
  it('counts down from 15 and blocks for good', () => {
    const transmit = cardWith();
    transmit(selectSigning);
    expect(transmit('00200088')).toBe('63CF');
    for (let left = 14; left >= 0; left -= 1) {
      expect(transmit('002000880439393939')).toBe(`63C${left.toString(16).toUpperCase()}`);
    }
    expect(transmit('00200088')).toBe('6983');
    expect(transmit(`0020008804${pin}`)).toBe('6983');
  });

  it('has its tries back after a right one', () => {
    const transmit = cardWith({ maxTries: 5 });
    expect(send(transmit, selectSigning, '002000880439393939')).toBe('63C4');
    expect(transmit(`0020008804${pin}`)).toBe('9000');
    expect(transmit('00200088')).toBe('9000');
    expect(send(transmit, selectAuthentication, selectSigning, '00200088')).toBe('63C5');
  });

  it('keeps its wrong tries over a reset', () => {
    const card = insertedCard();
    talk(card, selectSigning);
    talk(card, '002000880439393939');
    card.powerOff();
    card.powerOn();
    talk(card, selectSigning);
    expect(talk(card, '00200088')).toBe('63CE');
    expect(card.statistics.pinsPresented).toBe(1);
  });

  it('is refused without a count, and not counted out, by cards that do not tell', () => {
    const transmit = cardWith({ wrongPin: 0x6300, counter: 0x6a86 });
    expect(send(transmit, selectSigning, '002000880439393939')).toBe('6300');
    expect(transmit('00200088')).toBe('6A86');
  });

  it('has another reference in Annex B', () => {
    const transmit = cardWith({ layout: 'annex-b' });
    expect(send(transmit, selectSigning, `0020008804${pin}`)).toBe('6A88');
    expect(transmit(`0020009604${pin}`)).toBe('9000');
  });
});

describe('signatures', () => {
  const pso = `002A9E9A000100${block}0000`;

  it('of the padded block are the RSA signature, in both layouts', () => {
    expect(send(cardWith(), selectSigning, '00A4020C02000C', '002241B6048402000C', `0020008804${pin}`, pso)).toBe(expectedSignature());
    const annexB = cardWith({ layout: 'annex-b' });
    expect(send(annexB, selectSigning, '002241B60481020017', `0020009604${pin}`, pso)).toBe(expectedSignature());
  });

  it('of a DigestInfo are padded inside the card', () => {
    const transmit = cardWith();
    expect(send(transmit, selectSigning, '00A4020C02000C', `0020008804${pin}`, `802A008033${digestInfo}00`)).toBe(expectedSignature());
  });

  it('come by chained commands and GET RESPONSE where extended length is missing', () => {
    const transmit = cardWith({ extendedLength: false });
    send(transmit, selectSigning, '00A4020C02000C', '002241B6048402000C', `0020008804${pin}`);
    expect(transmit(pso)).toBe('6700');
    expect(transmit(`102A9E9AFF${block.slice(0, 510)}`)).toBe('9000');
    expect(transmit(`002A9E9A01${block.slice(510)}00`)).toBe('6100');
    expect(transmit('00C0000000')).toBe(expectedSignature());
  });

  it('need the PIN before each one on the signing application, and once on the other', () => {
    const signing = cardWith();
    expect(send(signing, selectSigning, '00A4020C02000C', '002241B6048402000C', pso)).toBe('6982');
    expect(send(signing, `0020008804${pin}`, pso)).toMatch(/9000$/);
    expect(signing(pso)).toBe('6982');
    const authentication = cardWith();
    send(authentication, selectAuthentication, '00A4020C02000C', '002241B6048402000C', `0020008804${pin}`, pso);
    expect(authentication(pso)).toMatch(/9000$/);
    expect(authentication(pso)).not.toBe(expectedSignature());
  });

  it('are refused after the other application was selected, or the card reset', () => {
    const card = insertedCard();
    const transmit = (hex: string): string => talk(card, hex);
    const ready = [selectSigning, '00A4020C02000C', '002241B6048402000C', `0020008804${pin}`] as const;
    expect(send(transmit, ...ready, selectAuthentication, selectSigning, '00A4020C02000C', '002241B6048402000C', pso)).toBe('6982');
    send(transmit, ...ready);
    card.reset();
    expect(send(transmit, pso)).toBe('6985');
    expect(send(transmit, selectSigning, '00A4020C02000C', '002241B6048402000C', pso)).toBe('6982');
  });

  it('need the key: selected, then named by MSE', () => {
    const transmit = cardWith();
    expect(send(transmit, selectSigning, '002241B6048402000C')).toBe('6A88');
    expect(send(transmit, `0020008804${pin}`, pso)).toBe('6985');
    expect(transmit(`802A008033${digestInfo}00`)).toBe('6985');
  });

  it('of a form that the card does not have are refused before the PIN, or after it, as the options say', () => {
    const early = cardWith({ signingForms: 'digest-info' });
    expect(send(early, selectSigning, '00A4020C02000C', '002241B6048402000C')).toBe('6A86');
    const late = cardWith({ signingForms: 'digest-info', refusal: { at: 'pso', status: 0x6a81, dropsPin: true } });
    expect(send(late, selectSigning, '00A4020C02000C', '002241B6048402000C')).toBe('9000');
    expect(send(late, `0020008804${pin}`, pso)).toBe('6A81');
    expect(late(`802A008033${digestInfo}00`)).toBe('6982');
    expect(send(cardWith({ signingForms: 'emsa-block' }), selectSigning, '00A4020C02000C', `0020008804${pin}`, `802A008033${digestInfo}00`)).toBe('6A86');
  });

  it('are counted', () => {
    const card = insertedCard();
    for (const command of [selectSigning, '00A4020C02000C', '002241B6048402000C', `0020008804${pin}`, pso, pso]) talk(card, command);
    expect(card.statistics).toMatchObject({ commands: 6, pinsPresented: 1, signatures: 1 });
    expect(card.statistics.commandsByIns.get(0x2a)).toBe(2);
  });
});

describe('faults', () => {
  it('strike once, at the command that they name', () => {
    const card = insertedCard();
    card.setFaults({ at: { command: 1 }, when: 'before', what: { kind: 'answer', bytes: Uint8Array.of(0x6f, 0x00) } });
    expect(talk(card, selectSigning)).toMatch(/9000$/);
    expect(talk(card, '00200088')).toBe('6F00');
    expect(talk(card, '00200088')).toBe('63CF');
  });

  it.each(['before', 'during', 'after'] as const)('pull the card %s a signature', (when) => {
    const card = insertedCard();
    for (const command of [selectSigning, '00A4020C02000C', '002241B6048402000C', `0020008804${pin}`]) talk(card, command);
    card.setFaults({ at: 'signature', when, what: { kind: 'remove' } });
    const pso = `002A9E9A000100${block}0000`;
    if (when === 'after') expect(talk(card, pso)).toBe(expectedSignature());
    else expect(() => talk(card, pso)).toThrow('removed');
    expect(card.pulled).toBe(true);
    expect(card.statistics.signatures).toBe(when === 'before' ? 0 : 1);
    expect(() => talk(card, selectSigning)).toThrow('removed');
    card.powerOn();
    expect(talk(card, selectSigning)).toMatch(/9000$/);
  });

  it('exchange the certificate unnoticed', () => {
    const card = insertedCard();
    card.setFaults({ at: { ins: 0xb0 }, when: 'before', what: { kind: 'swap', signing: login } });
    talk(card, selectSigning);
    talk(card, '00A4020C020016');
    const length = login.certificate.length.toString(16).padStart(4, '0');
    expect(talk(card, `00B0000000${length}`).slice(0, -4)).toBe(Buffer.from(login.certificate).toString('hex').toUpperCase());
  });
});

describe('the shape of commands', () => {
  it('is checked: lengths that do not fit answer 6700, unknown classes and instructions 6E00 and 6D00', () => {
    const transmit = cardWith();
    transmit(selectSigning);
    expect(transmit('0020008804313233')).toBe('6700');
    expect(transmit('002000')).toBe('6700');
    expect(transmit('FF200088')).toBe('6E00');
    expect(transmit('00840000 08')).toBe('6D00');
  });

  it('leaves the ATR a valid one: its check byte sums to zero', () => {
    const { atr } = insertedCard();
    expect(atr[0]).toBe(0x3b);
    expect(atr.subarray(1).reduce((sum, byte) => sum ^ byte, 0)).toBe(0);
    expect(Buffer.from(atr).toString('hex')).toContain('004e0000f781d100');
  });

  it('needs power', () => {
    const card = new VirtualHpkiCard({ signing: doctor });
    expect(() => talk(card, selectSigning)).toThrow('mute');
  });
});

it('the test certificates are of a real size', () => {
  expect(doctor.certificate.length).toBeGreaterThan(1024);
  expect(new X509Certificate(doctor.certificate).subject).toContain('TEST Doctor');
});
