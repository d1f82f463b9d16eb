/** The phone's leg of an authentication in a real Chromium with a virtual authenticator, and all that must not pass. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { RemoteService } from '../../../src/sandbox/remote/remote-service.ts';
import { startRemoteService } from '../../../src/sandbox/remote/start-remote-service.ts';
import { VirtualPhones, type VirtualPhone } from '../../../src/sandbox/remote/virtual-phone.ts';
import { describeWith, programPath } from '../../support/machine.ts';
import { RemoteTerminal } from '../../support/remote-terminal.ts';

describeWith(['chromium'], 'a phone', () => {
  let service: RemoteService;
  let terminal: RemoteTerminal;
  let phones: VirtualPhones;
  /** Registered for the doctor. */
  let phone: VirtualPhone;
  const opened: VirtualPhone[] = [];

  async function newPhone(): Promise<VirtualPhone> {
    const another = await phones.phone();
    opened.push(another);
    return another;
  }

  const claimsOf = (idToken: unknown): Readonly<Record<string, unknown>> =>
    JSON.parse(Buffer.from(String(idToken).split('.')[1] ?? '', 'base64url').toString('utf8')) as Record<string, unknown>;

  beforeAll(async () => {
    service = await startRemoteService();
    terminal = new RemoteTerminal(service);
    phones = await VirtualPhones.open(programPath('chromium'));
    phone = await phones.phone();
    const registered = await phone.register(service.control.issueTicket('doctor').url, service.people.person('doctor').password);
    expect(registered).toEqual({ outcome: 'done', text: '医者　三郎 さんのスマートフォンとして登録しました。' });
  });

  beforeEach(async () => {
    service.control.disarm();
    service.control.setClockOffset(0);
    await phone.verifiesUser(true);
  });

  afterEach(async () => {
    for (const another of opened.splice(0)) await another.close();
  });

  afterAll(async () => {
    await phones.close();
    await terminal.close();
    await service.close();
    expect(service.errors).toEqual([]);
  });

  it('shows which terminal asks and whose phone it is, takes the number and approves', async () => {
    const code = await terminal.deviceCode('482');
    expect(code.verification_uri_complete.length).toBeLessThanOrEqual(80);
    expect(await phone.open(code.verification_uri_complete)).toBeNull();
    const shown = await phone.page.locator('main').innerText();
    for (const text of ['テスト　架空内科クリニック', '診察室１', '医者　三郎', 'D0012']) expect(shown).toContain(text);
    // The number is the terminal's alone.
    expect(await phone.page.content()).not.toContain('482');
    expect((await terminal.poll(code.device_code)).body['error']).toBe('authorization_pending');

    expect(await phone.typeNumber('482')).toEqual({ outcome: 'done', text: '診察室１で認証しました。端末に戻ってください。' });
    const { status, body } = await terminal.poll(code.device_code);
    expect(status).toBe(200);
    expect(body).toMatchObject({ expires_in: 64_800, token_type: 'Bearer' });
    expect(claimsOf(body['id_token'])).toMatchObject({ sub: 'hpki-2nd-0001', name: '医者　三郎', acr: 'FIDO', amr: ['hwk', 'user'], aud: 'hpki-agent' });
    expect((await terminal.csc('credentials/list', {}, String(body['access_token']))).status).toBe(200);
  });

  it('may be typed the code instead of scanning it', async () => {
    const code = await terminal.deviceCode('77');
    await phone.page.goto(code.verification_uri);
    await phone.page.fill('#code', code.user_code.toLowerCase());
    await phone.page.click('form button');
    await phone.page.locator('#number').waitFor();
    expect((await phone.typeNumber('77')).outcome).toBe('done');
  });

  it('may err twice in the number, not three times', async () => {
    const code = await terminal.deviceCode('482');
    expect(await phone.signIn(code.verification_uri_complete, '111')).toEqual({ outcome: 'problem', text: '番号が違います。あと2回間違えると無効になります。' });
    expect((await phone.typeNumber('222')).outcome).toBe('problem');
    expect((await terminal.poll(code.device_code)).body['error']).toBe('authorization_pending');
    expect((await phone.typeNumber('333')).text).toContain('番号を3回間違えた');
    expect((await terminal.poll(code.device_code)).body['error']).toBe('access_denied');
    // Not even the right number revives it.
    expect((await phone.open(code.verification_uri_complete))?.text).toContain('番号を3回間違えた');
  });

  it('is right after two errors', async () => {
    const code = await terminal.deviceCode('482');
    await phone.signIn(code.verification_uri_complete, '111');
    await phone.typeNumber('222');
    expect((await phone.typeNumber('482')).outcome).toBe('done');
  });

  it('can decline', async () => {
    const code = await terminal.deviceCode();
    await phone.open(code.verification_uri_complete);
    expect((await phone.decline()).text).toBe('認証しませんでした。');
    expect((await terminal.poll(code.device_code)).body['error']).toBe('access_denied');
  });

  it('cannot use a code twice, nor get a second token out of it', async () => {
    const code = await terminal.deviceCode('482');
    await phone.signIn(code.verification_uri_complete, '482');
    expect((await terminal.poll(code.device_code)).status).toBe(200);
    expect((await phone.open(code.verification_uri_complete))?.text).toBe('このQRコードは使用済みです。');
    expect(await terminal.poll(code.device_code)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });

  it('that scans second gets nowhere, and the first goes on', async () => {
    const second = await newPhone();
    await second.register(service.control.issueTicket('otherDoctor').url, service.people.person('otherDoctor').password);
    const code = await terminal.deviceCode('482');
    await phone.open(code.verification_uri_complete);
    expect((await second.open(code.verification_uri_complete))?.text).toContain('すでに別のスマートフォンで読み取られています');
    expect((await phone.typeNumber('482')).outcome).toBe('done');
  });

  it('that nobody has registered leaves the code unused', async () => {
    const stranger = await newPhone();
    const code = await terminal.deviceCode('482');
    expect((await stranger.open(code.verification_uri_complete))?.text).toContain('登録されていません');
    expect((await phone.signIn(code.verification_uri_complete, '482')).outcome).toBe('done');
  });

  it('comes too late after two minutes, also between scan and number', async () => {
    const late = await terminal.deviceCode('482');
    service.control.setClockOffset(120_000);
    expect((await phone.open(late.verification_uri_complete))?.text).toContain('QRコードの時間が過ぎました');
    expect((await terminal.poll(late.device_code)).body['error']).toBe('expired_token');

    const slow = await terminal.deviceCode('482');
    await phone.open(slow.verification_uri_complete);
    service.control.setClockOffset(240_000);
    expect((await phone.typeNumber('482')).text).toContain('QRコードの時間が過ぎました');
    expect((await terminal.poll(slow.device_code)).body['error']).toBe('expired_token');
  });

  it('of another doctor signs in that doctor: the terminal has to look at the subject', async () => {
    const other = await newPhone();
    await other.register(service.control.issueTicket('otherDoctor').url, service.people.person('otherDoctor').password);
    const code = await terminal.deviceCode('482', { doctor: '医者　三郎' });
    expect((await other.signIn(code.verification_uri_complete, '482')).outcome).toBe('done');
    expect(claimsOf((await terminal.poll(code.device_code)).body['id_token'])['sub']).toBe('hpki-2nd-0003');
  });

  it('whose finger is not the owner’s approves nothing', async () => {
    const code = await terminal.deviceCode('482');
    await phone.verifiesUser(false);
    expect(await phone.signIn(code.verification_uri_complete, '482')).toMatchObject({ outcome: 'problem' });
    expect((await terminal.poll(code.device_code)).body['error']).toBe('authorization_pending');
  });

  it('that does not verify its user is refused by the service itself', async () => {
    const code = await terminal.deviceCode('482');
    service.control.arm({ kind: 'user-verification-missing' });
    expect(await phone.signIn(code.verification_uri_complete, '482')).toEqual({
      outcome: 'problem',
      text: '本人を確認できませんでした。指紋・顔認証か画面ロックの解除が必要です。',
    });
    expect((await terminal.poll(code.device_code)).body['error']).toBe('authorization_pending');
    expect((await phone.typeNumber('482')).outcome).toBe('done');
  });

  it('is registered once by a ticket, with the password that belongs to it', async () => {
    const { url } = service.control.issueTicket('dentist');
    const first = await newPhone();
    expect((await first.register(url, 'wrong')).text).toBe('パスワードが違います。あと4回間違えると登録できなくなります。');
    expect((await first.typePassword('sandbox-dentist')).outcome).toBe('done');
    const second = await newPhone();
    expect((await second.open(url))?.text).toContain('使用済み');
  });

  it('is locked out by the fifth wrong password, with the right one too', async () => {
    const { url } = service.control.issueTicket('nurse');
    const thief = await newPhone();
    await thief.open(url);
    for (const guess of ['a', 'b', 'c', 'd']) expect((await thief.typePassword(guess)).text).toContain('パスワードが違います');
    expect((await thief.typePassword('e')).text).toContain('5回間違えた');
    expect((await thief.typePassword('sandbox-nurse')).outcome).toBe('problem');
    expect((await thief.open(url))?.text).toContain('5回間違えた');
  });

  it('is not registered after the ticket’s three months', async () => {
    const { url } = service.control.issueTicket('clerk');
    service.control.setClockOffset(91 * 86_400_000);
    expect((await (await newPhone()).open(url))?.text).toContain('期限を過ぎました');
  });

  it('fits a small screen, without anything from elsewhere', async () => {
    const requested: string[] = [];
    phone.page.on('request', (request) => requested.push(request.url()));
    await phone.open((await terminal.deviceCode()).verification_uri_complete);
    const { scroll, width } = await phone.page.evaluate<{ scroll: number; width: number }>(
      '({ scroll: document.documentElement.scrollWidth, width: window.innerWidth })',
    );
    expect(scroll).toBeLessThanOrEqual(width);
    expect(requested.filter((url) => !url.startsWith(service.addresses.phone))).toEqual([]);
    phone.page.removeAllListeners('request');
  });
});
