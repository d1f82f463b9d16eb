/** The manual: in the program, with no way to the agent and one gate to the outside. */
import { expect, test } from './support/desktop.ts';

const helpPage = /^app:\/\/ui\/help\//;

test('opens beside the window that names a topic, in its language, and its pages link to each other', async ({ shared: { desktop } }) => {
  const home = await desktop.page('home');
  await desktop.app.shell.clickTrayItem('clients');
  await home.getByRole('button', { name: 'EHRのつなぎ方を見る' }).click();
  const manual = await desktop.app.window(helpPage);
  await expect(manual.getByRole('heading', { level: 1 })).toHaveText('EHRをつなぐ・外す');
  await manual.getByRole('link', { name: '目次' }).click();
  await expect(manual.getByRole('heading', { level: 1 })).toHaveText('使い方');
  await manual.getByRole('link', { name: /拒否/ }).click();
  await expect(manual.getByRole('heading', { level: 1 })).toHaveText(/「拒否」を押してしまったとき/);
  expect(await desktop.app.shell.openedOutside()).toEqual([]);
});

test('has no way to the agent, and runs no script', async ({ shared: { desktop } }) => {
  const home = await desktop.page('home');
  await desktop.app.shell.clickTrayItem('status');
  await home.getByRole('button', { name: '使い方' }).click();
  const manual = await desktop.app.window(helpPage);
  await expect(manual.getByRole('heading', { level: 1 })).toBeVisible();
  expect(await manual.evaluate(() => ['agent', 'require', 'process'].filter((word) => word in window))).toEqual([]);
  expect(await manual.evaluate(() => document.scripts.length)).toBe(0);
});

test('goes nowhere but to its own pages', async ({ shared: { desktop } }) => {
  const home = await desktop.page('home');
  await desktop.app.shell.clickTrayItem('status');
  await home.getByRole('button', { name: '使い方' }).click();
  const manual = await desktop.app.window(helpPage);
  await expect(manual.getByRole('heading', { level: 1 })).toHaveText('使い方');
  const addressNow = (): Promise<string | undefined> =>
    desktop.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().map(({ webContents }) => webContents.getURL()).find((url) => url.startsWith('app://ui/help/')), undefined);
  for (const address of ['https://example.com/', '../home/index.html', 'file:///etc/passwd']) {
    await manual.evaluate((href) => {
      document.body.dataset['before'] = '';
      const link = document.createElement('a');
      link.href = href;
      document.body.append(link);
      link.click();
    }, address);
    // Another click that is answered: whatever the first began has been decided by then.
    await manual.getByRole('link', { name: '目次' }).click();
    await expect(manual.locator('body:not([data-before])').getByRole('heading', { level: 1 })).toHaveText('使い方');
    expect(await addressNow()).toMatch(/^app:\/\/ui\/help\/manual\.ja\.html/);
  }
  expect(await desktop.app.shell.openedOutside()).toEqual([]);
  expect(await desktop.app.shell.blockedRequests()).toEqual([]);
});
