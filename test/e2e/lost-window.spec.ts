/** A page that dies or hangs: its request fails as something that may be asked again, and the window is built anew. */
import type { Page } from '@playwright/test';
import type { Desktop } from './support/desktop.ts';
import { expect, reachPin, test, typePin, windowNames } from './support/desktop.ts';

/** Chromium keeps a dead page in its list: the new one is the one that is not it. */
async function pageAnew(desktop: Desktop, before: Page): Promise<Page> {
  const find = () => desktop.app.windows().find((other) => other !== before && !other.isClosed() && desktop.app.addressOf(other).startsWith('app://ui/signature/'));
  await expect.poll(() => find() !== undefined, { timeout: 30_000 }).toBe(true);
  const found = find();
  if (found === undefined) throw new Error('the new page has gone');
  await expect(found.locator('main')).toBeAttached();
  return found;
}

test('a renderer that crashes', async ({ desktop }) => {
  const ehr = await desktop.ehr('見本電子カルテ');
  await desktop.insertCard();
  const first = ehr.sign();
  const page = await desktop.page('signature');
  await reachPin(page);
  await desktop.app.evaluate(({ BrowserWindow }) => {
    BrowserWindow.getAllWindows().find(({ webContents }) => webContents.getURL().startsWith('app://ui/signature/'))?.webContents.forcefullyCrashRenderer();
  });
  const { status, json } = await first.answer;
  expect([status, json['code'], json['retriable'], json['detail']]).toEqual([409, 'CANCELLED_BY_USER', true, '確認の画面が応答しなくなりました。']);
  await expect.poll(() => desktop.audit().at(-1)).toMatchObject({ event: 'signature.cancelled', notes: ['by=window'] });
  const second = ehr.sign();
  const rebuilt = await pageAnew(desktop, page);
  await reachPin(rebuilt);
  await typePin(rebuilt, '1234');
  expect((await second.answer).status).toBe(201);
});

test('a renderer that hangs for ten seconds', async ({ desktop }) => {
  const ehr = await desktop.ehr('見本電子カルテ');
  await desktop.insertCard();
  const first = ehr.sign();
  const page = await desktop.page('signature');
  await reachPin(page);
  const began = Date.now();
  // The page's own thread never comes back; nobody waits for the answer.
  page.evaluate(() => {
    for (const end = Date.now() + 120_000; Date.now() < end;);
  }).catch(() => undefined);
  const { status, json } = await first.answer;
  expect([status, json['retriable'], json['detail']]).toEqual([409, true, '確認の画面が応答しなくなりました。']);
  // Ten seconds from the beat that stays unanswered, which may have been sent just before.
  expect(Date.now() - began).toBeGreaterThanOrEqual(9_000);
  const second = ehr.sign();
  const rebuilt = await pageAnew(desktop, page);
  await reachPin(rebuilt);
  await typePin(rebuilt, '1234');
  expect((await second.answer).status).toBe(201);
});

test('a renderer that crashes again and again: it is left, and built anew for the next request', async ({ desktop }) => {
  const ehr = await desktop.ehr('見本電子カルテ');
  await desktop.insertCard();
  // One crash, and how many windows there are then.
  const crash = (): Promise<number> =>
    desktop.app.evaluate(({ BrowserWindow }) => {
      const windows = BrowserWindow.getAllWindows();
      windows.find(({ webContents }) => webContents.getURL().startsWith('app://ui/signature/'))?.webContents.forcefullyCrashRenderer();
      return windows.length;
    }, undefined);
  expect(await crash()).toBe(windowNames.length);
  await expect.poll(crash, { timeout: 40_000 }).toBe(windowNames.length - 1);
  const signing = ehr.sign();
  const page = await desktop.page('signature');
  await reachPin(page);
  await typePin(page, '1234');
  expect((await signing.answer).status).toBe(201);
});
