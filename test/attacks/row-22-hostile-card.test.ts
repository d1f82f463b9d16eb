/**
 * Row 22: a hostile card or reader (OpenSC's CVEs of 2024 and 2025: lengths that a card claims are believed). Whoever lays a
 * made card on the reader talks to a parser. Here answers are parsed in the card host, reads are bounded, and whatever a
 * card says ends as a named state or code: the agent neither hangs, dies, nor signs, and the next good card works.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CardFault } from '../../src/sandbox/cards/card-faults.ts';
import { VirtualHpkiCard } from '../../src/sandbox/cards/virtual-hpki-card.ts';
import { statusAnswer } from '../../src/contract/api.ts';
import { verifySignedDocument } from '../../src/formats/xades/verifier.ts';
import { until } from '../support/running-api.ts';
import { codeOf, firstReader, RunningAgent, xmlOf } from '../support/running-agent.ts';
import { TestClinic } from '../support/test-clinic.ts';

let clinic: TestClinic;
let running: RunningAgent;
beforeAll(async () => {
  clinic = await TestClinic.open();
  running = await RunningAgent.start({
    clinic,
    inserted: null,
    settings: { deadlines: { consentSeconds: 5, cardSeconds: 0.2, cardCallSeconds: 20, loginAndSignSeconds: 60 } },
  });
});
afterAll(() => running.close());
beforeEach(() => {
  running.readers.remove(firstReader);
  let typed = 0;
  running.person.pin = () => (++typed > 3 ? 'cancelled' : '1234');
});

/** What a card may end a request with; a fault of the program is not among them. */
const named = ['CARD_UNKNOWN', 'CARD_MODULE_FAILED', 'CARD_REMOVED', 'PIN_INCORRECT', 'PIN_LOCKED', 'CANCELLED_BY_USER', 'SIGNATURE_MISMATCH', 'STAFF_MISMATCH', 'NO_CARD', 'CERTIFICATE_EXPIRED', 'ROLE_NOT_ALLOWED', 'EXPIRED'];

async function expectNamedEnd(): Promise<void> {
  const answer = await running.sign();
  if (answer.status === 201) {
    const { ca } = clinic;
    const report = verifySignedDocument(xmlOf(answer), { anchors: [ca.root.certificate.der], chain: [ca.signing.certificate.der], crls: ca.crls().map(({ der }) => der), at: new Date() });
    expect(report.verdict).toBe('VALID');
  } else expect(named).toContain(codeOf(answer));
  const status = await running.ask('/v1/status');
  expect(status.status).toBe(200);
  statusAnswer.parse(status.json);
}

async function expectGoodCardSigns(): Promise<void> {
  running.readers.remove(firstReader);
  running.readers.insert(clinic.card('doctor'), firstReader);
  await until(() => running.cardsReady() === 1, 'the good card is read');
  running.person.pin = () => '1234';
  expect((await running.sign()).status).toBe(201);
}

/** Status words that mean something, and bytes that mean nothing. */
const answerBytes = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.constantFrom(0x9000, 0x6100, 0x61ff, 0x6c00, 0x6cff, 0x63c0, 0x63cf, 0x6300, 0x6282, 0x6983, 0x6a82, 0x6b00).map((sw) => Uint8Array.of(sw >> 8, sw & 0xff)),
  fc.uint8Array({ maxLength: 256 }).map((bytes) => Uint8Array.of(...bytes, 0x90, 0x00)),
  fc.uint8Array({ minLength: 1, maxLength: 4 }).map((length) => Uint8Array.of(0x30, 0x80 | length.length, ...length, 0x90, 0x00)),
  fc.constant(Uint8Array.of(...new Uint8Array(65_536).fill(0x30), 0x90, 0x00)),
);
const liar: fc.Arbitrary<CardFault> = fc.record({
  at: fc.nat(45).map((command) => ({ command })),
  when: fc.constantFrom('before' as const, 'after' as const),
  what: answerBytes.map((bytes) => ({ kind: 'answer' as const, bytes })),
});

describe('fuzzed answers', () => {
  it('while the card is read and while it signs end in a name, and the next good card signs', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(liar, { minLength: 1, maxLength: 6 }), fc.array(liar, { maxLength: 6 }), async (whenRead, whenSigning) => {
        running.readers.remove(firstReader);
        const card = clinic.card('doctor', { maxTries: 15 });
        card.setFaults(...whenRead);
        running.readers.insert(card, firstReader);
        let typed = 0;
        running.person.pin = () => {
          card.setFaults(...whenSigning);
          typed += 1;
          return typed > 3 ? 'cancelled' : '1234';
        };
        await expectNamedEnd();
        // A lying card is not a reason to try on: at most one VERIFY for each PIN that was typed.
        expect(card.statistics.pinsPresented).toBeLessThanOrEqual(typed);
      }),
      { numRuns: 60 },
    );
    await expectGoodCardSigns();
  }, 120_000);
});

describe('a made card', () => {
  const tlv = (...bytes: number[]): Uint8Array => Uint8Array.from([...bytes, ...new Uint8Array(40_000).fill(0x30)]);
  it.each<[string, Uint8Array]>([
    ['claims a certificate of 2 GiB', tlv(0x30, 0x84, 0x7f, 0xff, 0xff, 0xff)],
    ['claims a certificate of 64 KiB', tlv(0x30, 0x83, 0x01, 0x00, 0x00)],
    ['claims a negative length', tlv(0x30, 0x84, 0xff, 0xff, 0xff, 0xff)],
    ['claims an indefinite length', tlv(0x30, 0x80)],
    ['claims a length of eight bytes', tlv(0x30, 0x88, 1, 1, 1, 1, 1, 1, 1, 1)],
    ['has a certificate of ten thousand nested sequences', tlv(0x30, 0x82, 0x9c, 0x40)],
    ['has an empty certificate', Uint8Array.of(0x30, 0x00)],
    ['has no certificate but text', new TextEncoder().encode('not a certificate at all')],
    ['has nothing', new Uint8Array()],
  ])('that %s is no signing card after a bounded number of reads', async (_what, certificate) => {
    const { privateKey } = clinic.people.doctor;
    const card = new VirtualHpkiCard({ signing: { certificate, privateKey } });
    running.readers.insert(card, firstReader);
    await until(() => running.cardsRead() === 1, 'the card is read');
    const answer = await running.sign();
    expect([answer.status, codeOf(answer)]).toEqual([409, 'CARD_UNKNOWN']);
    expect(card.statistics.commands).toBeLessThan(400);
    expect(card.statistics.pinsPresented).toBe(0);
  });

  it('whose certificate has another key than the card is found out before the document is released', async () => {
    const { certificate } = clinic.people.doctor;
    running.readers.insert(new VirtualHpkiCard({ signing: { certificate: certificate.der, privateKey: clinic.people.otherDoctor.privateKey } }), firstReader);
    const answer = await running.sign();
    expect(answer.status).not.toBe(201);
    expect(named).toContain(codeOf(answer));
    expect(answer.text).not.toContain('"xml"');
  });

  it('leaves no trace: the next good card signs', async () => {
    await expectGoodCardSigns();
  });
});
