/** A login by a card whose PIN is entered on the reader's own keys. */
import { createHash } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Landing } from '../../../../src/agent/remote/authentication-flight.ts';
import { CardError, type CardErrorCode } from '../../../../src/native/host/card-host.ts';
import { createCast, ehr, SigningDesk, staff, until, type Cast } from '../signing/signing-desk.ts';

let cast: Cast;
let desk: SigningDesk;
beforeAll(async () => {
  cast = await createCast();
});
afterEach(() => desk.dispose());

const hash = createHash('sha256').update('assertion').digest();
const ended = (code: CardErrorCode): CardError => new CardError(code, 'played', undefined, { pinNotPresented: true });

/** What is pressed comes in order, and then never. */
function openDesk(pressed: readonly (string | CardError | Promise<string>)[], kind: 'hpki' | 'jpki' = 'jpki'): SigningDesk {
  desk = new SigningDesk(cast, { remote: {} });
  const keys = [...pressed];
  desk.cards.press = () => Promise.resolve(keys.shift() ?? new Promise<never>(() => undefined));
  desk.cards.insertLogin(cast.doctorLogin, kind);
  desk.person.method = ({ problem }) => (problem === null ? (kind === 'jpki' ? 'mynumber-card' : 'hpki-card') : 'cancelled');
  desk.person.authenticationPin = () => 'at the reader';
  desk.provider.login = async (_order, steps, signal) => {
    const key = await steps.openCardKey(kind, signal);
    await key.sign(hash);
    return desk.provider.account;
  };
  return desk;
}

const join = (signal = new AbortController().signal): Promise<Landing> =>
  desk.authentications.join({ caller: ehr, staff, documents: 1, canUseCard: true, suggested: 'smartphone', signal, onStep: () => undefined });
const refusals = (): unknown[] => desk.person.shownAuthentication.flatMap((one) => (one.what === 'pin' ? [one.question.refused] : []));

describe('a login with the PIN on the reader', () => {
  it.each(['hpki', 'jpki'] as const)('logs in with one entry, for a login only (%s)', async (kind) => {
    openDesk(['1234'], kind);
    expect(await join()).toMatchObject({ method: kind === 'jpki' ? 'mynumber-card' : 'hpki-card' });
    expect(desk.person.shownAuthentication.map(({ what }) => what)).toEqual(['opened', 'method', 'progress', 'pin', 'progress', 'keypad', 'progress', 'progress', 'closed']);
    expect(desk.cards.held).toMatchObject([{ purpose: 'authentication' }]);
    expect(desk.cards).toMatchObject({ verifies: 1, openSessions: 0 });
  });

  it('is asked for again with the reason, until it is right', async () => {
    openDesk([ended('KEYPAD_CANCELLED'), ended('KEYPAD_TIMED_OUT'), '9999', '1234']);
    await join();
    expect(refusals()).toEqual([null, 'keypad_cancelled', 'keypad_timed_out', 'incorrect']);
    expect(desk.cards.verifies).toBe(2);
  });

  it('asks no reader once nobody waits any more', async () => {
    const stop = new AbortController();
    openDesk(['1234']);
    const signed = Promise.withResolvers<unknown>();
    desk.provider.login = async (_order, steps, signal) => {
      const key = await steps.openCardKey('jpki', signal);
      stop.abort(new Error('gone'));
      signed.resolve(await key.sign(hash).catch((error: unknown) => error));
      return desk.provider.account;
    };
    await expect(join(stop.signal)).rejects.toThrow('gone');
    expect(await signed.promise).toBeInstanceOf(Error);
    expect(desk.person.askedToAuthenticate('keypad')).toBe(0);
    expect(desk.cards.verifies).toBe(0);
  });

  it.each(['cancelled', 'use_card', 'other_method'] as const)('left (%s) while the reader waits logs nobody in, and says that the reader still waits until it does no more', async (exit) => {
    const keys = Promise.withResolvers<string>();
    openDesk([keys.promise]);
    const leaves = Promise.withResolvers<typeof exit>();
    const isOpen: number[] = [];
    desk.person.hearsKeypadLeft = () => queueMicrotask(() => isOpen.push(desk.cards.openSessions));
    desk.person.authenticationKeypad = () => leaves.promise;
    desk.person.method = ({ suggested, problem }) => (problem === null && suggested === 'smartphone' && desk.person.askedToAuthenticate('method') === 1 ? 'mynumber-card' : 'cancelled');
    const joining = join().then((landing) => landing, (error: unknown) => error);
    await until('the reader waits', () => desk.person.askedToAuthenticate('keypad') === 1);
    leaves.resolve(exit);
    await until('the window says so', () => desk.person.askedToAuthenticate('keypad_left') === 1);
    // Before anything else is done, so that no PIN comes in between.
    expect(isOpen).toEqual([0]);
    expect(desk.person.askedToAuthenticate('closed')).toBe(0);
    expect(desk.person.askedToAuthenticate('method')).toBe(1);
    keys.resolve('1234');
    await joining;
    expect(desk.cards).toMatchObject({ verifies: 1, signatures: 0, openSessions: 0 });
    expect(desk.auditEntries().map(({ event }) => event)).not.toContain('authentication.approved');
  });
});
