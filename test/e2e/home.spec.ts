/** The place where everything can be looked up and mended. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { expect, reachPin, secondReader, test, typePin } from './support/desktop.ts';

test('status shows readers, cards by name, and the last signatures without a patient', async ({ shared: { desktop, ehr } }) => {
  await desktop.insertCard();
  await desktop.insertNew('pharmacist', secondReader);
  const home = await desktop.page('home');
  await desktop.app.shell.clickTrayItem('status');
  await expect(home.locator('.panel', { hasText: 'Virtual Reader 1' })).toContainText('テスト　医者　三郎');
  await expect(home.locator('.panel', { hasText: secondReader })).toContainText('テスト　調剤　花子');
  await expect(home.locator('.panel', { hasText: secondReader })).toContainText('薬剤師');
  const signing = ehr.sign();
  const page = await desktop.page('signature');
  await reachPin(page);
  await typePin(page, '1234');
  await signing.answer;
  const row = home.locator('.table tbody tr').first();
  await expect(row).toContainText('処方箋');
  await expect(row).toContainText('署名済み');
  await expect(home.locator('main')).not.toContainText('髙橋');
});

test('a problem has its remedy in one sentence and a button', async ({ shared: { desktop } }) => {
  const home = await desktop.page('home');
  await desktop.app.shell.clickTrayItem('status');
  await desktop.app.evaluate(() => globalThis.e2e?.clinic.readers.stopService());
  const problem = home.locator('.banner', { hasText: 'スマートカードサービスが動いていません' }).last();
  await expect(problem).toContainText('自動で再接続します');
  await problem.getByRole('button', { name: '自己診断を開く' }).click();
  await expect(home.getByRole('heading', { level: 1 })).toHaveText('自己診断');
});

test('self-diagnosis runs its checks one by one, copies them, and saves a ZIP without names', async ({ shared: { desktop } }) => {
  const home = await desktop.page('home');
  await desktop.app.shell.clickTrayItem('diagnosis');
  const start = home.getByRole('button', { name: /自己診断を始める|もう一度診断する/ });
  await start.click();
  await expect(home.locator('.check').first()).toBeVisible();
  await expect(home.getByRole('heading', { name: /項目を確認しました/ })).toBeVisible({ timeout: 60_000 });
  const lines = await home.locator('.check').count();
  expect(lines).toBeGreaterThanOrEqual(8);
  // Every line that is not well says what to do.
  for (const check of await home.locator('.check--problem, .check--warning').all()) await expect(check).toContainText('対処');

  await home.getByRole('button', { name: '結果をコピー' }).click();
  await expect(home.getByText('コピーしました')).toBeVisible();
  const copied = await desktop.app.shell.clipboard();
  expect(copied.split('\n').filter((line) => line.startsWith('[')).length).toBe(lines);

  const file = join(desktop.app.userData, 'diagnosis.zip');
  await desktop.app.shell.answerDialog({ filePath: file });
  await home.getByRole('button', { name: 'ZIPで保存' }).click();
  await expect(home.getByText('保存しました')).toBeVisible();
  const text = execFileSync('python3', ['-c', 'import sys,zipfile; z=zipfile.ZipFile(sys.argv[1]); [print(n, z.read(n).decode()) for n in z.namelist()]', file], { encoding: 'utf8' });
  expect(text).toContain('checks.json');
  expect(text).toContain('agent.log');
  for (const handed of [copied, text]) {
    expect(handed).not.toContain(hostname());
    if (userInfo().username !== 'root') expect(handed).not.toContain(userInfo().username);
    expect(handed).not.toMatch(/髙橋|ﾀｶﾊｼ|1234567890/);
  }
});

test('a ZIP that the person does not want is not written', async ({ shared: { desktop } }) => {
  const file = join(desktop.app.userData, 'never.zip');
  await desktop.app.shell.clickTrayItem('saveLogs');
  await expect.poll(async () => (await desktop.app.shell.dialogs()).length).toBe(1);
  expect(existsSync(file)).toBe(false);
});

test('settings change the language of every window and of the tray, and stay', async ({ shared: { desktop } }) => {
  const home = await desktop.page('home');
  await desktop.app.shell.clickTrayItem('settings');
  await home.getByRole('radio', { name: 'English' }).check();
  await expect(home.getByRole('heading', { level: 1 })).toHaveText('Settings');
  await expect(await desktop.page('pairing')).toHaveTitle('Add an EHR');
  await expect.poll(async () => (await desktop.app.shell.tray())?.items.map(({ label }) => label)).toContain('Connected EHRs');
  await home.getByRole('radio', { name: '日本語' }).check();
  await expect(home.getByRole('heading', { level: 1 })).toHaveText('設定');
});

test('a theme holds for windows and title bars', async ({ shared: { desktop } }) => {
  const home = await desktop.page('home');
  await desktop.app.shell.clickTrayItem('settings');
  await home.getByRole('radio', { name: '暗い' }).check();
  await expect(home.locator('html')).toHaveCSS('background-color', 'rgb(26, 26, 26)');
  await expect.poll(() => desktop.app.evaluate(({ nativeTheme }) => nativeTheme.themeSource)).toBe('dark');
  await home.getByRole('radio', { name: 'OSの設定に合わせる' }).check();
  await expect.poll(() => desktop.app.evaluate(({ nativeTheme }) => nativeTheme.themeSource)).toBe('system');
});

test.describe('under an administrator’s policy', () => {
  test.use({ startWith: { played: { policy: { language: 'ja', bounds: { documentsPerSession: 20 } } } } });

  test('what is fixed is greyed, with its reason; the rest may be changed', async ({ desktop }) => {
    await desktop.port();
    await desktop.app.shell.clickTrayItem('settings');
    const home = await desktop.page('home');
    const language = home.getByRole('group', { name: '表示言語' });
    await expect(language.getByRole('radio', { name: 'English' })).toBeDisabled();
    await expect(language).toContainText('管理者のポリシーで固定されています。');
    await expect(home.getByRole('radio', { name: '暗い' })).toBeEnabled();
    const row = home.getByRole('row', { name: /1回のPINで署名できる件数/ });
    await expect(row).toContainText('20');
    await expect(row).toContainText('管理者のポリシー');
    // Not by the page's own channel either.
    await home.evaluate(() => (window as unknown as { agent: { invoke(channel: string, request: unknown): Promise<unknown> } }).agent.invoke('settings.change', { language: 'en' }));
    await expect(home.getByRole('heading', { level: 1 })).toHaveText('設定');
  });
});
