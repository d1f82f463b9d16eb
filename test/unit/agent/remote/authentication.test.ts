import { createHash, verify } from 'node:crypto';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { SessionMethod } from '../../../../src/contract/api.ts';
import { ProblemError } from '../../../../src/contract/problem.ts';
import type { AuthenticationSteps, IssuedToken, LoginPage } from '../../../../src/agent/remote/remote-provider.ts';
import type { Landing, Passenger } from '../../../../src/agent/remote/authentication-flight.ts';
import { revocationMs } from '../../../../src/agent/remote/remote-session-desk.ts';
import { UnfittingAnswer } from '../../../../src/agent/remote/unfitting-answer.ts';
import { whyNotHere } from '../../../../src/agent/remote/why-not-here.ts';
import { cancelledBy, RequestStopped } from '../../../../src/agent/signing/request-end.ts';
import { parseCertificate } from '../../../../src/formats/pki/certificate.ts';
import { CardError } from '../../../../src/native/host/card-host.ts';
import { accountOf, createCast, ehr, otherEhr, requestFor, SigningDesk, staff, until, type Cast, type DeskOptions } from '../signing/signing-desk.ts';
import { refused } from '../signing/played-provider.ts';

let cast: Cast;
let desk: SigningDesk;
beforeAll(async () => {
  cast = await createCast();
});
afterEach(() => desk.dispose());

function openDesk({ remote = {}, ...options }: DeskOptions = {}): SigningDesk {
  desk = new SigningDesk(cast, { remote, ...options });
  return desk;
}

const impatient = { policy: { deadlines: { consentSeconds: 0.1, cardSeconds: 0.1 } } };
const never = new AbortController().signal;
const join = (changes: Partial<Passenger> = {}): Promise<Landing> =>
  desk.authentications.join({ caller: ehr, staff, documents: 1, canUseCard: true, suggested: 'smartphone', signal: never, onStep: () => undefined, ...changes });
const by = (method: SessionMethod) => (): SessionMethod => method;
const shown = (): readonly string[] => desk.person.shownAuthentication.map(({ what }) => what);
const closed = () => desk.person.shownAuthentication.at(-1);
const audited = (): readonly string[] => desk.auditEntries().map(({ event, result }) => `${event} ${result}`);
/** A phone that is never used: the code stays on the screen. */
const silentPhone = (_order: unknown, steps: AuthenticationSteps, signal: AbortSignal): Promise<never> => {
  steps.showCode(desk.provider.code());
  return untilAborted(signal);
};
function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }));
}

it('offers what the service and the terminal both know, and nothing else', async () => {
  openDesk({ remote: { methods: ['mynumber-card', 'smartphone'] } });
  desk.provider.methods = ['smartphone', 'hpki-card'];
  await desk.restart();
  await join();
  expect(desk.person.shownAuthentication[0]).toMatchObject({ view: { methods: ['smartphone'] } });
  expect(desk.person.shownAuthentication[1]).toMatchObject({ question: { methods: ['smartphone'] } });
});

describe('a login page that cannot use a card here', () => {
  it('is not offered for one: neither in the window nor to an EHR, and both say why and what to do', async () => {
    openDesk({ remote: { form: 'element', pageWithoutCards: true } });
    await join({ suggested: 'hpki-card' });
    expect(desk.person.shownAuthentication[0]).toMatchObject({ view: { methods: ['smartphone'], hiddenMethods: ['hpki-card', 'mynumber-card'] } });
    for (const method of ['hpki-card', 'mynumber-card'] as const) {
      await expect(desk.callers.begin(ehr, { staffId: staff.id, staffName: staff.name, method })).rejects.toMatchObject({
        problem: {
          code: 'AUTHENTICATION_NOT_OFFERED',
          detail: {
            ja: expect.stringMatching(/カードを使えません。HPKIカードで署名するか.*管理者に連絡/) as string,
            en: expect.stringMatching(/cannot use a card.*Sign with the HPKI card.*ask the administrator/) as string,
          },
        },
      });
    }
  });

  it('makes way for the next service, whose cards the agent reads itself', async () => {
    openDesk({ remote: { pageWithoutCards: true, secondProvider: true } });
    await join();
    expect(desk.person.shownAuthentication[0]).toMatchObject({ view: { methods: ['smartphone', 'hpki-card', 'mynumber-card'], hiddenMethods: [] } });
    desk.person.method = by('hpki-card');
    await desk.sessions.endAll('person');
    await join({ suggested: 'hpki-card' });
    expect([desk.provider.orders, desk.secondProvider.orders].map((orders) => orders.map(({ method }) => method))).toEqual([['smartphone'], ['hpki-card']]);
  });

  it('is offered where it can', async () => {
    openDesk();
    desk.provider.cardLogin = 'page';
    await join();
    expect(desk.person.shownAuthentication[0]).toMatchObject({ view: { methods: ['smartphone', 'hpki-card', 'mynumber-card'] } });
  });

  it('leaves a terminal without any way where policy names no other, and an EHR is told that it is not policy', async () => {
    openDesk({ remote: { form: 'element', pageWithoutCards: true, methods: ['hpki-card'] } });
    expect(desk.authentications.methods).toEqual([]);
    await expect(desk.agent.submit(ehr, 'k', requestFor(['rx-1'], { method: 'remote' }))).rejects.toMatchObject({ problem: { code: 'AUTHENTICATION_NOT_OFFERED', detail: whyNotHere.pageWithoutCards } });
  });
});

describe('a client certificate that cannot be read for now', () => {
  const facility = (): Promise<never> => new Promise(() => undefined);

  it('keeps no window from opening, which then names no facility', async () => {
    openDesk({ remote: { facility } });
    await join();
    expect(desk.person.shownAuthentication[0]).toMatchObject({ view: { facility: null } });
  });

  it('holds nothing up for others once nobody waits for it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      openDesk({ remote: { facility } });
      const caller = new AbortController();
      const asked = join({ signal: caller.signal });
      caller.abort(cancelledBy('caller'));
      await expect(asked).rejects.toMatchObject({ state: 'cancelled' });
      // No time passes here: only the signal can have ended it.
      await desk.authentications.close();
      expect(shown()).toEqual([]);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('an authentication by phone', () => {
  it('begins with a click, shows the code, and becomes a session', async () => {
    openDesk();
    const states: string[] = [];
    const session = await join({ onStep: ({ type }) => states.push(type) });
    expect(session).toMatchObject({ method: 'smartphone', staffName: '医者 三郎' });
    expect(shown()).toEqual(['opened', 'method', 'progress', 'code', 'progress', 'closed']);
    expect(states).toEqual(['consent_asked', 'phone_asked']);
    expect(desk.provider.orders).toEqual([{ method: 'smartphone', staff, facility: '架空内科クリニック', terminal: 'clinic-1' }]);
    expect(closed()).toMatchObject({ end: { outcome: 'authenticated', method: 'smartphone' } });
    expect(audited()).toEqual(['authentication.started ok', 'authentication.approved ok', 'token.stored ok']);
    expect(JSON.stringify(desk.auditEntries())).not.toContain('sub-TEST');
  });

  it('shows no code before the person has chosen the method', async () => {
    openDesk(impatient).person.method = () => 'silent';
    await expect(join()).rejects.toMatchObject({ state: 'expired' });
    expect(shown()).toEqual(['opened', 'method', 'closed']);
    expect(desk.provider.orders).toEqual([]);
  });

  it('whose code ran out shows another one by a click, and only by a click', async () => {
    openDesk();
    let codes = 0;
    desk.provider.login = (_order, steps) => {
      steps.showCode(desk.provider.code());
      codes += 1;
      return codes < 3 ? Promise.reject(refused('AUTHENTICATION_EXPIRED')) : Promise.resolve(desk.provider.account);
    };
    desk.person.ranOut = () => 'again';
    expect(await join()).toMatchObject({ method: 'smartphone' });
    expect(shown().filter((what) => what === 'code' || what === 'ran_out')).toEqual(['code', 'ran_out', 'code', 'ran_out', 'code']);
  });

  it('whose code ran out and that nobody goes on with ends by that name', async () => {
    openDesk(impatient).provider.login = () => Promise.reject(refused('AUTHENTICATION_EXPIRED'));
    desk.person.ranOut = () => 'silent';
    await expect(join()).rejects.toMatchObject({ problem: { code: 'AUTHENTICATION_EXPIRED' } });
    expect(closed()).toMatchObject({ end: { outcome: 'failed', problem: { code: 'AUTHENTICATION_EXPIRED' } } });
  });

  it.each(['AUTHENTICATION_REFUSED', 'PROVIDER_UNREACHABLE', 'CLOCK_WRONG', 'PROXY_AUTH_REQUIRED'] as const)('that ends with %s says so, and leads back to the choice', async (code) => {
    openDesk().provider.login = () => Promise.reject(refused(code));
    await expect(join()).rejects.toMatchObject({ problem: { code } });
    expect(desk.person.shownAuthentication.filter(({ what }) => what === 'method')).toMatchObject([{ question: { problem: null } }, { question: { problem: { code } } }]);
    expect(audited()).toEqual(['authentication.started ok', `authentication.refused ${code}`]);
  });

  it('can be tried again after a refusal', async () => {
    openDesk();
    const approve = desk.provider.login;
    desk.provider.login = () => {
      desk.provider.login = approve;
      return Promise.reject(refused('AUTHENTICATION_REFUSED'));
    };
    desk.person.method = by('smartphone');
    expect(await join()).toMatchObject({ method: 'smartphone' });
  });

  it.each(['use_card', 'cancelled'] as const)('is left for %s from the code, and the provider is stopped', async (exit) => {
    openDesk();
    let stopped = false;
    desk.provider.login = (order, steps, signal) => {
      signal.addEventListener('abort', () => (stopped = true));
      return silentPhone(order, steps, signal);
    };
    desk.person.code = () => exit;
    if (exit === 'use_card') expect(await join()).toBe('use_card');
    else await expect(join()).rejects.toBeInstanceOf(RequestStopped);
    expect(stopped).toBe(true);
    expect(audited()).toEqual(['authentication.started ok', 'authentication.refused CANCELLED_BY_USER']);
  });

  it('is not said to be cancelled by the person where the screen was locked', async () => {
    openDesk().provider.login = silentPhone;
    desk.person.code = () => Promise.reject(cancelledBy('away'));
    await expect(join()).rejects.toMatchObject({ state: 'cancelled', by: 'away' });
    expect(closed()).toMatchObject({ end: { outcome: 'cancelled', problem: cancelledBy('away').problem } });
    expect(audited()).toEqual(['authentication.started ok', 'authentication.refused CANCELLED_BY_USER']);
  });

  it('leads to the other method from the code', async () => {
    openDesk().cards.insertLogin(cast.doctorLogin, 'hpki');
    desk.person.code = () => 'other_method';
    desk.provider.login = async (order, steps, signal) => {
      if (order.method === 'smartphone') return silentPhone(order, steps, signal);
      await (await steps.openCardKey('hpki', signal)).sign(new Uint8Array(32));
      return desk.provider.account;
    };
    expect(await join()).toMatchObject({ method: 'hpki-card' });
    expect(desk.person.shownAuthentication.filter(({ what }) => what === 'method')).toMatchObject([
      { question: { suggested: 'smartphone' } },
      { question: { suggested: 'hpki-card', problem: null } },
    ]);
  });

  it('that is approved after the person has left is revoked, and becomes nothing', async () => {
    openDesk();
    const late = Promise.withResolvers<undefined>();
    desk.provider.login = async (_order, steps) => {
      steps.showCode(desk.provider.code());
      await late.promise;
      return desk.provider.account;
    };
    desk.person.code = () => 'cancelled';
    await expect(join()).rejects.toBeInstanceOf(RequestStopped);
    late.resolve(undefined);
    await until('the late token is revoked', () => desk.provider.revoked.length === 1);
    expect(desk.provider.liveTokens).toBe(0);
    expect(desk.sessions.list()).toEqual([]);
  });

  it('whose token is refused has it revoked, and a service that is silent about it holds nobody', async () => {
    openDesk();
    const silence = Promise.withResolvers<undefined>();
    desk.provider.revocation = () => silence.promise;
    desk.provider.login = ({ method }, steps) => {
      steps.discard(Promise.resolve({ method, secret: new Uint8Array(Buffer.from('issued')) }));
      return Promise.reject(refused('CLOCK_WRONG'));
    };
    desk.person.method = ({ suggested, problem }) => (problem === null ? suggested : 'cancelled');
    await expect(join()).rejects.toMatchObject({ problem: { code: 'CLOCK_WRONG' } });
    expect(audited()).toEqual(['authentication.started ok', 'authentication.refused CLOCK_WRONG']);
    silence.resolve(undefined);
    await until('the revocation is written down', () => audited().includes('token.revoked ok'));
    expect(desk.provider.revoked).toHaveLength(1);
  });

  it.each(['refused', 'late'] as const)('whose %s token is being revoked when the agent ends has that on record before the audit log closes', async (which) => {
    openDesk();
    const late = Promise.withResolvers<undefined>();
    const answered = Promise.withResolvers<undefined>();
    desk.provider.revocation = () => answered.promise;
    desk.provider.login = async ({ method }, steps) => {
      steps.showCode(desk.provider.code());
      if (which === 'late') await late.promise;
      else {
        steps.discard(Promise.resolve({ method, secret: new Uint8Array(Buffer.from('issued')) }));
        throw refused('CLOCK_WRONG');
      }
      return desk.provider.account;
    };
    if (which === 'late') desk.person.code = () => 'cancelled';
    else desk.person.method = ({ suggested, problem }) => (problem === null ? suggested : 'cancelled');
    await expect(join()).rejects.toBeInstanceOf(Error);
    late.resolve(undefined);
    await until('the token is being revoked', () => desk.provider.revoked.length === 1);
    await desk.authentications.close();
    const atClose = desk.sessions.close().then(audited);
    // Whatever closes without the service's answer has closed by then.
    await new Promise((resolve) => setImmediate(resolve));
    answered.resolve(undefined);
    expect(await atClose).toContain('token.revoked ok');
  });

  it.each(['and brings a token, which is revoked', 'and fails'])('that the person has left is still under way when the agent ends, %s before the network and the audit log close', async (what) => {
    openDesk();
    const answer = Promise.withResolvers<undefined>();
    desk.provider.login = async (_order, steps) => {
      steps.showCode(desk.provider.code());
      await answer.promise;
      if (what === 'and fails') throw refused('PROVIDER_UNREACHABLE');
      return desk.provider.account;
    };
    desk.person.code = () => 'cancelled';
    await expect(join()).rejects.toBeInstanceOf(RequestStopped);
    await desk.authentications.close();
    let isClosed = false;
    const closing = desk.sessions.close().then(() => (isClosed = true));
    // Whatever closes without the service's answer has closed by then.
    await new Promise((resolve) => setImmediate(resolve));
    expect(isClosed).toBe(false);
    answer.resolve(undefined);
    await closing;
    expect(desk.provider.liveTokens).toBe(0);
    expect(audited().filter((line) => line === 'token.revoked ok')).toHaveLength(what === 'and fails' ? 0 : 1);
  });

  it('whose code ran out while an answer was under way has its token revoked, also where that comes while the agent closes', async () => {
    openDesk();
    const late = Promise.withResolvers<IssuedToken>();
    desk.provider.login = (_order, steps) => {
      steps.showCode(desk.provider.code());
      steps.discard(late.promise);
      return Promise.reject(refused('AUTHENTICATION_EXPIRED'));
    };
    desk.person.ranOut = () => 'cancelled';
    await expect(join()).rejects.toMatchObject({ problem: { code: 'AUTHENTICATION_EXPIRED' } });
    await desk.authentications.close();
    const atClose = desk.sessions.close().then(audited);
    // Whatever closes without the service's answer has closed by then.
    await new Promise((resolve) => setImmediate(resolve));
    late.resolve({ method: 'smartphone', secret: new Uint8Array(Buffer.from('issued')) });
    expect(await atClose).toContain('token.revoked ok');
    expect(desk.provider.revoked).toHaveLength(1);
  });

  it('that the person has left and whose service stays silent holds the end of the agent up for as long as a revocation, and no longer', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      openDesk();
      desk.provider.login = (_order, steps) => {
        steps.showCode(desk.provider.code());
        return new Promise(() => undefined);
      };
      desk.person.code = () => 'cancelled';
      await expect(join()).rejects.toBeInstanceOf(RequestStopped);
      await desk.authentications.close();
      let isClosed = false;
      const closing = desk.sessions.close().then(() => (isClosed = true));
      await vi.advanceTimersByTimeAsync(revocationMs - 1);
      expect(isClosed).toBe(false);
      await vi.advanceTimersByTimeAsync(1);
      await closing;
    } finally {
      vi.useRealTimers();
    }
  });

  it.each([
    [45, 15],
    [61, undefined],
  ])('that the service put off for a minute, and that is given up after %i seconds, says how long is left: %s', async (seconds, left) => {
    openDesk();
    desk.provider.login = () => Promise.reject(new ProblemError({ code: 'SERVICE_SUSPENDED', detail: null, retryAfterSeconds: 60 }));
    desk.person.method = ({ suggested, problem }) => {
      if (problem === null) return suggested;
      desk.clock.advance(seconds * 1000);
      return 'cancelled';
    };
    const end: unknown = await join().catch((error: unknown) => error);
    if (!(end instanceof ProblemError)) throw end;
    expect(end.problem.code).toBe('SERVICE_SUSPENDED');
    // Whoever is slow to get here has waited a little longer.
    if (left === undefined) expect(end.problem).not.toHaveProperty('retryAfterSeconds');
    else expect(end.problem.retryAfterSeconds).toSatisfy((rest: number) => rest > 0 && rest <= left);
  });

  it.each(['state', 'nonce'] as const)('whose answer has another %s is told apart from a refusal in the audit log', async (by) => {
    openDesk();
    const answers = [new UnfittingAnswer({ ja: '別', en: 'other' }, by, {}), refused('AUTHENTICATION_REFUSED')];
    desk.provider.login = () => Promise.reject(answers.shift() ?? new Error('a third login'));
    desk.person.method = ({ suggested }) => (answers.length > 0 ? suggested : 'cancelled');
    await expect(join()).rejects.toMatchObject({ problem: { code: 'AUTHENTICATION_REFUSED' } });
    const lines = desk.auditEntries().filter(({ event }) => event === 'authentication.refused');
    expect(lines.map(({ notes }) => notes)).toEqual([['method=smartphone', `why=${by}`], ['method=smartphone']]);
  });

  it('takes only a method that was offered, and a card only where one was', async () => {
    openDesk({ remote: { methods: ['smartphone'] } }).person.method = by('hpki-card');
    await expect(join()).rejects.toThrow('was not offered');
    desk.person.method = () => 'use_card';
    await expect(join({ canUseCard: false })).rejects.toThrow('was not offered');
    expect(desk.provider.orders).toEqual([]);
  });
});

describe('the person who authenticates', () => {
  it.each(['value', 'element'] as const)('is refused where another account is bound to this staff member (%s)', async (form) => {
    openDesk({ remote: { form } });
    await desk.bindings.bindAccount(staff.id, { provider: desk.provider.name, subject: 'sub-of-the-doctor' }, 0);
    await expect(join()).rejects.toMatchObject({ problem: { code: 'AUTHENTICATED_OTHER_PERSON' } });
    expect(desk.provider.liveTokens).toBe(0);
    expect(desk.sessions.list()).toEqual([]);
    expect(audited()).toEqual(['authentication.started ok', 'token.revoked ok', 'authentication.mismatch AUTHENTICATED_OTHER_PERSON']);
    expect(desk.person.notices).toMatchObject([{ kind: 'problem', text: { ja: expect.stringContaining('医者 三郎 様とは別の方') as string } }]);
  });

  it("is refused where every certificate in the cloud is known to be somebody else's", async () => {
    openDesk();
    await desk.bindings.bind(staff.id, cast.doctor.certificate, 'person', 0);
    desk.provider.account = accountOf(cast.otherDoctor);
    await expect(join()).rejects.toMatchObject({ problem: { code: 'AUTHENTICATED_OTHER_PERSON' } });
    desk.provider.account = accountOf(cast.otherDoctor, cast.doctor);
    expect(await join()).toMatchObject({ method: 'smartphone' });
  });

  it('may authenticate where the certificates cannot be asked for now: they are before the first signature', async () => {
    openDesk().provider.beforeCredentials = () => {
      throw refused('PROVIDER_UNREACHABLE');
    };
    expect(await join()).toMatchObject({ method: 'smartphone' });
  });

  it('may try with their own phone at once', async () => {
    openDesk();
    await desk.bindings.bindAccount(staff.id, { provider: 'csc', subject: 'sub-TEST Saburo Isha' }, 0);
    const own = desk.provider.account;
    desk.provider.account = accountOf(cast.otherDoctor);
    desk.person.method = ({ suggested, problem }) => {
      if (problem?.code === 'AUTHENTICATED_OTHER_PERSON') desk.provider.account = own;
      return suggested;
    };
    expect(await join()).toMatchObject({ subject: 'sub-TEST Saburo Isha' });
  });
});

describe('an authentication by card', () => {
  const assertion = Buffer.from('assertion');
  const hash = createHash('sha256').update(assertion).digest();

  function openCardDesk(options: DeskOptions = {}): SigningDesk {
    openDesk(options).person.method = ({ problem }) => (problem === null ? 'hpki-card' : 'cancelled');
    desk.provider.login = async ({ method }, steps, signal) => {
      const key = await steps.openCardKey(method === 'mynumber-card' ? 'jpki' : 'hpki', signal);
      const value = await key.sign(hash);
      expect(verify('sha256', assertion, parseCertificate(key.certificate).publicKey, value)).toBe(true);
      return desk.provider.account;
    };
    return desk;
  }

  it('asks for the PIN with the tries that are left, for a login only, and closes the key with the login', async () => {
    openCardDesk().cards.insertLogin(cast.doctorLogin, 'hpki', '2468', 'Reader 1', cast.doctor);
    desk.person.authenticationPin = () => '2468';
    expect(await join()).toMatchObject({ method: 'hpki-card' });
    expect(desk.person.shownAuthentication.find(({ what }) => what === 'pin')).toMatchObject({
      question: { card: { kind: 'hpki', name: 'TEST Saburo Isha' }, tries: { triesLeft: 15 }, refused: null },
    });
    expect(desk.cards.held).toMatchObject([{ purpose: 'authentication', certificateSha256: cast.doctorLogin.certificate.sha256 }]);
    expect(desk.cards.openSessions).toBe(0);
    expect(desk.cards.ended).toHaveLength(1);
  });

  it("asks for a My Number card's PIN without naming anybody", async () => {
    openCardDesk().cards.insertLogin(cast.doctorLogin, 'jpki');
    desk.person.method = by('mynumber-card');
    expect(await join()).toMatchObject({ method: 'mynumber-card' });
    expect(desk.person.shownAuthentication.find(({ what }) => what === 'pin')).toMatchObject({ question: { card: { kind: 'jpki', name: null } } });
  });

  it('asks again after a wrong PIN, once for each that was typed, and says so', async () => {
    openCardDesk().cards.insertLogin(cast.doctorLogin, 'hpki');
    const typed = ['9999', '1234'];
    desk.person.authenticationPin = () => typed.shift() ?? 'cancelled';
    expect(await join()).toMatchObject({ method: 'hpki-card' });
    expect(desk.cards.verifies).toBe(2);
    expect(desk.person.shownAuthentication.flatMap((one) => (one.what === 'pin' ? [one.question] : []))).toMatchObject([{ refused: null, tries: { triesLeft: 15 } }, { refused: 'incorrect', tries: { triesLeft: 14 } }]);
  });

  it.each(['person', 'away'] as const)('given up after a wrong PIN ends by that name (%s)', async (who) => {
    openCardDesk().cards.insertLogin(cast.doctorLogin, 'hpki');
    const typed = ['9999'];
    desk.person.authenticationPin = () => typed.shift() ?? (who === 'person' ? 'cancelled' : leave());
    const leave = (): never => {
      throw cancelledBy('away');
    };
    await expect(join()).rejects.toMatchObject({ problem: { code: 'PIN_INCORRECT', triesLeft: 14 } });
    expect(desk.cards.verifies).toBe(1);
  });

  it('presents nothing to a locked card, and spends no last try that nobody has agreed to', async () => {
    openCardDesk().cards.insertLogin(cast.doctorLogin, 'hpki');
    desk.cards.triesLeft = 0;
    await expect(join()).rejects.toMatchObject({ problem: { code: 'PIN_LOCKED', triesLeft: 0 } });
    desk.cards.triesLeft = 2;
    let asked = 0;
    desk.person.authenticationPin = () => (asked++ < 2 ? '1234' : 'cancelled');
    await expect(join()).rejects.toThrow();
    expect(desk.cards.verifies).toBe(0);
    desk.person.spendLastTries = true;
    desk.person.authenticationPin = () => '1234';
    expect(await join()).toMatchObject({ method: 'hpki-card' });
  });

  it('waits for the card by name of what is missing, goes on when it comes, and starts again when it is pulled', async () => {
    openCardDesk().cards.setService({ service: 'unavailable', code: 'NO_CARD_SERVICE', detail: '' });
    let asked = 0;
    desk.person.authenticationPin = () => {
      asked += 1;
      if (asked > 1) return '1234';
      desk.cards.pull();
      return 'silent';
    };
    const joined = join();
    const needs = (): readonly string[] => desk.person.shownAuthentication.flatMap((one) => (one.what === 'need' ? [one.need] : []));
    await until('no service', () => needs().length === 1);
    desk.cards.readers = [];
    desk.cards.setService(null);
    await until('no reader', () => needs().length === 2);
    desk.cards.insert(cast.doctor);
    await until('no login on that card', () => needs().length === 3);
    desk.cards.insertLogin(cast.doctorLogin, 'hpki');
    await until('pulled', () => needs().length === 4);
    desk.cards.insertLogin(cast.doctorLogin, 'hpki', '1234', 'Reader 2');
    expect(await joined).toMatchObject({ method: 'hpki-card' });
    expect(needs()).toEqual(['no_service', 'no_reader', 'unknown_card', 'no_card']);
  });

  it("does not use a card whose signing certificate is known to be another doctor's, nor choose between two", async () => {
    openCardDesk();
    await desk.bindings.bind(staff.id, cast.doctor.certificate, 'person', 0);
    desk.cards.insertLogin(await cast.issue({ kind: 'authentication', serialNumber: 4n }), 'hpki', '1234', 'Reader 1', cast.otherDoctor);
    const joined = join();
    const needs = (): readonly string[] => desk.person.shownAuthentication.flatMap((one) => (one.what === 'need' ? [one.need] : []));
    await until('other doctor', () => needs().includes('other_doctor'));
    desk.cards.insertLogin(cast.doctorLogin, 'hpki', '1234', 'Reader 1', cast.doctor);
    expect(await joined).toMatchObject({ method: 'hpki-card' });
    desk.cards.insertLogin(await cast.issue({ kind: 'authentication', serialNumber: 5n }), 'hpki', '1234', 'Reader 2');
    const again = join();
    await until('two', () => needs().includes('several_cards'));
    desk.cards.pull('Reader 2');
    expect(await again).toMatchObject({ method: 'hpki-card' });
  });

  it('that nobody inserts ends by name of what was missing', async () => {
    openCardDesk(impatient);
    await expect(join()).rejects.toMatchObject({ problem: { code: 'NO_CARD' } });
  });

  it('whose card breaks in the middle says so', async () => {
    openCardDesk().cards.insertLogin(cast.doctorLogin, 'hpki');
    desk.cards.beforeSign = () => Promise.resolve(new CardError('CARD_REMOVED', 'played'));
    await expect(join()).rejects.toMatchObject({ problem: { code: 'CARD_REMOVED' } });
    expect(desk.cards.openSessions).toBe(0);
  });

  it('keeps no PIN for a card whose certificate is not one for logins', async () => {
    openCardDesk().cards.insertLogin(cast.doctor, 'hpki');
    await expect(join()).rejects.toMatchObject({ problem: { code: 'CARD_UNKNOWN' } });
    expect(desk.cards.held).toHaveLength(1);
    expect(desk.cards.openSessions).toBe(0);
  });

  it('keeps no PIN that was being taken over when nobody waited any more', async () => {
    openCardDesk().cards.insertLogin(cast.doctorLogin, 'hpki');
    const open = desk.person.openAuthentication.bind(desk.person);
    desk.person.openAuthentication = (view) => {
      const dialog = open(view);
      const askPin: typeof dialog.askPin = async (question, hold, signal) => {
        await dialog.askPin(question, hold, signal);
        return dialog.askPin(question, hold, signal);
      };
      return { ...dialog, askPin };
    };
    // The first of two PINs is given up while the second one is already the answer.
    const stop = new AbortController();
    const end = desk.cards.endPinSession.bind(desk.cards);
    desk.cards.endPinSession = async (id) => {
      stop.abort(new Error('gone'));
      await until('the window is closed', () => closed()?.what === 'closed');
      await end(id);
    };
    await expect(join({ signal: stop.signal })).rejects.toThrow('gone');
    await until('both PINs are given up', () => desk.cards.ended.length === 2);
    expect(desk.cards).toMatchObject({ openSessions: 0, verifies: 0 });
  });

  it('believes no window that answers with a PIN session which was not opened for it', async () => {
    openCardDesk().cards.insertLogin(cast.doctorLogin, 'hpki');
    const open = desk.person.openAuthentication.bind(desk.person);
    desk.person.openAuthentication = (view) => ({ ...open(view), askPin: () => Promise.resolve('somebody-elses-session') });
    await expect(join()).rejects.toThrow('was not opened for it');
    expect(desk.cards.verifies).toBe(0);
  });
});

describe("an authentication on the provider's own page", () => {
  const page: LoginPage = { url: new URL('https://kagura.example/login'), redirectUrl: new URL('http://adapter:3000/cb'), allowedOrigins: ['https://kagura.example'], card: null };

  function openPageDesk(card: LoginPage['card'] = null, options: DeskOptions = {}): URL[] {
    const ended: URL[] = [];
    openDesk({ remote: { form: 'element' }, ...options }).provider.login = async (_order, steps, signal) => {
      ended.push(await steps.showLogin({ ...page, card }, signal));
      return desk.provider.account;
    };
    return ended;
  }

  it('hands the address on which it ended to the provider', async () => {
    const ended = openPageDesk();
    desk.person.login = () => new URL('http://adapter:3000/cb?code=1&state=2');
    expect(await join()).toMatchObject({ method: 'smartphone' });
    expect(ended.map(({ href }) => href)).toEqual(['http://adapter:3000/cb?code=1&state=2']);
  });

  it.each(['http://adapter:3000/cb2?code=1', 'https://adapter:3000/cb?code=1', 'http://evil.example:3000/cb?code=1', 'http://user@adapter:3000/cb?code=1', 'http://adapter:3001/cb?code=1'])(
    'hands on nothing that ended at %s',
    async (address) => {
      const ended = openPageDesk();
      desk.person.login = () => new URL(address);
      await expect(join()).rejects.toMatchObject({ problem: { code: 'AUTHENTICATION_REFUSED' } });
      expect(ended).toEqual([]);
    },
  );

  it('names the one certificate that the window may pick, once its card is there', async () => {
    openPageDesk('hpki');
    desk.person.login = ({ certificateSha256 }) => {
      expect(certificateSha256).toBe(cast.doctorLogin.certificate.sha256);
      return new URL('http://adapter:3000/cb?code=1');
    };
    const joined = join();
    await until('the card is missed', () => desk.person.askedToAuthenticate('need') === 1);
    desk.cards.insertLogin(cast.doctorLogin, 'hpki');
    expect(await joined).toMatchObject({ method: 'smartphone' });
  });

  it('is left for the card from the page', async () => {
    openPageDesk();
    desk.person.login = () => 'use_card';
    expect(await join()).toBe('use_card');
  });
});

describe('two who want the same doctor authenticated', () => {
  it('start one authentication, and both go on', async () => {
    openDesk();
    const [a, b] = await Promise.all([join(), join()]);
    expect(a).toBe(b);
    expect(desk.provider.orders).toHaveLength(1);
    expect(desk.person.askedToAuthenticate('opened')).toBe(1);
  });

  it('are told the same where it stands, also the one who comes later', async () => {
    openDesk().provider.login = silentPhone;
    const steps: string[] = [];
    const [stop, other] = [new AbortController(), new AbortController()];
    const first = join({ signal: stop.signal }).catch(() => 'left');
    await until('the code is shown', () => shown().includes('code'));
    const second = join({ signal: other.signal, onStep: ({ type }) => steps.push(type) }).catch(() => 'left');
    expect(steps).toEqual(['phone_asked']);
    stop.abort(new Error('gone'));
    expect(await first).toBe('left');
    expect(closed()?.what).toBe('code');
    other.abort(new Error('gone'));
    expect(await second).toBe('left');
    await until('the window closes with the last', () => closed()?.what === 'closed');
  });

  it('hear of the same failure', async () => {
    openDesk().provider.login = () => Promise.reject(refused('AUTHENTICATION_REFUSED'));
    const ends = await Promise.allSettled([join(), join()]);
    expect(ends).toMatchObject([{ status: 'rejected', reason: { problem: { code: 'AUTHENTICATION_REFUSED' } } }, { status: 'rejected', reason: { problem: { code: 'AUTHENTICATION_REFUSED' } } }]);
  });

  it('as two clients have two authentications, one window after the other, and a token each', async () => {
    openDesk();
    const [a, b] = await Promise.all([join(), join({ caller: otherEhr })]);
    expect([a, b]).toMatchObject([{ owner: { clientId: 'ehr-1' } }, { owner: { clientId: 'ehr-2' } }]);
    expect(desk.person.mostOpenWindows).toBe(1);
    expect(desk.provider.orders).toHaveLength(2);
  });

  it('end with the agent', async () => {
    openDesk().provider.login = silentPhone;
    const joined = join();
    joined.catch(() => undefined);
    await until('the code is shown', () => shown().includes('code'));
    await desk.authentications.close();
    await expect(joined).rejects.toMatchObject({ state: 'cancelled' });
  });
});

describe('an EHR that authenticates its doctor ahead of time', () => {
  const order = { staffId: staff.id, staffName: staff.name, method: 'smartphone' as const };

  it('hears that it is under way, then until when', async () => {
    openDesk();
    expect(desk.callers.get(ehr, staff.id)).toMatchObject({ state: 'not_authenticated', reason: null });
    expect(await desk.callers.begin(ehr, order)).toMatchObject({ state: 'authenticating' });
    await until('ready', () => desk.callers.get(ehr, staff.id).state === 'ready');
    expect(desk.callers.get(ehr, staff.id)).toMatchObject({ method: 'smartphone', until: new Date(desk.clock.now() + desk.provider.lifetimeMs) });
    expect(desk.callers.get(otherEhr, staff.id)).toMatchObject({ state: 'not_authenticated' });
    expect(desk.person.shownAuthentication[0]).toMatchObject({ view: { canUseCard: false, documents: 0, facility: '架空内科クリニック', terminal: 'clinic-1' } });
  });

  it('shows no code by itself: the person clicks first, and may choose another method', async () => {
    openDesk().person.method = () => 'silent';
    await desk.callers.begin(ehr, { ...order, method: 'mynumber-card' });
    await until('asked', () => desk.person.askedToAuthenticate('method') === 1);
    expect(desk.person.shownAuthentication.at(-1)).toMatchObject({ question: { suggested: 'mynumber-card', methods: ['smartphone', 'hpki-card', 'mynumber-card'] } });
    expect(desk.provider.orders).toEqual([]);
  });

  it('has a request of the same doctor join it and go on', async () => {
    openDesk();
    const gate = Promise.withResolvers<undefined>();
    const approve = desk.provider.login;
    desk.provider.login = async (...of) => {
      await gate.promise;
      return approve(...of);
    };
    await desk.callers.begin(ehr, order);
    const { id } = await desk.agent.submit(ehr, 'k1', requestFor(['rx-1'], { method: 'remote' }));
    gate.resolve(undefined);
    expect(await desk.ended(id)).toMatchObject({ state: 'signed' });
    expect(desk.provider.orders).toHaveLength(1);
  });

  it('is told why it did not succeed', async () => {
    openDesk().provider.login = () => Promise.reject(refused('AUTHENTICATION_REFUSED'));
    await desk.callers.begin(ehr, order);
    await until('over', () => desk.callers.get(ehr, staff.id).state === 'not_authenticated');
    expect(desk.callers.get(ehr, staff.id).reason?.ja).toMatch(/^認証が承認されませんでした \(AUTHENTICATION_REFUSED\)。.*もう一度認証してください/);
  });

  it.each([
    ['cancelled', '認証は取り消されました。'],
    ['silent', '認証の時間が切れました。もう一度認証してください。'],
  ] as const)('is told of an authentication that was %s, and nothing of a signature', async (answer, ja) => {
    openDesk(impatient).person.method = () => answer;
    await desk.callers.begin(ehr, order);
    await until('over', () => desk.callers.get(ehr, staff.id).state === 'not_authenticated');
    expect(desk.callers.get(ehr, staff.id).reason).toMatchObject({ ja });
  });

  it('ends what is under way, and what is ready', async () => {
    const approve = openDesk().provider.login;
    desk.provider.login = silentPhone;
    await desk.callers.begin(ehr, order);
    await until('the code is shown', () => shown().includes('code'));
    expect(await desk.callers.end(otherEhr, staff.id)).toBe(false);
    expect(await desk.callers.end(ehr, staff.id)).toBe(true);
    await until('over', () => desk.callers.get(ehr, staff.id).state === 'not_authenticated');
    expect(await desk.callers.end(ehr, staff.id)).toBe(false);
    desk.provider.login = approve;
    await join();
    expect(await desk.callers.end(ehr, staff.id)).toBe(true);
    expect(desk.provider.liveTokens).toBe(0);
  });

  const endings: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['by the EHR', () => desk.callers.end(ehr, staff.id)],
    ["with the EHR's access", () => desk.callers.endOfClient(ehr.clientId)],
    ['with the agent', () => desk.authentications.close()],
  ];

  it.each(endings)('that ends %s while the person is checked keeps nothing, and says nothing of a session', async (_how, end) => {
    openDesk();
    let ending: Promise<unknown> | undefined;
    desk.provider.beforeCredentials = () => void (ending = end());
    await desk.callers.begin(ehr, order);
    await until('over', () => desk.callers.get(ehr, staff.id).state === 'not_authenticated');
    await ending;
    expect(desk.provider).toMatchObject({ liveTokens: 0, revoked: [desk.provider.account.subject] });
    expect(await desk.store.list()).toEqual([]);
    expect(desk.person.notices).toEqual([]);
  });

  it.each(endings)('that ends %s while its token is being stored keeps nothing', async (_how, end) => {
    openDesk();
    let ending: Promise<unknown> | undefined;
    const put = desk.store.put.bind(desk.store);
    desk.store.put = async (owner, token) => {
      ending = end();
      await put(owner, token);
    };
    await desk.callers.begin(ehr, order);
    await until('over', () => desk.callers.get(ehr, staff.id).state === 'not_authenticated');
    await ending;
    expect(desk.sessions.list()).toEqual([]);
    expect(desk.provider.liveTokens).toBe(0);
    expect(await desk.store.list()).toEqual([]);
  });

  it('gets the session that is there, and a new one only within the last hour', async () => {
    openDesk();
    await join();
    expect(await desk.callers.begin(ehr, order)).toMatchObject({ state: 'ready' });
    desk.clock.advance(17.5 * 3_600_000);
    expect(await desk.callers.begin(ehr, order)).toMatchObject({ state: 'authenticating' });
    await until('renewed', () => desk.provider.orders.length === 2 && desk.callers.get(ehr, staff.id).state === 'ready');
    expect(desk.provider.revoked).toHaveLength(1);
  });

  it('is refused a method that this terminal does not offer', async () => {
    openDesk({ remote: { methods: ['hpki-card'] } });
    await expect(desk.callers.begin(ehr, order)).rejects.toMatchObject({ problem: { code: 'AUTHENTICATION_NOT_OFFERED' } });
  });

  it('waits for nothing any more once its access was taken away', async () => {
    openDesk().provider.login = silentPhone;
    await desk.callers.begin(ehr, order);
    await until('the code is shown', () => shown().includes('code'));
    await desk.callers.endOfClient(ehr.clientId);
    await until('the window closes', () => closed()?.what === 'closed');
    expect(desk.sessions.list()).toEqual([]);
  });
});

it('a token is in no window, no notice, no log and no journal', async () => {
  openDesk();
  await join();
  await desk.sign('k1', requestFor(['rx-1']));
  const seen = [desk.person.shown, desk.person.shownAuthentication, desk.person.notices, desk.auditEntries(), desk.journalRecords()];
  expect(JSON.stringify(seen)).not.toContain('secret-');
});

describe('an authentication', () => {
  it('that was ended before its provider began waits for no provider, and revokes what that still brings', async () => {
    openDesk();
    const late = Promise.withResolvers<undefined>();
    const append = desk.audit.append.bind(desk.audit);
    vi.spyOn(desk.audit, 'append').mockImplementation(async (statement) => {
      if (statement.event === 'authentication.started') void desk.callers.end(ehr, staff.id);
      return append(statement);
    });
    desk.provider.login = async () => {
      await late.promise;
      return desk.provider.account;
    };
    await desk.callers.begin(ehr, { staffId: staff.id, staffName: staff.name, method: 'smartphone' });
    await until('over', () => desk.callers.get(ehr, staff.id).state === 'not_authenticated').finally(() => late.resolve(undefined));
    await until('the late token is revoked', () => desk.provider.revoked.length === 1);
  });
});

describe('an authentication that is left while nothing is asked', () => {
  const leaving = {
    person: (): Promise<'cancelled'> => Promise.resolve('cancelled'),
    away: (): Promise<never> => Promise.reject(cancelledBy('away')),
  };

  it.each(['person', 'away'] as const)('is over at once where the service is contacted, and its late token opens nothing (%s)', async (who) => {
    openDesk().person.underWay = (step) => (step === 'contacting' ? leaving[who]() : 'silent');
    const late = Promise.withResolvers<undefined>();
    desk.provider.login = async () => {
      await late.promise;
      return desk.provider.account;
    };
    await expect(join()).rejects.toMatchObject({ state: 'cancelled', by: who });
    late.resolve(undefined);
    await until('the late token is revoked', () => desk.provider.revoked.length === 1);
    expect(desk.sessions.list()).toEqual([]);
  });

  it('is over where the login page has ended and the service is contacted again', async () => {
    const page: LoginPage = { url: new URL('https://kagura.example/login'), redirectUrl: new URL('http://adapter:3000/cb'), allowedOrigins: [], card: null };
    openDesk({ remote: { form: 'element' } }).person.login = () => new URL('http://adapter:3000/cb?code=1');
    const late = Promise.withResolvers<undefined>();
    desk.provider.login = async (_order, steps, signal) => {
      await steps.showLogin(page, signal);
      await late.promise;
      return desk.provider.account;
    };
    desk.person.underWay = () => (desk.person.askedToAuthenticate('login') > 0 ? 'cancelled' : 'silent');
    await expect(join()).rejects.toMatchObject({ state: 'cancelled', by: 'person' });
    late.resolve(undefined);
    await until('the late token is revoked', () => desk.provider.revoked.length === 1);
  });

  it.each(['person', 'away'] as const)('opens no session where the person is checked, however near its end that is (%s)', async (who) => {
    openDesk();
    const leaves = Promise.withResolvers<undefined>();
    desk.person.underWay = (step) => (step === 'checking' ? leaves.promise.then(leaving[who]) : 'silent');
    const put = desk.store.put.bind(desk.store);
    desk.store.put = async (owner, token) => {
      leaves.resolve(undefined);
      await new Promise((resolve) => setImmediate(resolve));
      await put(owner, token);
    };
    await expect(join()).rejects.toMatchObject({ state: 'cancelled', by: who });
    expect(desk.sessions.list()).toEqual([]);
    expect(desk.provider.liveTokens).toBe(0);
    expect(desk.auditEntries().find(({ event }) => event === 'authentication.ended')?.notes).toContain('why=person');
  });
});
