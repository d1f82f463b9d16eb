import { existsSync, readFileSync } from 'node:fs';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ProblemError } from '../../../../src/contract/problem.ts';
import type { RemoteSession } from '../../../../src/agent/remote/remote-session.ts';
import type { RemoteToken } from '../../../../src/agent/remote/remote-provider.ts';
import { createCast, ehr, otherEhr, SigningDesk, staff, until, type Cast } from '../signing/signing-desk.ts';

const hour = 3_600_000;
const minute = 60_000;

let cast: Cast;
let desk: SigningDesk;
beforeAll(async () => {
  cast = await createCast();
});
afterEach(async () => {
  await desk.dispose();
});

/** 12:00 in Japan: a token of 18 hours ends at 6:00 on the next morning. */
function openDesk(sealed = false): SigningDesk {
  desk = new SigningDesk(cast, { remote: { sealed } });
  return desk;
}

let tokens = 0;
const token = (lifetime: number, changes: Partial<RemoteToken> = {}): RemoteToken => ({
  subject: 'sub-1',
  method: 'smartphone',
  expiresAt: new Date(desk.clock.now() + lifetime),
  secret: new Uint8Array(Buffer.from(`bearer-${++tokens}`)),
  ...changes,
});
const begin = (lifetime = 18 * hour, caller = ehr, who = staff): Promise<RemoteSession> => desk.sessions.begin(caller, who, desk.provider, token(lifetime));
const live = (caller = ehr, who = staff): RemoteSession | undefined => desk.sessions.find(caller.clientId, who.id);
const notices = (): readonly string[] => desk.person.notices.map(({ text }) => text.ja);
const audited = (event: string) => desk.auditEntries().filter((entry) => entry.event === event);

describe('a session', () => {
  it('tells the doctor where and until when, by the clock', async () => {
    openDesk();
    await begin();
    expect(notices()).toEqual(['clinic-1 で 医者 三郎 様のリモート署名を認証しました。明日 6:00 まで有効です。']);
    expect(audited('token.stored')).toHaveLength(1);
    expect(JSON.stringify(desk.auditEntries())).not.toMatch(/bearer|sub-1/);
  });

  it('goes on across midnight and ends by the time of the answer, at that very moment', async () => {
    openDesk();
    await begin();
    desk.clock.advance(12 * hour + 1000);
    await desk.sessions.look();
    expect(live()).toBeDefined();
    desk.clock.advance(6 * hour - minute - 1000);
    expect(live()).toBeDefined();
    desk.clock.advance(minute);
    expect(live()).toBeUndefined();
    expect(desk.sessions.list()).toEqual([]);
    await desk.sessions.look();
    expect(notices().at(-1)).toBe('医者 三郎 様のリモート署名の認証が終わりました。');
    expect(audited('authentication.ended')[0]?.notes).toContain('why=expired');
    // The provider's own clock has ended it too.
    expect(desk.provider.revoked).toEqual([]);
    expect(await desk.store.list()).toEqual([]);
  });

  it('warns once, an hour before its end', async () => {
    openDesk();
    await begin();
    desk.clock.advance(17 * hour - minute);
    await desk.sessions.look();
    expect(notices()).toHaveLength(1);
    desk.clock.advance(minute);
    let told = 0;
    desk.sessions.subscribe(() => (told += 1));
    await desk.sessions.look();
    await desk.sessions.look();
    expect(told, 'who shows sessions shows that it ends').toBe(1);
    expect(notices().slice(1)).toEqual(['医者 三郎 様のリモート署名の認証は 6:00 に終わります。続ける場合は、そのあとの署名のときに認証し直してください。']);
  });

  it('that is short from its beginning does not warn of what was just said', async () => {
    openDesk();
    await begin(30 * minute);
    await desk.sessions.look();
    expect(notices()).toHaveLength(1);
  });

  it.each([
    ['in memory', false],
    ['sealed', true],
  ])('%s lives neither longer nor shorter because somebody sets the clock back', async (_where, sealed) => {
    openDesk(sealed);
    const session = await begin(2 * hour);
    const wall = desk.clock.now.bind(desk.clock);
    desk.clock.now = () => wall() - 5 * hour;
    desk.clock.advance(2 * hour - minute);
    await desk.sessions.look();
    expect(live()).toBe(session);
    expect((await desk.sessions.token(session))?.subject).toBe('sub-1');
    desk.clock.advance(minute);
    expect(live()).toBeUndefined();
    await desk.sessions.look();
    expect(audited('authentication.ended').map(({ notes }) => notes.includes('why=expired'))).toEqual([true]);
  });

  it('that is sealed and that a person ends is revoked, also where the clock was set back meanwhile, before a restart or after', async () => {
    openDesk(true);
    await begin();
    await desk.restart();
    await begin(18 * hour, otherEhr);
    desk.clock.advance(-hour);
    for (const session of desk.sessions.list()) await desk.sessions.end(session, 'person');
    expect(desk.provider.revoked).toHaveLength(2);
    expect(audited('authentication.ended').map(({ notes }) => notes.includes('why=person'))).toEqual([true, true]);
  });

  it('ends with a clock that is set forward, as its provider would see it', async () => {
    openDesk();
    await begin(2 * hour);
    const wall = desk.clock.now.bind(desk.clock);
    desk.clock.now = () => wall() + 2 * hour;
    expect(live()).toBeUndefined();
  });

  it('belongs to its client and its staff member, and a new one takes its place', async () => {
    openDesk();
    const first = await begin();
    await begin(18 * hour, otherEhr);
    expect(live(otherEhr)).not.toBe(first);
    expect(live(ehr, { id: 'D2', name: '' })).toBeUndefined();
    const second = await begin();
    expect(live()).toBe(second);
    expect(desk.provider.revoked).toEqual(['sub-1']);
    expect(await desk.sessions.token(first)).toBeUndefined();
    expect(Buffer.from((await desk.sessions.token(second))?.secret ?? []).toString()).toMatch(/^bearer-/);
  });

  it('that a person ends is forgotten here first, and revoked there, whatever the network does', async () => {
    openDesk();
    const session = await begin();
    desk.provider.revocation = () => {
      expect(live()).toBeUndefined();
      return Promise.reject(new ProblemError({ code: 'PROVIDER_UNREACHABLE', detail: null }));
    };
    await desk.sessions.end(session, 'person');
    expect(await desk.store.list()).toEqual([]);
    expect(audited('token.revoked')).toMatchObject([{ result: 'PROVIDER_UNREACHABLE' }]);
    await desk.sessions.end(session, 'person');
    expect(audited('authentication.ended')).toHaveLength(1);
  });

  it('whose revocation is not answered in time is over all the same, and the log says why', async () => {
    openDesk();
    const session = await begin();
    desk.provider.revocation = () => Promise.reject(new DOMException('too late', 'TimeoutError'));
    await desk.sessions.end(session, 'caller');
    expect(live()).toBeUndefined();
    expect(audited('token.revoked')).toMatchObject([{ result: 'PROVIDER_UNREACHABLE' }]);
  });

  it('ends with the log-off of the system, all of them', async () => {
    openDesk();
    await begin();
    await begin(18 * hour, otherEhr);
    await desk.sessions.endAll('log_off');
    expect(desk.sessions.list()).toEqual([]);
    expect(desk.provider.revoked).toHaveLength(2);
  });

  it('leaves nothing on the disk by the time that the log-off has been heard, and is revoked all the same', async () => {
    openDesk(true);
    await begin();
    expect(existsSync(desk.tokenFile)).toBe(true);
    const ended = desk.sessions.endAll('log_off');
    expect(existsSync(desk.tokenFile)).toBe(false);
    await ended;
    expect(desk.provider.revoked).toHaveLength(1);
    await desk.restart();
    expect(live()).toBeUndefined();
  });

  it('leaves nothing on the disk at any moment after the log-off, however many there were and whatever begins after it', async () => {
    openDesk(true);
    await begin();
    await begin(18 * hour, otherEhr);
    const answered = Promise.withResolvers<undefined>();
    const onDisk: boolean[] = [];
    const look = (): number => onDisk.push(existsSync(desk.tokenFile));
    const remove = desk.store.delete.bind(desk.store);
    desk.store.delete = (owner) => remove(owner).finally(look);
    desk.provider.revocation = () => {
      look();
      return answered.promise;
    };
    const ended = desk.sessions.endAll('log_off');
    look();
    await until('both are being revoked', () => desk.provider.revoked.length === 2);
    await begin();
    look();
    answered.resolve(undefined);
    await ended;
    expect(onDisk).toEqual(Array(6).fill(false));
    await desk.restart();
    expect(live()).toBeUndefined();
    expect(desk.provider.revoked).toHaveLength(3);
  });

  it('ends with the access of its client, and those of others go on', async () => {
    openDesk();
    await begin();
    await begin(18 * hour, otherEhr);
    await desk.sessions.endOfClient(ehr.clientId);
    expect(desk.sessions.list().map(({ owner }) => owner.clientId)).toEqual([otherEhr.clientId]);
  });

  it('is none where its beginning cannot be written down', async () => {
    openDesk();
    desk.audit.append = () => Promise.reject(new ProblemError({ code: 'STORAGE_FAILED', detail: null }));
    await expect(begin()).rejects.toMatchObject({ problem: { code: 'STORAGE_FAILED' } });
    expect(live()).toBeUndefined();
    expect(await desk.store.list()).toEqual([]);
    expect(desk.provider.revoked).toEqual(['sub-1']);
  });

  it('is none where its token cannot be kept, which is revoked', async () => {
    openDesk();
    desk.store.put = () => Promise.reject(new ProblemError({ code: 'STORAGE_FAILED', detail: null }));
    await expect(begin()).rejects.toMatchObject({ problem: { code: 'STORAGE_FAILED' } });
    expect(live()).toBeUndefined();
    expect(desk.provider.revoked).toEqual(['sub-1']);
  });

  it('in memory goes with the agent, and its provider is told', async () => {
    openDesk();
    await begin();
    await desk.restart();
    expect(live()).toBeUndefined();
    expect(desk.provider.revoked).toEqual(['sub-1']);
  });

  it('that is sealed is there after a restart, and asks a person before it signs', async () => {
    openDesk(true);
    await begin();
    await desk.restart();
    const session = live();
    expect(session).toMatchObject({ staffName: staff.id, subject: 'sub-1', method: 'smartphone' });
    expect(session?.usage.allows({ documentsPerSession: 250, requestsPerHour: 60 }, 1, 0)).toBe(false);
    expect(desk.provider.revoked).toEqual([]);
  });

  it('that is sealed is gone after a restart where its time has run out meanwhile', async () => {
    openDesk(true);
    await begin();
    await desk.stop();
    desk.clock.advance(19 * hour);
    desk.start();
    await desk.sessions.open();
    expect(desk.sessions.list()).toEqual([]);
    expect(await desk.store.list()).toEqual([]);
  });

  it('that is sealed and runs out while the agent is not there has its end on record once, with its time', async () => {
    openDesk(true);
    const { until: end } = await begin();
    await desk.stop();
    desk.clock.advance(19 * hour);
    desk.start();
    await desk.sessions.open();
    await desk.sessions.close();
    await desk.restart();
    expect(audited('authentication.ended')).toMatchObject([{ staffId: staff.id, method: 'remote', notes: expect.arrayContaining(['why=expired', `until=${end.toISOString()}`]) as string[] }]);
    expect(desk.provider.revoked).toEqual([]);
  });

  it('that is sealed and began in the future of this clock is revoked, and its end is on record', async () => {
    openDesk(true);
    await begin();
    await desk.stop();
    desk.clock.advance(-hour);
    desk.start();
    await desk.sessions.open();
    await desk.sessions.close();
    expect(desk.sessions.list()).toEqual([]);
    expect(audited('authentication.ended').map(({ notes }) => notes.includes('why=clock_set_back'))).toEqual([true]);
    expect(desk.provider.revoked).toEqual(['sub-1']);
  });

  it('of a service that policy names no more is removed from the disk, and the log says so and until when it may live there', async () => {
    openDesk(true);
    const before = token(hour);
    await desk.store.put({ clientId: ehr.clientId, staffId: staff.id, provider: 'removed from policy' }, before);
    await desk.restart();
    expect(desk.sessions.list()).toEqual([]);
    expect(readFileSync(desk.tokenFile, 'utf8')).not.toContain('removed from policy');
    expect(audited('authentication.ended')).toMatchObject([{ notes: expect.arrayContaining(['provider=removed from policy', 'why=service_removed', `until=${before.expiresAt.toISOString()}`]) as string[] }]);
  });

  it('whose token cannot be opened any more has ended, and the log says so', async () => {
    openDesk(true);
    const session = await begin();
    desk.store.get = () => Promise.resolve(undefined);
    expect(await desk.sessions.token(session)).toBeUndefined();
    expect(live()).toBeUndefined();
    expect(await desk.store.list()).toEqual([]);
    expect(audited('authentication.ended').map(({ notes }) => notes.includes('why=unreadable'))).toEqual([true]);
  });

  it('whose time runs out while its token is fetched has expired, and is not said to be unreadable', async () => {
    openDesk(true);
    const session = await begin();
    const get = desk.store.get.bind(desk.store);
    desk.store.get = (owner) => {
      desk.clock.advance(18 * hour);
      return get(owner);
    };
    expect(await desk.sessions.token(session)).toBeUndefined();
    expect(audited('authentication.ended').map(({ notes }) => notes.includes('why=expired'))).toEqual([true]);
    expect(desk.provider.revoked).toEqual([]);
  });

  it('that an ended logon has left is no session: its end is on record, and its provider is told', async () => {
    openDesk(true);
    await begin();
    await desk.stop();
    desk.logon = 'the next logon';
    desk.start();
    await desk.sessions.open();
    expect(desk.sessions.list()).toEqual([]);
    await desk.sessions.close();
    expect(desk.provider.revoked).toEqual(['sub-1']);
    expect(audited('authentication.ended').map(({ notes }) => notes.includes('why=log_off'))).toEqual([true]);
    expect(audited('token.revoked')).toMatchObject([{ result: 'ok' }]);
    await desk.restart();
    expect(desk.provider.revoked).toHaveLength(1);
  });

  it('that an ended logon has left holds up no start where its service is silent, and is revoked before the agent closes', async () => {
    openDesk(true);
    await begin();
    await desk.stop();
    desk.logon = 'the next logon';
    desk.start();
    const answered = Promise.withResolvers<undefined>();
    desk.provider.revocation = () => answered.promise;
    await desk.sessions.open();
    const atClose = desk.sessions.close().then(() => audited('token.revoked'));
    await until('it is being revoked', () => desk.provider.revoked.length === 1);
    answered.resolve(undefined);
    expect(await atClose).toMatchObject([{ result: 'ok' }]);
  });

  it('that an ended logon has left of a service that policy names no more leaves no secret in memory', async () => {
    openDesk();
    const secret = new Uint8Array(Buffer.from('bearer-left'));
    const owner = { clientId: ehr.clientId, staffId: staff.id, provider: 'removed from policy' };
    desk.store.takeLeft = () => Promise.resolve([{ ...token(hour), owner, why: 'log_off', secret }]);
    await desk.sessions.open();
    await desk.sessions.close();
    expect(audited('authentication.ended').map(({ notes }) => notes.includes('why=service_removed'))).toEqual([true]);
    expect([...secret]).toEqual(Array(secret.length).fill(0));
    expect(audited('token.revoked')).toEqual([]);
  });

  it('that a person has ended is revoked before the agent closes, a sealed one too', async () => {
    openDesk(true);
    const answered = Promise.withResolvers<undefined>();
    desk.provider.revocation = () => answered.promise;
    const ended = desk.sessions.end(await begin(), 'person');
    const atClose = desk.sessions.close().then(() => audited('token.revoked'));
    await until('it is being revoked', () => desk.provider.revoked.length === 1);
    answered.resolve(undefined);
    expect(await atClose).toMatchObject([{ result: 'ok' }]);
    await ended;
  });

  it('tells whoever shows sessions that one began or ended', async () => {
    openDesk();
    let told = 0;
    const forget = desk.sessions.subscribe(() => (told += 1));
    const session = await begin();
    expect(told).toBe(1);
    await desk.sessions.end(session, 'person');
    expect(told).toBe(2);
    forget();
    await begin();
    expect(told).toBe(2);
  });
});
