import { appendFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CardError } from '../../../../src/native/host/card-host.ts';
import { createCast, ehr, otherEhr, requestFor, SigningDesk, until, xmlOf, type Cast, type DeskOptions } from './signing-desk.ts';

let cast: Cast;
let desk: SigningDesk;

beforeAll(async () => {
  cast = await createCast();
});
afterEach(() => desk.dispose());

function openDesk(options?: DeskOptions): SigningDesk {
  desk = new SigningDesk(cast, options);
  desk.cards.insert(cast.doctor);
  return desk;
}

describe('one Idempotency-Key', () => {
  it('joins the request that runs', async () => {
    openDesk();
    desk.person.pin = () => 'silent';
    const first = await desk.agent.submit(ehr, 'k1', requestFor(['rx-1']));
    await until('the window asks', () => desk.person.asked('pin') === 1);
    const second = await desk.agent.submit(ehr, 'k1', requestFor(['rx-1']));
    expect(second).toMatchObject({ id: first.id, state: 'awaiting_pin' });
    expect(desk.person.asked('opened')).toBe(1);
  });

  it('begins once when two of the same arrive in the same moment', async () => {
    openDesk();
    const [a, b] = await Promise.all([desk.agent.submit(ehr, 'k1', requestFor(['rx-1'])), desk.agent.submit(ehr, 'k1', requestFor(['rx-1']))]);
    expect(a.id).toBe(b.id);
    await desk.ended(a.id);
    expect(desk.cards.signatures).toBe(1);
  });

  it('answers the identical result again, without card or person', async () => {
    openDesk();
    const first = await desk.sign('k1');
    desk.cards.pull();
    expect(await desk.sign('k1')).toEqual(first);
    expect(desk.person.asked('opened')).toBe(1);
  });

  it('answers the identical result after a restart, made again from the journal and the body', async () => {
    openDesk();
    const first = await desk.sign('k1', requestFor(['rx-1', 'rx-2']));
    await desk.restart();
    desk.cards.pull();
    desk.clock.advance(3_600_000);
    expect(desk.agent.get(ehr, first.id)).toMatchObject({ state: 'signed', result: null, problem: { code: 'RESULT_NOT_HELD' } });
    const again = await desk.agent.submit(ehr, 'k1', requestFor(['rx-1', 'rx-2']));
    expect(again).toEqual(first);
    expect(desk.cards.signatures).toBe(2);
    expect(desk.auditEntries().filter(({ event }) => event === 'signature.released')).toHaveLength(1);
    expect(desk.agent.get(ehr, first.id)).toEqual(first);
  });

  it('is a conflict with another body, while it runs, when it has ended, and after a restart', async () => {
    openDesk();
    const conflict = { problem: { code: 'IDEMPOTENCY_CONFLICT' } };
    const running = desk.agent.submit(ehr, 'k1', requestFor(['rx-1']));
    await expect(desk.agent.submit(ehr, 'k1', requestFor(['rx-2']))).rejects.toMatchObject(conflict);
    await desk.ended((await running).id);
    await expect(desk.agent.submit(ehr, 'k1', requestFor(['rx-2']))).rejects.toMatchObject(conflict);
    await desk.restart();
    await expect(desk.agent.submit(ehr, 'k1', requestFor(['rx-2']))).rejects.toMatchObject(conflict);
    await expect(desk.agent.submit(ehr, 'k1', requestFor(['rx-1'], { partial: true }))).rejects.toMatchObject(conflict);
  });

  it('belongs to one client', async () => {
    openDesk();
    const mine = await desk.sign('k1');
    const theirs = await desk.sign('k1', requestFor(['rx-9']), otherEhr);
    expect(theirs).toMatchObject({ state: 'signed' });
    expect(theirs.id).not.toBe(mine.id);
    await desk.restart();
    expect(desk.agent.get(otherEhr, mine.id)).toBeUndefined();
  });

  it.each(['cancelled', 'silent'] as const)('runs anew after the person was %s', async (answer) => {
    openDesk({ policy: { deadlines: { consentSeconds: 0.05, cardSeconds: 0.05 } } });
    desk.person.pin = () => answer;
    const first = await desk.sign('k1');
    await desk.restart();
    expect(desk.agent.get(ehr, first.id)).toMatchObject({ state: first.state, problem: { code: first.problem?.code } });
    desk.person.pin = () => '1234';
    const again = await desk.sign('k1');
    expect(again.state).toBe('signed');
    expect(again.id).not.toBe(first.id);
  });

  it('whose key may have signed keeps its recipe: the same certificate is wanted, and another card is refused', async () => {
    openDesk({ policy: { deadlines: { consentSeconds: 20, cardSeconds: 0.1 } } });
    desk.cards.afterSign = () => new CardError('CARD_MODULE_FAILED', 'played');
    const first = await desk.sign('k1');
    expect(first).toMatchObject({ state: 'failed', problem: { code: 'CARD_MODULE_FAILED' } });
    desk.cards.afterSign = () => null;
    await desk.restart();
    desk.cards.insert(await cast.issue({ serialNumber: 99n }));
    expect(await desk.sign('k1')).toMatchObject({ state: 'failed', problem: { code: 'STAFF_MISMATCH' } });
    desk.cards.insert(cast.doctor);
    desk.clock.advance(60_000);
    const done = await desk.sign('k1');
    expect(done).toMatchObject({ state: 'signed', id: first.id });
    expect(done.result?.signedAt.getTime()).toBeLessThan(desk.clock.now() - 59_000);
  });

  it('is forgotten after 24 hours, and its lines leave the journal', async () => {
    openDesk();
    const first = await desk.sign('k1');
    desk.clock.advance(24 * 60 * 60 * 1000);
    const next = await desk.sign('k1', requestFor(['other']));
    expect(next.state).toBe('signed');
    expect(readFileSync(desk.journalFile, 'utf8')).not.toContain(first.id);
    await desk.restart();
    expect(await desk.agent.submit(ehr, 'k1', requestFor(['other']))).toEqual(next);
    expect(desk.agent.get(ehr, first.id)).toBeUndefined();
  });

  it('has its result dropped from memory after a while, and given again from the journal', async () => {
    openDesk({ held: { ms: 1000, bytes: 1_000_000 } });
    const first = await desk.sign('k1');
    desk.clock.advance(1001);
    expect(desk.agent.get(ehr, first.id)).toMatchObject({ state: 'signed', problem: { code: 'RESULT_NOT_HELD' } });
    expect(await desk.sign('k1')).toEqual(first);
  });

  it('has the oldest results dropped when they take too much room', async () => {
    openDesk({ held: { ms: 1_000_000, bytes: 1 } });
    const first = await desk.sign('k1');
    expect(desk.agent.get(ehr, first.id)).toEqual(first);
    const second = await desk.sign('k2');
    expect(desk.agent.get(ehr, first.id)?.result).toBeNull();
    expect(desk.agent.get(ehr, second.id)).toEqual(second);
  });

  it('refuses to sign other bytes where the recipe does not give the same ones', async () => {
    openDesk();
    const first = await desk.sign('k1');
    await desk.stop();
    const digest = /"signedInfoSha256":"([0-9a-f]{64})"/.exec(readFileSync(desk.journalFile, 'utf8'))?.[1] ?? '';
    writeFileSync(desk.journalFile, readFileSync(desk.journalFile, 'utf8').replace(digest, 'a'.repeat(64)));
    desk.start();
    expect(await desk.sign('k1')).toMatchObject({ id: first.id, state: 'failed', problem: { code: 'RESULT_NOT_HELD' } });
    expect(desk.cards.signatures).toBe(1);
  });
});

describe('the journal', () => {
  it('is readable by its user alone and cuts off a torn last line', async () => {
    openDesk();
    const first = await desk.sign('k1');
    await desk.stop();
    const { size, mode } = statSync(desk.journalFile);
    expect(mode & 0o777).toBe(0o600);
    appendFileSync(desk.journalFile, '{"type":"reci');
    desk.start();
    expect(await desk.sign('k1')).toEqual(first);
    expect(statSync(desk.journalFile).size).toBe(size);
  });

  it('refuses to go on with a damaged line, rather than lose a recipe', async () => {
    openDesk();
    await desk.sign('k1');
    await desk.stop();
    writeFileSync(desk.journalFile, readFileSync(desk.journalFile, 'utf8').replace('{"type":"recipe"', '{"tipe":"recipe"'));
    desk.start();
    await expect(desk.agent.submit(ehr, 'k2', requestFor(['rx-1']))).rejects.toMatchObject({ problem: { code: 'STORAGE_FAILED' } });
    expect(desk.person.asked('opened')).toBe(1);
  });

  it('costs one recipe and one fsync for a batch of 200, and one fsync for its audit entry', async () => {
    const syncs = { journal: 0, audit: 0 };
    const { systemIo } = await import('../../../../src/agent/audit/append-only-file.ts');
    openDesk({
      io: (file) => ({
        ...systemIo,
        sync: (fd) => {
          syncs[file] += 1;
          return systemIo.sync(fd);
        },
      }),
    });
    await desk.sign('k0');
    syncs.journal = 0;
    syncs.audit = 0;
    const snapshot = await desk.sign('k1', requestFor(Array.from({ length: 200 }, (_, n) => `rx-${n}`)));
    expect(xmlOf(snapshot).size).toBe(200);
    expect(syncs).toEqual({ journal: 1, audit: 1 });
  });
});
