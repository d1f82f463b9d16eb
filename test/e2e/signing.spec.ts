import { askToSign, confirmBinding, expect, test, typePin } from './support/desktop.ts';

test('an EHR pairs, the doctor reads, types the PIN, and the signed prescription comes back', async ({ desktop }) => {
  const agent = await desktop.pairEhr();
  await desktop.insertCard();
  const signing = askToSign(agent);
  const page = await desktop.page('signature');
  await confirmBinding(page);
  await expect(page.locator('body')).toContainText('髙橋');
  expect(await desktop.isVisible('signature')).toBe(true);
  await typePin(page, '1234');
  const { documents, signer } = await signing;
  expect(signer.name).toContain('医者');
  expect(Buffer.from(documents[0]?.xml ?? []).toString('utf8')).toContain('Signature');
  // The window has nothing to ask any more, and goes by itself.
  await expect.poll(() => desktop.isVisible('signature')).toBe(false);
  await expect((await desktop.page('home')).locator('body')).toContainText('試験用EHR');
  // The PIN went from the page to the card host: main printed nothing, and no view has ever held it.
  expect(desktop.app.output()).not.toContain('1234');
});

test('a wrong PIN is asked for again in place, with the new count', async ({ desktop }) => {
  const agent = await desktop.pairEhr();
  await desktop.insertCard();
  const signing = askToSign(agent);
  const page = await desktop.page('signature');
  await confirmBinding(page);
  const before = await page.locator('#pin-tries').innerText();
  await typePin(page, '9999');
  await expect(page.locator('#pin-tries')).not.toHaveText(before);
  await typePin(page, '1234');
  expect((await signing).documents).toHaveLength(1);
});

test('cancel ends the request and signs nothing', async ({ desktop }) => {
  const agent = await desktop.pairEhr();
  await desktop.insertCard();
  const signing = askToSign(agent).catch((error: unknown) => error);
  const page = await desktop.page('signature');
  await confirmBinding(page);
  await expect(page.locator('#pin')).toBeEditable();
  await page.keyboard.press('Escape');
  expect(await signing).toMatchObject({ code: 'CANCELLED_BY_USER' });
  expect(await desktop.isVisible('signature')).toBe(false);
});

test('a card that is pulled while the PIN is typed brings the window back to waiting for it', async ({ desktop }) => {
  const agent = await desktop.pairEhr();
  await desktop.insertCard();
  const signing = askToSign(agent);
  const page = await desktop.page('signature');
  await confirmBinding(page);
  await expect(page.locator('#pin')).toBeEditable();
  await desktop.removeCard();
  await expect(page.locator('body')).toContainText('HPKIカードを挿入してください');
  await desktop.insertCard();
  await typePin(page, '1234');
  expect((await signing).documents).toHaveLength(1);
});

test('a locked screen cancels the PIN entry', async ({ desktop }) => {
  const agent = await desktop.pairEhr();
  await desktop.insertCard();
  const signing = askToSign(agent).catch((error: unknown) => error);
  const page = await desktop.page('signature');
  await confirmBinding(page);
  await expect(page.locator('#pin')).toBeEditable();
  await desktop.app.evaluate(({ powerMonitor }) => void powerMonitor.emit('lock-screen'));
  expect(await signing).toMatchObject({ code: 'CANCELLED_BY_USER' });
  expect(await desktop.isVisible('signature')).toBe(false);
});

test('a window that dies fails its request, which may be sent again, and is built anew', async ({ desktop }) => {
  const agent = await desktop.pairEhr();
  await desktop.insertCard();
  const first = askToSign(agent).catch((error: unknown) => error);
  const page = await desktop.page('signature');
  await confirmBinding(page);
  await expect(page.locator('#pin')).toBeEditable();
  await desktop.app.evaluate(({ BrowserWindow }) => {
    BrowserWindow.getAllWindows().find(({ webContents }) => webContents.getURL().startsWith('app://ui/signature/'))?.webContents.forcefullyCrashRenderer();
  });
  expect(await first).toMatchObject({ retriable: true });
  const second = askToSign(agent);
  // Chromium keeps a crashed page in its list: the new one is the one that is not it.
  const anew = () => desktop.app.windows().find((other) => other !== page && desktop.app.addressOf(other).startsWith('app://ui/signature/'));
  await expect.poll(() => anew() !== undefined).toBe(true);
  const rebuilt = anew() ?? page;
  await confirmBinding(rebuilt);
  await typePin(rebuilt, '1234');
  expect((await second).documents).toHaveLength(1);
});
