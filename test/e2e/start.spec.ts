/** The start: out of sight, in the tray, and to itself. */
import { expect, test } from './support/desktop.ts';

test('starts in the tray, with its windows built but hidden', async ({ desktop }) => {
  await expect.poll(async () => (await desktop.app.shell.tray())?.toolTip).toContain('HPKI署名エージェント');
  for (const name of ['signature', 'pairing', 'home'] as const) {
    await desktop.page(name);
    expect(await desktop.app.shell.windowAt(new RegExp(`^app://ui/${name}/`))).toMatchObject({ visible: false });
  }
});

test('shows its home when it is started again, and runs once', async ({ desktop }) => {
  await desktop.page('home');
  expect(await desktop.app.startAgain()).toBe(0);
  await expect.poll(() => desktop.isVisible('home')).toBe(true);
});

test('asks nobody outside for anything', async ({ desktop }) => {
  const home = await desktop.page('home');
  await expect(home.getByRole('heading', { name: '状態', exact: true }).first()).toBeVisible();
  expect(await desktop.app.shell.blockedRequests()).toEqual([]);
});
