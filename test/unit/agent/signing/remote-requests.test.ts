import { createVerifier } from '../../../../src/formats/xades/verifier.ts';
import { whyNotHere } from '../../../../src/agent/remote/why-not-here.ts';
import { cancelledBy } from '../../../../src/agent/signing/request-end.ts';
import { ProblemError } from '../../../../src/contract/problem.ts';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { accountOf, createCast, ehr, otherEhr, requestFor, SigningDesk, staff, until, xmlOf, type Cast, type DeskOptions } from './signing-desk.ts';
import { CardError } from '../../../../src/native/host/card-host.ts';
import { refused } from './played-provider.ts';

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

const events = (): readonly string[] => desk.auditEntries().map(({ event }) => event);
const verdictOf = (xml: string): string =>
  createVerifier({ anchors: [cast.ca.root.certificate.der], chain: [cast.ca.signing.certificate.der], crls: cast.ca.crls().map(({ der }) => der), at: cast.ca.now }).verify(Buffer.from(xml)).verdict;

describe.each(['value', 'element'] as const)('a request that the cloud signs (%s)', (form) => {
  it('asks to authenticate, goes on by itself, and is shown, verified and audited', async () => {
    openDesk({ remote: { form } });
    const states: string[] = [];
    desk.agent.subscribe(ehr.clientId, ({ state }) => states.push(state));
    const snapshot = await desk.sign('k1', requestFor(['rx-1'], { method: 'remote' }));

    expect(snapshot).toMatchObject({ state: 'signed', result: { method: 'remote', signer: { name: 'テスト医者　三郎' } } });
    expect(states[0]).toBe('awaiting_consent');
    expect(states).toContain('awaiting_phone');
    expect(verdictOf(xmlOf(snapshot).get('rx-1') ?? '')).toBe('VALID');
    expect(events()).toEqual([
      'authentication.started', 'authentication.approved', 'token.stored', 'token.used',
      'staff.bound', 'staff.bound', 'signature.released',
    ]);
    expect(await desk.verifyAudit()).toMatchObject({ ok: true });
    expect(desk.auditEntries().at(-1)).toMatchObject({ method: 'remote' });
  });

  it('shows staff, document and certificate side by side at the first use, before anything is released', async () => {
    openDesk({ remote: { form } });
    desk.person.bind = (view) => {
      expect(view).toMatchObject({ staff, personInDocument: '医者　三郎', certificate: { name: 'テスト医者　三郎' }, place: { kind: 'cloud', provider: desk.provider.name } });
      expect(events()).not.toContain('signature.released');
      expect(desk.bindings.accountsOf(staff.id)).toEqual([]);
      return 'confirmed';
    };
    await desk.sign('k1', requestFor(['rx-1'], { method: 'remote' }));
    expect(desk.bindings.accountsOf(staff.id)).toMatchObject([{ provider: desk.provider.name, subject: 'sub-TEST Saburo Isha' }]);
    await desk.sign('k2', requestFor(['rx-2'], { method: 'remote' }));
    expect(desk.person.asked('binding')).toBe(1);
  });

  it('ends the session and releases nothing when the person says that it is somebody else', async () => {
    openDesk({ remote: { form } });
    desk.person.bind = () => 'cancelled';
    expect(await desk.sign('k1', requestFor(['rx-1'], { method: 'remote' }))).toMatchObject({ state: 'cancelled' });
    expect(desk.sessions.list()).toEqual([]);
    expect(desk.provider.liveTokens).toBe(0);
    expect(desk.bindings.list()).toEqual([]);
    expect(events()).toContain('authentication.mismatch');
    expect(events()).not.toContain('signature.released');
  });

  it('with a live token needs no window: a toast names doctor, initials and count', async () => {
    openDesk({ remote: { form } });
    await desk.sign('k1', requestFor(['rx-1'], { method: 'remote' }));
    const windows = desk.person.asked('opened');
    const notices = desk.person.notices.length;
    const snapshot = await desk.sign('k2', requestFor(['rx-1', 'rx-2', 'rx-3']));
    expect(snapshot).toMatchObject({ state: 'signed', result: { method: 'remote' } });
    expect(desk.person.asked('opened')).toBe(windows);
    expect(desk.person.askedToAuthenticate('opened')).toBe(1);
    expect(desk.person.notices.slice(notices).map(({ text }) => text.ja)).toEqual([expect.stringMatching(/医者\u3000三郎 様として 3件に署名しました。患者: /)]);
  });

  it('answers the identical result again, also after a restart, without asking the service once more', async () => {
    openDesk({ remote: { form } });
    const first = await desk.sign('k1', requestFor(['rx-1', 'rx-2'], { method: 'remote' }));
    expect(await desk.sign('k1', requestFor(['rx-1', 'rx-2'], { method: 'remote' }))).toEqual(first);
    await desk.restart();
    expect(await desk.sign('k1', requestFor(['rx-1', 'rx-2'], { method: 'remote' }))).toEqual(first);
    expect(desk.provider.signed).toHaveLength(2);
    expect(desk.person.askedToAuthenticate('opened')).toBe(1);
  });

  it('whose answer is lost is a named failure, and never sent again under its key', async () => {
    openDesk({ remote: { form } });
    desk.provider.afterCall = () => {
      throw refused('REMOTE_ANSWER_LOST');
    };
    const lost = { state: 'failed', problem: { code: 'REMOTE_ANSWER_LOST' } };
    expect(await desk.sign('k1', requestFor(['rx-1'], { method: 'remote' }))).toMatchObject(lost);
    desk.provider.afterCall = () => undefined;
    expect(await desk.sign('k1', requestFor(['rx-1'], { method: 'remote' }))).toMatchObject(lost);
    await desk.restart();
    expect(await desk.sign('k1', requestFor(['rx-1'], { method: 'remote' }))).toMatchObject(lost);
    expect(desk.provider.signed).toHaveLength(1);
    expect(await desk.sign('k2', requestFor(['rx-1'], { method: 'remote' }))).toMatchObject({ state: 'signed' });
  });

  it('whose service could not be reached runs anew under the same key', async () => {
    openDesk({ remote: { form } });
    desk.provider.beforeCall = () => {
      throw refused('PROVIDER_UNREACHABLE');
    };
    expect(await desk.sign('k1', requestFor(['rx-1'], { method: 'remote' }))).toMatchObject({ state: 'failed', problem: { code: 'PROVIDER_UNREACHABLE' } });
    desk.provider.beforeCall = () => undefined;
    expect(await desk.sign('k1', requestFor(['rx-1'], { method: 'remote' }))).toMatchObject({ state: 'signed' });
    expect(desk.provider.signed).toHaveLength(1);
  });

  it('that its service puts off says with each run under its key what the service says then', async () => {
    openDesk({ remote: { form } });
    for (const retryAfterSeconds of [60, 5]) {
      desk.provider.beforeCall = () => {
        throw new ProblemError({ code: 'SERVICE_SUSPENDED', detail: null, retryAfterSeconds });
      };
      expect(await desk.sign('k1', requestFor(['rx-1'], { method: 'remote' }))).toMatchObject({ state: 'failed', problem: { code: 'SERVICE_SUSPENDED', retryAfterSeconds } });
    }
    expect(desk.provider.signed).toEqual([]);
  });

  it('whose token was revoked mid-batch authenticates once more and sends only what is left', async () => {
    openDesk({ remote: { form } });
    desk.provider.hashesAtOnce = 1;
    desk.provider.beforeCall = (n) => {
      if (n === 2) desk.provider.forgetTokens();
    };
    const snapshot = await desk.sign('k1', requestFor(['rx-1', 'rx-2', 'rx-3'], { method: 'remote' }));
    expect(snapshot).toMatchObject({ state: 'signed' });
    expect(xmlOf(snapshot).size).toBe(3);
    expect(desk.provider.orders).toHaveLength(2);
    expect(desk.provider.signed).toHaveLength(3);
    expect(events()).toContain('token.refused');
  });

  it('whose token was refused before anything was signed answers the identical result after a restart, signed once', async () => {
    openDesk({ remote: { form } });
    desk.provider.beforeCall = (n) => {
      if (n === 1) desk.provider.forgetTokens();
    };
    const signed = await desk.sign('k1', requestFor(['rx-1'], { method: 'remote' }));
    expect(signed).toMatchObject({ state: 'signed' });
    await desk.restart();
    expect(xmlOf(await desk.sign('k1', requestFor(['rx-1'], { method: 'remote' })))).toEqual(xmlOf(signed));
    expect(desk.provider.signed).toHaveLength(1);
  });

  it('cancelled mid-batch keeps what came back, and the same key asks only for the rest', async () => {
    openDesk({ remote: { form } });
    desk.provider.hashesAtOnce = 1;
    let id = '';
    desk.provider.afterCall = (n) => {
      if (n === 2) desk.agent.cancel(ehr, id);
    };
    id = (await desk.agent.submit(ehr, 'k1', requestFor(['rx-1', 'rx-2', 'rx-3'], { method: 'remote' }))).id;
    expect(await desk.ended(id)).toMatchObject({ state: 'cancelled' });
    expect(desk.provider.signed).toHaveLength(2);
    const again = await desk.sign('k1', requestFor(['rx-1', 'rx-2', 'rx-3'], { method: 'remote' }));
    expect(again).toMatchObject({ id, state: 'signed' });
    expect(desk.provider.signed).toHaveLength(3);
  });

  it('that was begun before policy took the service away says so under its key', async () => {
    openDesk({ remote: { form } });
    desk.provider.hashesAtOnce = 1;
    desk.provider.beforeCall = (n) => {
      if (n === 2) throw refused('SERVICE_SUSPENDED');
    };
    const request = requestFor(['rx-1', 'rx-2']);
    expect(await desk.sign('k1', request)).toMatchObject({ state: 'failed', problem: { code: 'SERVICE_SUSPENDED' } });
    Object.assign(desk.options, { remote: undefined });
    await desk.restart();
    expect(await desk.sign('k1', request)).toMatchObject({ state: 'failed', problem: { code: 'NOT_AUTHENTICATED', detail: whyNotHere.notConfigured } });
    expect(desk.provider.signed).toHaveLength(1);
  });

  it('with `partial` releases what came back before an error, and says why the rest did not', async () => {
    openDesk({ remote: { form } });
    desk.provider.hashesAtOnce = 1;
    desk.provider.beforeCall = (n) => {
      if (n === 3) throw refused('SERVICE_SUSPENDED');
    };
    const snapshot = await desk.sign('k1', requestFor(['rx-1', 'rx-2', 'rx-3'], { method: 'remote', partial: true }));
    expect(snapshot).toMatchObject({
      state: 'signed',
      result: { documents: [{ state: 'signed' }, { state: 'signed' }, { id: 'rx-3', state: 'failed', problem: { code: 'SERVICE_SUSPENDED' } }] },
    });
    await desk.restart();
    expect(await desk.sign('k1', requestFor(['rx-1', 'rx-2', 'rx-3'], { method: 'remote', partial: true }))).toEqual(snapshot);
  });

  it('that signs something else than it was sent is a mismatch: audited, never released, the session over', async () => {
    openDesk({ remote: { form } });
    await desk.sign('k1', requestFor(['rx-1'], { method: 'remote' }));
    desk.provider.twist = () => new Uint8Array(32).fill(7);
    const mismatch = { state: 'failed', problem: { code: 'SIGNATURE_MISMATCH' }, result: null };
    expect(await desk.sign('k2', requestFor(['rx-2'], { method: 'remote' }))).toMatchObject(mismatch);
    expect(desk.sessions.list()).toEqual([]);
    expect(desk.provider.liveTokens).toBe(0);
    expect(desk.auditEntries().find(({ event }) => event === 'signature.failed')).toMatchObject({ result: 'SIGNATURE_MISMATCH', method: 'remote' });
    expect(desk.person.notices.at(-1)?.text.ja).toMatch(/サービスから戻った署名が正しくないため.*医者 三郎 様の認証も終わらせました/);
    desk.provider.twist = (hash) => hash;
    expect(await desk.sign('k2', requestFor(['rx-2'], { method: 'remote' }))).toMatchObject(mismatch);
    expect(desk.provider.signed).toHaveLength(2);
  });

  it('stops a batch at the first wrong answer', async () => {
    openDesk({ remote: { form } });
    desk.provider.hashesAtOnce = 1;
    desk.provider.twist = (hash) => (desk.provider.calls === 2 ? new Uint8Array(32) : hash);
    expect(await desk.sign('k1', requestFor(['rx-1', 'rx-2', 'rx-3', 'rx-4'], { method: 'remote', partial: true }))).toMatchObject({ state: 'failed', problem: { code: 'SIGNATURE_MISMATCH' } });
    expect(desk.provider.signed).toHaveLength(2);
    expect(events()).not.toContain('signature.released');
  });

  it("under another doctor's certificate is never released", async () => {
    openDesk({ remote: { form } });
    await desk.bindings.bind(staff.id, cast.doctor.certificate, 'administrator', 0);
    // The service swaps the person after the authentication.
    await desk.sign('k1', requestFor(['rx-1'], { method: 'remote' }));
    const before = desk.provider.signed.length;
    Object.assign(desk.provider.account, { certificates: [cast.otherDoctor] });
    const snapshot = await desk.sign('k2', requestFor(['rx-2'], { method: 'remote' }));
    Object.assign(desk.provider.account, { certificates: [cast.doctor] });
    expect(snapshot).toMatchObject({ state: 'failed', problem: { code: form === 'value' ? 'AUTHENTICATED_OTHER_PERSON' : 'SIGNATURE_MISMATCH' } });
    expect(desk.provider.signed.length - before).toBe(form === 'value' ? 0 : 1);
    expect(desk.sessions.list()).toEqual([]);
    expect(events().filter((event) => event === 'signature.released')).toHaveLength(1);
  });

  it('of a pharmacist signs no prescription', async () => {
    openDesk({ remote: { form } });
    desk.provider.account = accountOf(cast.pharmacist);
    expect(await desk.sign('k1', requestFor(['rx-1'], { method: 'remote' }))).toMatchObject({
      state: 'failed',
      problem: { code: form === 'value' ? 'ROLE_NOT_ALLOWED' : 'SIGNATURE_MISMATCH' },
    });
    expect(events()).not.toContain('signature.released');
  });
});

describe('the way of a request', () => {
  it('is the card where nothing else is said and a card of this doctor is in a reader', async () => {
    openDesk().cards.insert(cast.doctor);
    expect(await desk.sign('k1')).toMatchObject({ state: 'signed', result: { method: 'local' } });
    expect(desk.person.askedToAuthenticate('opened')).toBe(0);
  });

  it('is the cloud with a live token, also beside a card', async () => {
    openDesk();
    await desk.sign('k1', requestFor(['rx-1'], { method: 'remote' }));
    desk.cards.insert(cast.doctor);
    expect(await desk.sign('k2')).toMatchObject({ state: 'signed', result: { method: 'remote' } });
  });

  it('is an authentication whose window opens by itself where no card is there', async () => {
    openDesk();
    expect(await desk.sign('k1')).toMatchObject({ state: 'signed', result: { method: 'remote' } });
    expect(desk.person.shownAuthentication[0]).toMatchObject({ what: 'opened', view: { canUseCard: true, documents: 1, staff, caller: { clientId: 'ehr-1' } } });
  });

  it('is the card where this terminal does not authenticate', async () => {
    openDesk({ remote: { methods: [] }, policy: { deadlines: { consentSeconds: 0.2, cardSeconds: 0.2 } } });
    expect(await desk.sign('k1')).toMatchObject({ state: 'failed', problem: { code: 'NO_CARD' } });
    await expect(desk.agent.submit(ehr, 'k2', requestFor(['rx-1'], { method: 'remote' }))).rejects.toMatchObject({ problem: { code: 'AUTHENTICATION_NOT_OFFERED', detail: whyNotHere.noWay } });
  });

  it('stays the card for `local`, whatever is authenticated', async () => {
    openDesk();
    await desk.sign('k1', requestFor(['rx-1'], { method: 'remote' }));
    desk.cards.insert(cast.doctor);
    expect(await desk.sign('k2', requestFor(['rx-1'], { method: 'local' }))).toMatchObject({ result: { method: 'local' } });
  });

  it('changes to the card by one click in the authentication window', async () => {
    openDesk().person.method = () => 'use_card';
    const { id } = await desk.agent.submit(ehr, 'k1', requestFor(['rx-1']));
    await until('the card is asked for', () => desk.person.asked('need') === 1);
    expect(desk.person.shownAuthentication.at(-1)).toMatchObject({ what: 'closed', end: { outcome: 'use_card' } });
    desk.cards.insert(cast.doctor);
    expect(await desk.ended(id)).toMatchObject({ state: 'signed', result: { method: 'local' } });
  });

  it('changes to the cloud by one click while a card is missed', async () => {
    openDesk();
    let asked = 0;
    desk.person.method = ({ suggested }) => (asked++ === 0 ? 'use_card' : suggested);
    desk.person.need = () => 'authenticate';
    expect(await desk.sign('k1')).toMatchObject({ state: 'signed', result: { method: 'remote' } });
    expect(desk.person.shown.find(({ what }) => what === 'need')).toMatchObject({ canAuthenticate: true });
    expect(desk.person.mostOpenWindows).toBe(1);
  });

  it('does not change to the cloud what the card may have signed under this key, whatever the window answers', async () => {
    openDesk().cards.insert(cast.doctor);
    desk.cards.afterSign = () => new CardError('CARD_MODULE_FAILED', 'played');
    const { id } = await desk.sign('k1');
    desk.cards.afterSign = () => null;
    desk.cards.pull();
    desk.person.need = () => 'authenticate';
    expect(await desk.sign('k1')).toMatchObject({ state: 'failed', problem: { code: 'NO_CARD' } });
    expect(desk.person.shown.find(({ what }) => what === 'need')).toMatchObject({ canAuthenticate: false });
    expect(desk.provider.signed).toEqual([]);
    desk.cards.insert(cast.doctor);
    expect(await desk.sign('k1')).toMatchObject({ state: 'signed', id, result: { method: 'local' } });
  });

  it('does not change to the cloud what was asked of a card alone, whatever the window answers', async () => {
    openDesk();
    await desk.sign('k1', requestFor(['rx-1'], { method: 'remote' }));
    const before = desk.provider.signed.length;
    desk.person.need = () => 'authenticate';
    expect(await desk.sign('k2', requestFor(['rx-2'], { method: 'local' }))).toMatchObject({ state: 'failed', problem: { code: 'NO_CARD' } });
    expect(desk.person.shown.find(({ what }) => what === 'need')).toMatchObject({ canAuthenticate: false });
    expect(desk.provider.signed).toHaveLength(before);
  });

  /** A person who enters the PIN on the reader, and where that is refused pulls the card and turns to the cloud. */
  function turnToCloudAfterKeypad(): void {
    desk.person.pin = ({ refused: why }) => {
      if (why === null) return 'at the reader';
      desk.cards.pull();
      return 'silent';
    };
    desk.person.need = () => 'authenticate';
  }

  it('changes to the cloud after a cancelled entry on the reader, even one that counts as a spent try: nothing was signed', async () => {
    openDesk().cards.press = () => Promise.resolve(new CardError('KEYPAD_CANCELLED', 'played'));
    desk.cards.insert(cast.doctor);
    turnToCloudAfterKeypad();
    expect(await desk.sign('k1')).toMatchObject({ state: 'signed', result: { method: 'remote' } });
    expect(desk.cards.signatures).toBe(0);
  });

  it('does not change to the cloud in the middle of a batch that the card has begun', async () => {
    const entries = ['1234', new CardError('KEYPAD_CANCELLED', 'played', undefined, { pinNotPresented: true })];
    openDesk().cards.press = () => Promise.resolve(entries.shift() ?? '1234');
    desk.cards.insert(cast.doctor);
    turnToCloudAfterKeypad();
    expect(await desk.sign('k1', requestFor(['rx-1', 'rx-2']))).toMatchObject({ state: 'failed', problem: { code: 'CARD_REMOVED' } });
    expect(desk.person.shown.find(({ what }) => what === 'need')).toMatchObject({ need: 'card_removed', canAuthenticate: false });
    expect(desk.cards.signatures).toBe(1);
    expect(desk.provider.signed).toEqual([]);
  });

  it('offers no card to a request that wants the cloud, and ends where the person wants it all the same', async () => {
    openDesk().person.method = () => 'cancelled';
    expect(await desk.sign('k1', requestFor(['rx-1'], { method: 'remote' }))).toMatchObject({ state: 'cancelled', problem: { code: 'CANCELLED_BY_USER' } });
    expect(desk.person.shownAuthentication[0]).toMatchObject({ view: { canUseCard: false } });
  });

  it('turns to the card by itself when the service cannot be reached and nothing was sent', async () => {
    openDesk();
    await desk.sign('k1', requestFor(['rx-1'], { method: 'remote' }));
    desk.provider.beforeCall = () => {
      throw refused('PROXY_DENIED');
    };
    const { id } = await desk.agent.submit(ehr, 'k2', requestFor(['rx-1']));
    await until('the card is asked for', () => desk.person.asked('need') === 1);
    desk.cards.insert(cast.doctor);
    expect(await desk.ended(id)).toMatchObject({ state: 'signed', result: { method: 'local' } });
    expect(desk.person.notices.some(({ text }) => text.ja.includes('リモート署名サービスに接続できません'))).toBe(true);
    await desk.restart();
    expect(await desk.sign('k2')).toMatchObject({ id, state: 'signed', result: { method: 'local' } });
  });

  it.each([
    ['the choice', 'PROVIDER_UNREACHABLE'],
    ['the choice', 'SERVICE_SUSPENDED'],
    ['another code', 'PROVIDER_UNREACHABLE'],
  ] as const)('does not turn to the card behind a screen that was locked at %s, after %s', async (at, code) => {
    openDesk();
    let attempts = 0;
    desk.provider.login = (_order, steps, signal) => {
      if (attempts++ === 0) return Promise.reject(refused(code));
      steps.showCode(desk.provider.code());
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }));
    };
    const lock = (): never => {
      throw cancelledBy('away');
    };
    desk.person.method = ({ problem, suggested }) => (problem !== null && at === 'the choice' ? lock() : suggested);
    desk.person.code = lock;
    expect(await desk.sign('k1')).toMatchObject({ state: 'cancelled', problem: cancelledBy('away').problem });
    expect(attempts).toBe(at === 'the choice' ? 1 : 2);
    expect(desk.person).toMatchObject({ shown: [], notices: [] });
    expect(desk.person.shownAuthentication.at(-1)).toMatchObject({ what: 'closed', end: { outcome: 'cancelled' } });
    expect(desk.auditEntries().at(-1)).toMatchObject({ event: 'signature.cancelled', notes: ['by=away'] });
  });

  it.each(['leaves unanswered', 'cancels'])('does not turn to the card where a person %s the question after a failed network: the card is a click in the window', async (what) => {
    openDesk({ policy: { deadlines: { consentSeconds: 0.1, cardSeconds: 20 } } });
    desk.provider.login = () => Promise.reject(refused('PROVIDER_UNREACHABLE'));
    desk.person.method = ({ problem, suggested }) => (problem === null ? suggested : what === 'cancels' ? 'cancelled' : 'silent');
    expect(await desk.sign('k1')).toMatchObject({ state: 'failed', problem: { code: 'PROVIDER_UNREACHABLE' } });
    expect(desk.person).toMatchObject({ shown: [], notices: [] });
    expect(desk.person.shownAuthentication[0]).toMatchObject({ view: { canUseCard: true } });
    expect(desk.person.shownAuthentication.at(-1)).toMatchObject({ what: 'closed', end: { outcome: 'failed' } });
  });

  it('does not turn to the card when an answer may be lost', async () => {
    openDesk().cards.insert(cast.doctor);
    await desk.sign('k1', requestFor(['rx-1'], { method: 'remote' }));
    desk.provider.afterCall = () => {
      throw refused('REMOTE_ANSWER_LOST');
    };
    expect(await desk.sign('k2')).toMatchObject({ state: 'failed', problem: { code: 'REMOTE_ANSWER_LOST' } });
    expect(desk.cards.signatures).toBe(0);
  });

  it('is closed on a terminal that only authenticates', async () => {
    openDesk({ policy: { terminal: { signs: false } } });
    await expect(desk.agent.submit(ehr, 'k1', requestFor(['rx-1']))).rejects.toMatchObject({ problem: { code: 'TERMINAL_DOES_NOT_SIGN' } });
  });
});

describe('a token', () => {
  it('serves only the client that opened the session, and its staff member', async () => {
    openDesk();
    await desk.sign('k1', requestFor(['rx-1'], { method: 'remote' }));
    desk.person.method = () => 'cancelled';
    expect(await desk.sign('k1', requestFor(['rx-1'], { method: 'remote' }), otherEhr)).toMatchObject({ state: 'cancelled' });
    expect(await desk.sign('k2', requestFor(['rx-1'], { method: 'remote', staff: { id: 'D0099', name: '別 次郎' } }))).toMatchObject({ state: 'cancelled' });
    expect(desk.provider.signed).toHaveLength(1);
  });

  it('that ran out while the day went on is asked for anew, by the answer of the provider and no constant', async () => {
    openDesk();
    desk.provider.lifetimeMs = 60_000;
    await desk.sign('k1', requestFor(['rx-1'], { method: 'remote' }));
    desk.clock.advance(59_000);
    await desk.sign('k2', requestFor(['rx-1'], { method: 'remote' }));
    expect(desk.provider.orders).toHaveLength(1);
    desk.clock.advance(1001);
    await desk.sign('k3', requestFor(['rx-1'], { method: 'remote' }));
    expect(desk.provider.orders).toHaveLength(2);
  });

  it('that is refused although it is fresh is not asked for again and again', async () => {
    openDesk().provider.beforeCall = () => desk.provider.forgetTokens();
    expect(await desk.sign('k1', requestFor(['rx-1'], { method: 'remote' }))).toMatchObject({ state: 'failed', problem: { code: 'TOKEN_EXPIRED' } });
    expect(desk.person.notices.filter(({ text }) => text.ja.includes('サービスが受け付けなくなりました'))).toHaveLength(2);
    expect(desk.provider.orders).toHaveLength(2);
  });
});

describe('bounds and consent', () => {
  const policy = { bounds: { documentsPerSession: 3, requestsPerHour: 60 } };

  it('are one confirmation without a PIN beyond so many documents, and then it goes on', async () => {
    openDesk({ policy });
    await desk.sign('k1', requestFor(['rx-1', 'rx-2'], { method: 'remote' }));
    expect(desk.person.asked('consent')).toBe(0);
    expect(await desk.sign('k2', requestFor(['rx-1', 'rx-2']))).toMatchObject({ state: 'signed' });
    expect(desk.person.shown.filter(({ what }) => what === 'consent')).toMatchObject([{ question: { why: 'bound_reached', documents: ['rx-1', 'rx-2'], session: { method: 'smartphone' } } }]);
    await desk.sign('k3', requestFor(['rx-1']));
    expect(desk.person.asked('consent')).toBe(1);
    expect(desk.person.asked('pin')).toBe(0);
  });

  it('open no window for a second request that the confirmation of the first has answered', async () => {
    openDesk({ policy });
    await desk.sign('k1', requestFor(['rx-1', 'rx-2', 'rx-3'], { method: 'remote' }));
    const opened = (): number => desk.person.shown.filter(({ what }) => what === 'opened').length;
    const before = opened();
    const ends = await Promise.all(['k2', 'k3'].map((key) => desk.sign(key, requestFor(key === 'k2' ? ['rx-1', 'rx-2'] : ['rx-1']))));
    expect(ends).toMatchObject([{ state: 'signed' }, { state: 'signed' }]);
    expect(desk.person.asked('consent')).toBe(1);
    expect(opened() - before).toBe(1);
  });

  it('are one confirmation beyond so many requests an hour', async () => {
    openDesk({ policy: { bounds: { documentsPerSession: 250, requestsPerHour: 2 } } });
    for (const key of ['k1', 'k2', 'k3']) await desk.sign(key, requestFor(['rx-1'], { method: 'remote' }));
    expect(desk.person.asked('consent')).toBe(1);
    desk.clock.advance(3_600_000);
    await desk.sign('k4', requestFor(['rx-1']));
    expect(desk.person.asked('consent')).toBe(1);
  });

  it('that nobody confirms are TOKEN_BOUND_REACHED, and nothing is sent', async () => {
    openDesk({ policy: { ...policy, deadlines: { consentSeconds: 0.2, cardSeconds: 20 } } });
    await desk.sign('k1', requestFor(['rx-1', 'rx-2', 'rx-3'], { method: 'remote' }));
    desk.person.consent = () => 'silent';
    expect(await desk.sign('k2', requestFor(['rx-1']))).toMatchObject({ state: 'failed', problem: { code: 'TOKEN_BOUND_REACHED' } });
    expect(desk.provider.signed).toHaveLength(3);
  });

  it.each([['each-batch', [['rx-1', 'rx-2']]], ['each', [['rx-1'], ['rx-2']]]] as const)('are asked as policy %s says', async (confirm, asked) => {
    openDesk({ remote: { confirm } });
    await desk.sign('k1', requestFor(['rx-1', 'rx-2'], { method: 'remote' }));
    expect(desk.person.shown.flatMap((shown) => (shown.what === 'consent' ? [shown.question.documents] : []))).toEqual(asked);
    desk.person.consent = () => 'cancelled';
    expect(await desk.sign('k2', requestFor(['rx-1']))).toMatchObject({ state: 'cancelled' });
    expect(desk.provider.signed).toHaveLength(2);
  });

  it.each(['person', 'away'] as const)('send nothing where the person leaves after the confirmation, before the first document goes (%s)', async (who) => {
    openDesk({ remote: { confirm: 'each-batch' } });
    desk.person.leftAfterAnswer = cancelledBy(who);
    expect(await desk.sign('k1', requestFor(['rx-1'], { method: 'remote' }))).toMatchObject({ state: 'cancelled', problem: cancelledBy(who).problem });
    expect(desk.provider.signed).toEqual([]);
    desk.person.leftAfterAnswer = null;
    expect(await desk.sign('k1', requestFor(['rx-1'], { method: 'remote' }))).toMatchObject({ state: 'signed' });
    expect(desk.provider.orders).toHaveLength(1);
  });

  it('are asked at the first signature after a restart, because nobody knows what was signed before', async () => {
    openDesk({ remote: { sealed: true } });
    await desk.sign('k1', requestFor(['rx-1'], { method: 'remote' }));
    await desk.restart();
    expect(await desk.sign('k2', requestFor(['rx-1']))).toMatchObject({ state: 'signed', result: { method: 'remote' } });
    expect(desk.provider.orders).toHaveLength(1);
    expect(desk.person.asked('consent')).toBe(1);
  });
});

describe('a request whose token was refused', () => {
  it('does not turn to the card where the person leaves the new authentication after a failed network', async () => {
    openDesk();
    await desk.sign('k1', requestFor(['rx-1'], { method: 'remote' }));
    desk.provider.forgetTokens();
    desk.provider.login = () => Promise.reject(refused('PROVIDER_UNREACHABLE'));
    desk.person.method = ({ problem, suggested }) => (problem === null ? suggested : 'cancelled');
    const before = desk.person.shown.length;
    expect(await desk.sign('k2')).toMatchObject({ state: 'failed', problem: { code: 'PROVIDER_UNREACHABLE' } });
    expect(desk.person.shown.length).toBe(before);
  });
});
