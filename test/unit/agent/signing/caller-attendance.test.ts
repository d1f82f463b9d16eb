/** A caller that is cut off while it waits: nobody types a PIN for a program that has ended. */
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { callerGraceMs } from '../../../../src/agent/signing/caller-attendance.ts';
import { createCast, ehr, otherEhr, requestFor, SigningDesk, until, type Cast } from './signing-desk.ts';

let cast: Cast;
let desk: SigningDesk;

beforeAll(async () => {
  cast = await createCast();
});
beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(async () => {
  vi.useRealTimers();
  await desk.dispose();
});

/** A request whose PIN is being asked for. */
async function asking(): Promise<string> {
  // The grace passes more than once, and no deadline of the window may be what ends the request.
  desk = new SigningDesk(cast, { policy: { deadlines: { consentSeconds: 600, cardSeconds: 600 } } });
  desk.cards.insert(cast.doctor);
  desk.person.pin = () => 'silent';
  const { id } = await desk.agent.submit(ehr, 'k1', requestFor(['rx-1']));
  await until('the window asks', () => desk.person.asked('pin') === 1);
  return id;
}

/** A long poll that is cut off. */
async function hangUp(id: string): Promise<void> {
  const connection = new AbortController();
  const waiting = desk.agent.settled(ehr, id, 60_000, connection.signal);
  connection.abort();
  await waiting;
}

const closed = () => until('the window has closed', () => desk.person.last?.what === 'closed');
const passGrace = (ms = callerGraceMs): void => void vi.advanceTimersByTime(ms);

/** Nothing has ended, also not what ends a few turns after its timer. Asks nothing of the request: that would be a sign of life. */
async function goesOn(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  expect([desk.agent.unended(), desk.person.asked('closed')]).toEqual([1, 0]);
}

describe('a caller that was cut off while it waited', () => {
  it('ends its request: the window closes and says why, nothing is signed, and the audit log says so', async () => {
    const id = await asking();
    await hangUp(id);
    passGrace(callerGraceMs - 1);
    await goesOn();
    passGrace(1);
    await closed();
    expect(desk.person.last).toMatchObject({ end: { outcome: 'cancelled', code: 'CANCELLED_BY_USER', detail: { en: expect.stringContaining('is gone') as unknown } } });
    await until('it has ended', () => desk.agent.get(ehr, id)?.state === 'cancelled');
    expect(desk.cards).toMatchObject({ verifies: 0, signatures: 0, openSessions: 0 });
    expect(desk.auditEntries().at(-1)).toMatchObject({ event: 'signature.cancelled', result: 'CANCELLED_BY_USER', request: id, notes: ['by=caller_gone'] });
  });

  it('is back in time by asking again, with or without the same key', async () => {
    const id = await asking();
    await hangUp(id);
    expect((await desk.agent.submit(ehr, 'k1', requestFor(['rx-1']))).id).toBe(id);
    passGrace();
    await goesOn();
    await hangUp(id);
    desk.agent.get(ehr, id);
    passGrace();
    await goesOn();
  });

  it('is still there while another call of it waits, or its event stream is open', async () => {
    const id = await asking();
    const other = new AbortController();
    const waiting = desk.agent.settled(ehr, id, 60_000, other.signal);
    await hangUp(id);
    passGrace();
    await goesOn();
    const closeStream = desk.agent.subscribe(ehr.clientId, () => undefined);
    other.abort();
    await waiting;
    passGrace();
    await goesOn();
    closeStream();
  });

  it('is still there when its stream ends, where it comes and asks by itself', async () => {
    const id = await asking();
    const closeStream = desk.agent.subscribe(ehr.clientId, () => undefined);
    expect(desk.agent.get(ehr, id)?.state).toBe('awaiting_pin');
    closeStream();
    passGrace();
    await goesOn();
  });

  it('is gone when the stream ends by which alone it listened', async () => {
    desk = new SigningDesk(cast);
    desk.cards.insert(cast.doctor);
    desk.person.pin = () => 'silent';
    const closeStream = desk.agent.subscribe(ehr.clientId, () => undefined);
    await desk.agent.submit(ehr, 'k1', requestFor(['rx-1']));
    await until('the window asks', () => desk.person.asked('pin') === 1);
    closeStream();
    passGrace();
    await closed();
    expect(desk.person.last).toMatchObject({ end: { outcome: 'cancelled' } });
  });

  it('does not end the request of another', async () => {
    await asking();
    desk.agent.subscribe(otherEhr.clientId, () => undefined)();
    passGrace();
    await goesOn();
  });

  it('gets what the card had begun: the signature is finished and held', async () => {
    const id = await asking();
    desk.agent.cancel(ehr, id);
    await desk.ended(id);
    desk.person.pin = () => '1234';
    const begun = Promise.withResolvers<undefined>();
    const goOn = Promise.withResolvers<null>();
    desk.cards.beforeSign = () => {
      begun.resolve(undefined);
      return goOn.promise;
    };
    const second = await desk.agent.submit(ehr, 'k2', requestFor(['rx-1']));
    await begun.promise;
    await hangUp(second.id);
    passGrace();
    goOn.resolve(null);
    expect(await desk.ended(second.id)).toMatchObject({ state: 'signed' });
  });
});
