/**
 * Row 17: one caller uses the card that another's doctor has unlocked (Fortify kept the login per process, so that any web
 * page behind it signed without a PIN). Here a typed PIN belongs to one request of one caller, or by policy to a bounded
 * session of one caller and one staff member; nobody else's request rides on it, not even with the same key or body.
 */
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Settings } from '../../src/agent/config/settings.ts';
import type { VirtualHpkiCard } from '../../src/sandbox/cards/virtual-hpki-card.ts';
import type { SignatureDialogView } from '../../src/agent/ports.ts';
import { sha256Hex, until } from '../support/running-api.ts';
import { codeOf, otherEhrToken, prescription, RunningAgent } from '../support/running-agent.ts';
import { TestClinic } from '../support/test-clinic.ts';

let clinic: TestClinic;
let running: RunningAgent;
let card: VirtualHpkiCard;
beforeAll(async () => {
  clinic = await TestClinic.open();
});
afterEach(() => running.close());

async function start(settings: Partial<Settings> = {}): Promise<void> {
  card = clinic.card('doctor');
  running = await RunningAgent.start({ clinic, inserted: card, settings });
  await until(() => running.cardsReady() > 0, 'the card is read');
}

/** The person knows only the first EHR and refuses what any other asks. */
const onlyEhr = (_question: unknown, view: SignatureDialogView): string => (view.caller.clientName === 'EHR' ? '1234' : 'cancelled');

describe('two callers at once', () => {
  it('have a window each, one after the other, which names its caller; a PIN typed for one signs nothing for the other', async () => {
    await start();
    running.person.pin = onlyEhr;
    const [own, other] = await Promise.all([running.sign(), running.sign({}, { token: otherEhrToken })]);
    expect(own.status).toBe(201);
    expect(codeOf(other)).toBe('CANCELLED_BY_USER');
    expect(running.person.mostOpenWindows).toBe(1);
    expect(card.statistics).toMatchObject({ pinsPresented: 1, signatures: 1 });
  });

  it('with the same key and the same body do not get each other\'s document', async () => {
    await start();
    running.person.pin = onlyEhr;
    const [own, other] = await Promise.all([running.sign({}, { key: 'same' }), running.sign({}, { key: 'same', token: otherEhrToken })]);
    expect(own.status).toBe(201);
    expect(other.status).not.toBe(201);
    expect(other.text).not.toContain('"xml"');
    expect(codeOf(await running.sign({}, { key: 'same', token: otherEhrToken }))).toBe('CANCELLED_BY_USER');
  });

  it('cannot see, wait for or cancel each other\'s requests', async () => {
    await start();
    running.person.pin = () => 'silent';
    const begun = await running.sign({}, { wait: 0 });
    const { id } = begun.json as { id: string };
    expect(begun.status).toBe(202);
    for (const question of [{}, { method: 'DELETE' }]) {
      const answer = await running.ask(`/v1/signatures/${id}`, { ...question, token: otherEhrToken });
      expect([answer.status, codeOf(answer)]).toEqual([404, 'NOT_FOUND']);
    }
    expect((await running.ask(`/v1/signatures/${id}`)).text).toContain('awaiting_pin');
    await running.ask(`/v1/signatures/${id}`, { method: 'DELETE' });
  });
});

describe('an open PIN session', () => {
  it('serves its own caller without a window, and the other caller not at all', async () => {
    await start({ pin: { minutes: 5 } });
    running.person.pin = onlyEhr;
    expect((await running.sign()).status).toBe(201);
    expect((await running.sign()).status).toBe(201);
    expect(running.person.asked('opened')).toBe(1);
    expect(running.person.notices).toHaveLength(1);
    const [own, other] = await Promise.all([running.sign(), running.sign({}, { token: otherEhrToken })]);
    expect(own.status).toBe(201);
    expect(codeOf(other)).toBe('CANCELLED_BY_USER');
    expect(running.person.asked('opened')).toBe(2);
    expect(card.statistics.signatures).toBe(3);
  });

  it('does not serve another staff member of the same caller', async () => {
    await start({ pin: 'until-card-removed' });
    expect((await running.sign()).status).toBe(201);
    running.person.pin = () => 'cancelled';
    running.person.bind = () => 'cancelled';
    expect(codeOf(await running.sign({ staff: { id: 'D0099', name: '別 次郎' }, documents: [prescription()] }))).toBe('CANCELLED_BY_USER');
    expect(card.statistics.signatures).toBe(1);
  });

  it('is of no use to a revoked EHR: it is refused before any card is looked at', async () => {
    await start({ pin: { minutes: 5 } });
    const token = 'fresh-token-fresh-token-fresh-token-fresh-01';
    const client = await running.agent.clients.add({ name: 'New EHR', origin: null, tokenSha256: sha256Hex(token) });
    expect((await running.sign({}, { token })).status).toBe(201);
    await running.agent.clients.revoke(client.id);
    expect((await running.sign({}, { token })).status).toBe(401);
    expect(card.statistics.signatures).toBe(1);
  });
});
