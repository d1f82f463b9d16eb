/**
 * Row 15: the card is swapped between view and signature (OpenSC #2803: the shown certificate and the signing key came from
 * two cards). A person who agreed to sign with one card must not find another doctor's signature below the prescription.
 * The certificate is read again in the transaction that signs, a PIN belongs to one insertion of one card, and what
 * comes back must verify under the certificate that was shown.
 */
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CardFault } from '../../src/sandbox/cards/card-faults.ts';
import type { VirtualHpkiCard } from '../../src/sandbox/cards/virtual-hpki-card.ts';
import { until } from '../support/running-api.ts';
import { codeOf, firstReader, RunningAgent, secondReader, staff } from '../support/running-agent.ts';
import { TestClinic } from '../support/test-clinic.ts';

let clinic: TestClinic;
let running: RunningAgent;
let own: VirtualHpkiCard;
let other: VirtualHpkiCard;
beforeAll(async () => {
  clinic = await TestClinic.open();
});
beforeEach(async () => {
  own = clinic.card('doctor');
  other = clinic.card('otherDoctor');
  running = await RunningAgent.start({
    clinic,
    inserted: own,
    settings: { deadlines: { consentSeconds: 20, cardSeconds: 1.5, cardCallSeconds: 20, loginAndSignSeconds: 60 } },
  });
  await until(() => running.cardsReady() > 0, 'the card is read');
});
afterEach(() => running.close());

function swap(card: VirtualHpkiCard): void {
  running.readers.remove(firstReader);
  running.readers.insert(card, firstReader);
}

function expectNothingSigned(): void {
  expect(running.audit().filter(({ event }) => event === 'signature.released')).toEqual([]);
  expect(other.statistics).toMatchObject({ pinsPresented: 0, signatures: 0 });
}

describe('a card swapped for another doctor\'s', () => {
  it('while the PIN is asked never gets the PIN, nor a question: the window waits for the card that was shown', async () => {
    expect((await running.sign()).status).toBe(201);
    own.resetStatistics();
    running.person.shown.length = 0;
    running.person.pin = () => {
      swap(other);
      return 'silent';
    };
    expect(codeOf(await running.sign())).toBe('STAFF_MISMATCH');
    expect(running.person.asked('pin')).toBe(1);
    expect(other.statistics.pinsPresented).toBe(0);
    expect(own.statistics.pinsPresented).toBe(0);
  });

  it('just as the PIN is entered does not get it: its own first use would have to be confirmed', async () => {
    running.person.pin = () => {
      swap(other);
      return '1234';
    };
    running.person.bind = (view) => (view.certificate.certificateSha256 === clinic.people.doctor.certificate.sha256 ? 'confirmed' : 'cancelled');
    expect(codeOf(await running.sign())).toBe('CANCELLED_BY_USER');
    expect(own.statistics.pinsPresented).toBe(0);
    expectNothingSigned();
  });

  it('and swapped back, while the PIN is on its way, does not use the PIN that was typed before', async () => {
    let asked = 0;
    running.person.pin = () => {
      asked += 1;
      if (asked > 1) return 'cancelled';
      swap(other);
      swap(own);
      return '1234';
    };
    const answer = await running.sign();
    expect(answer.status).not.toBe(201);
    expect(own.statistics.signatures).toBe(0);
    expectNothingSigned();
  });

  it('on first use is shown anew: the person confirms the card that signs, not the one that was there', async () => {
    running.person.bind = (view) => {
      if (view.certificate.certificateSha256 === clinic.people.doctor.certificate.sha256) {
        swap(other);
        return 'silent';
      }
      return 'cancelled';
    };
    expect(codeOf(await running.sign())).toBe('CANCELLED_BY_USER');
    expectNothingSigned();
  });
});

describe('a card whose certificate changes unnoticed by the reader', () => {
  const swapTo = (identity: ReturnType<TestClinic['identity']>): CardFault['what'] => ({ kind: 'swap', signing: identity });

  it.each<[string, CardFault['at']]>([
    ['before the transaction reads it', { command: 0 }],
    ['while it is read', { command: 2 }],
    ['right before VERIFY', { ins: 0x20 }],
    ['right before MSE', { ins: 0x22 }],
    ['right before the signature', 'signature'],
  ])('%s releases nothing under the other certificate', async (_when, at) => {
    running.person.pin = () => {
      own.setFaults({ at, when: 'before', what: swapTo(clinic.identity(clinic.people.otherDoctor)) });
      return running.person.asked('pin') > 2 ? 'cancelled' : '1234';
    };
    const answer = await running.sign();
    expect(answer.status).not.toBe(201);
    expect(['CARD_UNKNOWN', 'CARD_REMOVED', 'CARD_MODULE_FAILED', 'SIGNATURE_MISMATCH', 'STAFF_MISMATCH', 'CANCELLED_BY_USER']).toContain(codeOf(answer));
    expect(running.audit().filter(({ event }) => event === 'signature.released')).toEqual([]);
    expect(own.statistics.pinsPresented).toBeLessThanOrEqual(1);
  });

  it('into one of the same name, with another key, is noticed as well', async () => {
    const { certificate, privateKey } = await clinic.issue({});
    expect(certificate.subject.text).toBe(clinic.people.doctor.certificate.subject.text);
    running.person.pin = () => {
      own.setFaults({ at: 'signature', when: 'before', what: swapTo({ certificate: certificate.der, privateKey }) });
      return running.person.asked('pin') > 2 ? 'cancelled' : '1234';
    };
    const answer = await running.sign();
    expect(answer.status).not.toBe(201);
    expect(running.audit().filter(({ event }) => event === 'signature.released')).toEqual([]);
  });
});

describe('two cards at once', () => {
  it('of one name are chosen between by the person, by certificate and not by reader', async () => {
    const renewed = await clinic.cardWith({});
    running.readers.insert(renewed, secondReader);
    await until(() => running.cardsReady() === 2, 'both are read');
    running.person.choose = (cards) => cards.find(({ card }) => card.reader === secondReader)?.card ?? 'cancelled';
    const answer = await running.sign();
    expect(answer.status).toBe(201);
    expect(renewed.statistics.signatures).toBe(1);
    expect(own.statistics.pinsPresented).toBe(0);
  });

  it('that trade places while the PIN is asked: the PIN goes to the chosen certificate or nowhere', async () => {
    expect((await running.sign()).status).toBe(201);
    running.readers.insert(other, secondReader);
    await until(() => running.cardsReady() === 2, 'both are read');
    let traded = false;
    running.person.pin = () => {
      if (!traded) {
        traded = true;
        running.readers.remove(secondReader);
        swap(other);
        running.readers.insert(own, secondReader);
      }
      return '1234';
    };
    const answer = await running.sign({ staff });
    expect(other.statistics).toMatchObject({ pinsPresented: 0, signatures: 0 });
    if (answer.status === 201) expect(answer.text).toContain(clinic.people.doctor.certificate.sha256);
    else expect(codeOf(answer)).toBe('CARD_REMOVED');
  });
});
