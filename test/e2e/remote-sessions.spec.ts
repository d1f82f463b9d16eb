/** 状態 shows who is authenticated for remote signing, and 本日終了 and the end of the OS session end it. */
import { existsSync, readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { expect, test, type Desktop } from './support/desktop.ts';
import type { Ehr } from './support/ehr.ts';

const doctor = { staffId: 'D0012', staffName: '医者　三郎' };

/** As a doctor in the morning: the EHR asks, a click makes the code, the phone approves. */
async function authenticate(desktop: Desktop, ehr: Ehr): Promise<void> {
  await ehr.call('POST', '/v1/sessions', { body: { ...doctor, method: 'smartphone' } });
  const page = await desktop.page('authentication');
  await page.getByRole('button', { name: /^スマートフォン/ }).click();
  const userCode = await page.locator('.note .address').innerText();
  const number = (await page.locator('#number').innerText()).trim();
  await desktop.app.evaluate(async (_electron, typed) => {
    const service = globalThis.e2e?.service;
    const signIn = service?.signIns.find(typed.userCode);
    await signIn?.tryNumber('a phone', typed.number);
    if (service) await signIn?.approve('a phone', service.people.person('doctor'));
  }, { userCode, number });
  await expect.poll(async () => (await ehr.call('GET', `/v1/sessions/${doctor.staffId}`)).json['state']).toBe('ready');
}

function sealedTokens(desktop: Desktop): number {
  if (!existsSync(desktop.data.tokens)) return 0;
  return (JSON.parse(readFileSync(desktop.data.tokens, 'utf8')) as { tokens: unknown[] }).tokens.length;
}

const ends = (desktop: Desktop): readonly (string | undefined)[] =>
  desktop.audit().filter(({ event }) => event === 'authentication.ended').map(({ notes }) => notes.find((note) => note.startsWith('why=')));

const toolTip = async (desktop: Desktop): Promise<string> => (await desktop.app.shell.tray())?.toolTip ?? '';

const sessionsIn = (home: Page) => home.getByRole('region', { name: 'リモート署名の認証' });

test.use({ startWith: { played: { remote: { provider: 'csc', methods: ['smartphone'] }, policy: { remote: { keepTokens: 'sealed' } } } } });

test('本日終了 revokes after one confirmation; a log-off leaves no sealed token', async ({ desktop }) => {
  const ehr = await desktop.ehr('見本電子カルテ');
  const home = await desktop.page('home');
  await desktop.app.shell.clickTrayItem('status');
  await expect(sessionsIn(home)).toContainText('認証している人はいません');

  await authenticate(desktop, ehr);
  expect(sealedTokens(desktop)).toBe(1);
  await expect(sessionsIn(home)).toContainText('医者　三郎D0012');
  await expect(sessionsIn(home)).toContainText('スマートフォン');
  await expect(sessionsIn(home)).toContainText(/\d{4}\/\d{2}\/\d{2} \d{1,2}:\d{2} まで/);
  await expect(sessionsIn(home)).toContainText('見本電子カルテ');
  await expect.poll(() => toolTip(desktop)).toMatch(/リモート署名: 医者\u3000三郎 .*\d{2}:\d{2}まで$/);

  await home.getByRole('button', { name: '医者　三郎 さんの認証を本日終了にする' }).click();
  expect(sealedTokens(desktop), 'nothing ends before the confirmation').toBe(1);
  await home.getByRole('button', { name: '本日終了にする', exact: true }).click();
  await expect(sessionsIn(home)).toContainText('認証している人はいません');
  await expect.poll(() => sealedTokens(desktop)).toBe(0);
  await expect.poll(() => toolTip(desktop)).not.toContain('リモート署名');
  expect((await ehr.call('GET', `/v1/sessions/${doctor.staffId}`)).json['state']).toBe('not_authenticated');
  await expect.poll(() => desktop.audit().filter(({ event, result }) => event === 'token.revoked' && result === 'ok')).toHaveLength(1);
  expect(ends(desktop)).toEqual(['why=person']);

  await authenticate(desktop, ehr);
  // An installer that wants files free is no log-off; one that Windows asks about first is.
  await desktop.app.shell.sessionEnds('query-session-end', 'close-app');
  expect(sealedTokens(desktop)).toBe(1);
  await desktop.app.shell.sessionEnds('query-session-end', 'logoff');
  expect(sealedTokens(desktop), 'gone before the call returns').toBe(0);
  await expect.poll(() => ends(desktop)).toEqual(['why=person', 'why=log_off']);
  await expect.poll(() => desktop.audit().filter(({ event, result }) => event === 'token.revoked' && result === 'ok')).toHaveLength(2);
  await expect(sessionsIn(home)).toContainText('認証している人はいません');

  await authenticate(desktop, ehr);
  await desktop.app.shell.sessionEnds('session-end', 'logoff').catch(() => undefined); // it may end before it has answered
  expect(sealedTokens(desktop)).toBe(0);
  await expect.poll(() => desktop.audit().at(-1)?.event, { message: 'the agent ends with the session' }).toBe('agent.stopped');
});

test('a doctor’s note on a phone to be registered is kept, shown with its days, and removed', async ({ desktop }) => {
  const home = await desktop.page('home');
  await desktop.app.shell.clickTrayItem('status');
  const section = home.getByRole('region', { name: 'スマートフォンの登録' });
  await section.getByRole('button', { name: '期限を控える' }).click();
  await section.getByLabel('職員ID').fill(doctor.staffId);
  await section.getByLabel('登録の期限').fill('2099-12-31');
  await section.getByRole('button', { name: '控える', exact: true }).click();
  await expect(section).toContainText(/2099\/12\/31まで（あと\d+日）/);
  expect(readFileSync(desktop.data.registrations, 'utf8')).toContain(doctor.staffId);
  await section.getByRole('button', { name: 'スマートフォンの登録のしかたを見る' }).click();
  const guide = await desktop.app.window(/^app:\/\/ui\/help\/remote\.ja/);
  await expect(guide.getByRole('heading', { name: 'はじめてスマートフォンを登録する' })).toBeVisible();
  await section.getByRole('button', { name: 'D0012 の控えを消す' }).click();
  await home.getByRole('dialog').getByRole('button', { name: '控えを消す' }).click();
  await expect(section).not.toContainText('2099');
  expect(readFileSync(desktop.data.registrations, 'utf8')).not.toContain(doctor.staffId);
});
