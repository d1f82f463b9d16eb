/** A PIN that is entered on the reader's own keys, as the request and its window see it. */
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CardError, type CardErrorCode } from '../../../../src/native/host/card-host.ts';
import { cancelledBy } from '../../../../src/agent/signing/request-end.ts';
import { createCast, ehr, requestFor, SigningDesk, until, type Cast, type DeskOptions } from './signing-desk.ts';

let cast: Cast;
let desk: SigningDesk;
beforeAll(async () => {
  cast = await createCast();
});
afterEach(() => desk.dispose());

/** A desk with such a reader; what is pressed there comes in order, and then never. */
function openDesk(pressed: readonly (string | CardError | Promise<string | CardError>)[], options?: DeskOptions): SigningDesk {
  desk = new SigningDesk(cast, options);
  const keys = [...pressed];
  desk.cards.press = () => Promise.resolve(keys.shift() ?? new Promise<never>(() => undefined));
  desk.cards.insert(cast.doctor);
  desk.person.pin = () => 'at the reader';
  return desk;
}

const ended = (code: CardErrorCode): CardError => new CardError(code, 'played', undefined, { pinNotPresented: true });
const refusals = (): unknown[] => desk.person.shown.flatMap((shown) => (shown.what === 'pin' ? [shown.question.refused] : []));

describe('a PIN that is entered on the reader', () => {
  it('signs; the EHR hears "waiting for the PIN" until the card has made a signature', async () => {
    openDesk(['1234', '1234']);
    const states: string[] = [];
    desk.agent.subscribe(ehr.clientId, ({ state }) => states.push(state));
    expect((await desk.sign('k1', requestFor(['rx-1', 'rx-2']))).state).toBe('signed');
    expect(states).toEqual(['awaiting_consent', 'awaiting_pin', 'signing', 'signing', 'signing', 'signed']);
    expect(desk.person.shown.flatMap((shown) => (shown.what === 'keypad' ? [[shown.done, shown.total]] : []))).toEqual([[0, 2], [1, 2]]);
    expect(desk.cards).toMatchObject({ verifies: 2, signatures: 2, openSessions: 0 });
  });

  it('is asked for again in place, with the reason, until it is right', async () => {
    openDesk([ended('KEYPAD_CANCELLED'), ended('KEYPAD_TIMED_OUT'), ended('KEYPAD_REFUSED'), ended('KEYPAD_UNUSABLE'), '9999', '1234']);
    expect((await desk.sign('k1')).state).toBe('signed');
    expect(refusals()).toEqual([null, 'keypad_cancelled', 'keypad_timed_out', 'keypad_refused', 'keypad_unusable', 'incorrect']);
    expect(desk.person.asked('opened')).toBe(1);
    expect(desk.cards.verifies).toBe(2);
  });

  it('given up after Cancel on the reader is cancelled by the person, after a wrong PIN it failed by that', async () => {
    for (const [pressed, code] of [[ended('KEYPAD_CANCELLED'), 'CANCELLED_BY_USER'], ['9999', 'PIN_INCORRECT']] as const) {
      openDesk([pressed]);
      desk.person.pin = ({ refused }) => (refused === null ? 'at the reader' : 'cancelled');
      expect((await desk.sign('k1')).problem).toMatchObject({ code });
      await desk.dispose();
    }
    openDesk([]);
  });

  it.each(['person', 'ehr', 'window'] as const)('entered after a cancel by the %s signs nothing, and the window says that the reader still waits', async (who) => {
    const keys = Promise.withResolvers<string>();
    openDesk([keys.promise]);
    const answers = Promise.withResolvers<'cancelled'>();
    desk.person.keypad = () => answers.promise;
    const { id } = await desk.agent.submit(ehr, 'k1', requestFor(['rx-1']));
    await until('the reader waits', () => desk.person.asked('keypad') === 1);
    if (who === 'person') answers.resolve('cancelled');
    if (who === 'window') answers.reject(cancelledBy('window'));
    if (who === 'ehr') desk.agent.cancel(ehr, id);
    await until('the window says so', () => desk.person.asked('keypad_left') === 1);
    // The request has not ended: the reader still has the card.
    expect(desk.person.asked('closed')).toBe(0);
    keys.resolve('1234');
    expect((await desk.ended(id)).state).toBe('cancelled');
    expect(desk.cards).toMatchObject({ verifies: 1, signatures: 0, openSessions: 0 });
  });

  it('serves no other request, whatever policy says of PIN sessions', async () => {
    openDesk(['1234', '1234'], { policy: { pin: 'until-card-removed' } });
    let askedToSign = 0;
    desk.cards.beforeSign = () => Promise.resolve(void (askedToSign += 1)).then(() => null);
    expect((await desk.sign('k1')).state).toBe('signed');
    expect(desk.cards.openSessions).toBe(0);
    expect((await desk.sign('k2')).state).toBe('signed');
    expect(desk.person.asked('pin')).toBe(2);
    expect(askedToSign).toBe(2);
  });

  it('is not offered where the reader has no keys', async () => {
    openDesk([]);
    desk.cards.press = null;
    desk.cards.insert(cast.doctor);
    expect((await desk.sign('k1')).state).toBe('cancelled');
    expect(desk.cards.held).toEqual([]);
  });
});
