/**
 * Row 18: QR phishing and session fixation (OWASP's QRLjacking, RFC 8628 §5.4, BCP 247). Whoever gets a doctor to scan a code
 * is that doctor for a day, and whoever scans a doctor's code is at the doctor's desk. Here a code begins with a click, lives
 * 120 seconds, serves one phone once, and wants the number that only its terminal shows; and whoever has authenticated must be
 * the doctor who was asked. The agent runs as installed, at the sandbox's service; phones are real Chromium with a virtual
 * authenticator.
 */
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { VirtualPhones, type VirtualPhone } from '../../src/sandbox/remote/virtual-phone.ts';
import type { PersonKey } from '../../src/sandbox/remote/people.ts';
import { describeWith, programPath } from '../support/machine.ts';
import { beginSession, RemoteClinic, sessionBecomes, sessionOf, shownCode, signRemotely } from '../support/remote-clinic.ts';
import { RemoteTerminal } from '../support/remote-terminal.ts';
import { codeOf, staff, type RunningAgent } from '../support/running-agent.ts';
import { until } from '../support/running-api.ts';

vi.setConfig({ testTimeout: 120_000 });

describeWith(['chromium'], 'a code on the screen', () => {
  let at: RemoteClinic;
  let phones: VirtualPhones;
  let doctors: VirtualPhone;
  let colleagues: VirtualPhone;

  async function registered(person: PersonKey): Promise<VirtualPhone> {
    const phone = await phones.phone();
    expect(await phone.register(at.service.control.issueTicket(person).url, at.service.people.person(person).password)).toMatchObject({ outcome: 'done' });
    return phone;
  }
  beforeAll(async () => {
    at = await RemoteClinic.open();
    phones = await VirtualPhones.open(programPath('chromium'));
    [doctors, colleagues] = await Promise.all([registered('doctor'), registered('otherDoctor')]);
  }, 120_000);
  afterEach(() => at.endAgents());
  afterAll(async () => {
    await phones.close();
    await at.close();
  });

  const calls = (endpoint: string): number => at.service.calls.received(endpoint);
  const events = (running: RunningAgent): readonly string[] => running.audit().map(({ event, result }) => `${event} ${result}`);
  const notices = (running: RunningAgent): readonly string[] => running.person.notices.map(({ text }) => text.ja);

  /** A doctor who has authenticated and signed before, so that account and certificate are known; nobody is authenticated now. */
  async function knownDoctor(): Promise<RunningAgent> {
    const running = await at.agent('csc', {}, {});
    at.answerCodes(running);
    expect((await signRemotely(running)).status).toBe(201);
    expect((await running.ask(`/v1/sessions/${staff.id}`, { method: 'DELETE' })).status).toBe(204);
    running.person.code = () => 'silent';
    running.person.shownAuthentication.length = 0;
    at.service.control.forgetCounts();
    return running;
  }

  async function withCode(): Promise<{ running: RunningAgent; uri: string; number: string }> {
    const running = await at.agent('csc');
    expect((await beginSession(running)).status).toBe(201);
    const { uri, number } = await shownCode(running);
    return { running, uri, number: number ?? '' };
  }
  const another = (number: string): string => (number === '111' ? '222' : '111');

  it('is not made before a person clicks, however often EHRs ask', async () => {
    const running = await at.agent('csc');
    running.person.method = () => 'cancelled';
    expect((await beginSession(running)).status).toBe(201);
    expect((await signRemotely(running)).status).toBe(409);
    expect(calls('oauth.device_authorization')).toBe(0);
    expect(running.person.askedToAuthenticate('method')).toBeGreaterThan(0);
  });

  it('names this terminal and this doctor on the phone, and lives 120 seconds at most', async () => {
    const { running, uri } = await withCode();
    expect(await doctors.open(uri)).toBeNull();
    const page = await doctors.page.locator('main').innerText();
    for (const text of ['test', staff.name, 'D0012']) expect(page).toContain(text);
    const { expiresAt } = await shownCode(running);
    expect(expiresAt.getTime() - Date.now()).toBeLessThanOrEqual(120_000);
  });

  it('has another number each time', async () => {
    const running = await at.agent('csc');
    for (let count = 1; count <= 4; count += 1) {
      await beginSession(running);
      await until(() => running.person.askedToAuthenticate('code') === count, 'the next code', 60_000);
      await running.ask(`/v1/sessions/${staff.id}`, { method: 'DELETE' });
      await sessionBecomes(running, 'not_authenticated');
    }
    const numbers = running.person.shownAuthentication.flatMap((shown) => (shown.what === 'code' ? [shown.code.number] : []));
    expect(new Set(numbers).size).toBeGreaterThan(1);
    for (const number of numbers) expect(number).toMatch(/^\d{3}$/);
  });

  it("that was used is worth nothing, neither to its phone nor to another: one token, the doctor's", async () => {
    const { running, uri, number } = await withCode();
    expect(await doctors.signIn(uri, number)).toMatchObject({ outcome: 'done' });
    expect((await doctors.open(uri))?.text).toContain('使用済みです');
    expect(await colleagues.open(uri)).toMatchObject({ outcome: 'problem' });
    await sessionBecomes(running, 'ready');
    expect((await signRemotely(running)).status).toBe(201);
    expect(at.service.signing.made).toEqual({ doctor: 1 });
    expect(calls('oauth.device_authorization')).toBe(1);
  });

  it('that another phone has scanned first goes on with that one alone', async () => {
    const { running, uri, number } = await withCode();
    expect(await doctors.open(uri)).toBeNull();
    expect((await colleagues.open(uri))?.text).toContain('すでに別のスマートフォンで読み取られています');
    expect(await doctors.typeNumber(number)).toMatchObject({ outcome: 'done' });
    await sessionBecomes(running, 'ready');
  });

  it('that nobody scanned in time ends, is not renewed by itself, and cannot be scanned any more', async () => {
    const { running, uri } = await withCode();
    at.service.control.setClockOffset(120_000);
    await until(() => running.person.askedToAuthenticate('ran_out') === 1, 'the window says that it ran out', 60_000);
    expect((await doctors.open(uri))?.text).toContain('QRコードの時間が過ぎました');
    expect(await sessionBecomes(running, 'not_authenticated')).toMatchObject({ ready: false });
    expect(calls('oauth.device_authorization')).toBe(1);
    expect(events(running)).toContain('authentication.refused AUTHENTICATION_EXPIRED');
  });

  it('whose number was wrong three times is refused, and the right one does not revive it', async () => {
    const { running, uri, number } = await withCode();
    expect(await doctors.signIn(uri, another(number))).toMatchObject({ outcome: 'problem' });
    expect(await doctors.typeNumber(another(number))).toMatchObject({ outcome: 'problem' });
    expect((await doctors.typeNumber(another(number))).text).toContain('番号を3回間違えた');
    await sessionBecomes(running, 'not_authenticated');
    expect(events(running)).toContain('authentication.refused AUTHENTICATION_REFUSED');
    expect((await doctors.open(uri))?.text).toContain('番号を3回間違えた');
    expect(events(running).filter((event) => event.startsWith('token.'))).toEqual([]);
  });

  it('that the phone declines is refused', async () => {
    const { running, uri } = await withCode();
    await doctors.open(uri);
    await doctors.decline();
    expect((await sessionBecomes(running, 'not_authenticated')).reason).toContain('認証が承認されませんでした');
  });

  it('is not approved by a phone that does not verify its user; the code still waits for the owner', async () => {
    const { running, uri, number } = await withCode();
    at.arm({ kind: 'user-verification-missing' });
    expect(await doctors.signIn(uri, number)).toMatchObject({ outcome: 'problem' });
    expect(await sessionOf(running)).toMatchObject({ state: 'authenticating' });
    expect(await doctors.typeNumber(number)).toMatchObject({ outcome: 'done' });
    await sessionBecomes(running, 'ready');
  });

  it("of an attacker's own terminal does not become this doctor's session, nor does the doctor know its number", async () => {
    const { running } = await withCode();
    const attacker = new RemoteTerminal(at.service);
    const code = await attacker.deviceCode('482', { terminal: 'test', doctor: staff.name });
    // A doctor who scans the attacker's picture types the number that their own terminal shows.
    const { number } = await shownCode(running);
    expect(await doctors.signIn(code.verification_uri_complete, number === '482' ? '483' : (number ?? ''))).toMatchObject({ outcome: 'problem' });
    expect((await attacker.poll(code.device_code)).body['error']).toBe('authorization_pending');
    await attacker.close();
    expect(await sessionOf(running)).toMatchObject({ state: 'authenticating' });
  });

  it('that another doctor approves is revoked, discarded, audited and told, and signs nothing', async () => {
    const running = await knownDoctor();
    const asked = signRemotely(running);
    const { uri, number } = await shownCode(running);
    expect(await colleagues.signIn(uri, number ?? '')).toMatchObject({ outcome: 'done' });
    const answer = await asked;
    expect([answer.status, codeOf(answer)]).toEqual([422, 'AUTHENTICATED_OTHER_PERSON']);
    expect(calls('oauth.revocation')).toBe(1);
    expect(events(running).filter((event) => /mismatch|revoked/.test(event)).slice(-2)).toEqual(['token.revoked ok', 'authentication.mismatch AUTHENTICATED_OTHER_PERSON']);
    expect(notices(running).at(-1)).toContain('医者 三郎 様とは別の方の認証でした');
    expect(await sessionOf(running)).toMatchObject({ ready: false });
    expect(at.service.signing.made).toEqual({});
  });

  it('that another doctor approves at the first use of all is shown side by side, and refused by the person there', async () => {
    const running = await at.agent('csc');
    at.answerCodes(running, 'otherDoctor');
    running.person.bind = ({ staff: asked, certificate }) => (asked.name.slice(0, 2) === certificate.name.slice(0, 2) ? 'confirmed' : 'cancelled');
    expect((await signRemotely(running)).status).toBe(409);
    expect(running.person.asked('binding')).toBe(1);
    expect(calls('oauth.revocation')).toBe(1);
    expect(calls('csc.signatures.signHash')).toBe(0);
    expect(events(running)).toContain('authentication.mismatch AUTHENTICATED_OTHER_PERSON');
    expect(notices(running).at(-1)).toContain('別の方の認証でした');
    expect(at.service.signing.made).toEqual({});
  });
});
