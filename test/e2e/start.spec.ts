/** The start: out of sight, in the tray, to itself, and on a port of its own. */
import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../support/free-port.ts';
import type { PlayedSecretStore } from './support/application.ts';
import { Desktop, expect, reachPin, test, windowNames } from './support/desktop.ts';
import { Ehr } from './support/ehr.ts';

/** Holds a loopback port, as another program does. */
async function squat(): Promise<{ readonly port: number; readonly server: Server }> {
  const port = await freePort();
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  return { server, port };
}

const leave = (server: Server): Promise<void> => new Promise((resolve) => void server.close(() => resolve()));

test('starts in the tray, with its windows built but hidden, and asks nobody outside for anything', async ({ desktop }) => {
  await desktop.port();
  for (const name of windowNames) {
    await desktop.page(name);
    // Chromium knows of a page before the main process has heard of it.
    await expect.poll(() => desktop.app.shell.windowAt(new RegExp(`^app://ui/${name}/`))).toMatchObject({ visible: false });
  }
  await expect.poll(async () => (await desktop.app.shell.tray())?.toolTip).toContain('HPKI署名エージェント');
  expect(await desktop.app.shell.blockedRequests()).toEqual([]);
});

test('shows its home when it is started again, and runs once', async ({ shared: { desktop } }) => {
  await desktop.page('home');
  expect(await desktop.app.startAgain()).toBe(0);
  await desktop.untilVisible('home');
});

test('takes the next port where the first is taken, and writes it into its file', async () => {
  const taken = await squat();
  const free = await squat();
  await leave(free.server);
  const desktop = await Desktop.start({ played: { ports: [taken.port, free.port] } });
  try {
    expect(await desktop.port()).toBe(free.port);
    await expect.poll(() => existsSync(desktop.data.portFile) && (JSON.parse(readFileSync(desktop.data.portFile, 'utf8')) as { port: number }).port).toBe(free.port);
    expect((await new Ehr(free.port, 'EHR').call('GET', '/health')).json['name']).toBe('hpki-agent');
  } finally {
    await desktop.close();
    await leave(taken.server);
  }
});

test('says which program holds the ports where none is free, and starts when it has gone', async () => {
  const taken = await squat();
  const desktop = await Desktop.start({ played: { ports: [taken.port] } });
  try {
    // This very test is the program.
    const name = process.execPath.split('/').at(-1) ?? '';
    // The agent is still starting when the windows are there: it takes what a start may take.
    await expect.poll(async () => (await desktop.app.shell.tray())?.toolTip, { timeout: 60_000 }).toContain(`ポート ${taken.port} は ${name} が使用中です`);
    await desktop.app.shell.clickTray();
    const home = await desktop.page('home');
    await expect(home.locator('main')).toContainText(process.execPath);
    await expect(home.locator('main')).toContainText('api.ports');
    await leave(taken.server);
    await home.getByRole('button', { name: 'もう一度起動する' }).click();
    expect(await desktop.port()).toBe(taken.port);
    await expect(home.locator('main')).not.toContainText(process.execPath);
    // What has not started is no record of signing, however often it tried; the log has it.
    expect(desktop.audit().map(({ event }) => event)).toEqual(['agent.started']);
    expect(readFileSync(join(desktop.data.logs, 'agent.log'), 'utf8')).toContain('"msg":"agent.not_started"');
  } finally {
    await desktop.close();
    taken.server.close();
  }
});

test('a second user of the computer has an instance, a port and files of their own', async ({ shared: { desktop } }) => {
  const other = await Desktop.start();
  try {
    const [mine, theirs] = [await desktop.port(), await other.port()];
    expect(theirs).not.toBe(mine);
    const filesOf = ({ data }: Desktop): { port: number; instance: string } => JSON.parse(readFileSync(data.portFile, 'utf8')) as { port: number; instance: string };
    await expect.poll(() => existsSync(other.data.portFile)).toBe(true);
    expect(filesOf(desktop).port).toBe(mine);
    expect(filesOf(other).port).toBe(theirs);
    expect(filesOf(other).instance).not.toBe(filesOf(desktop).instance);
    // What one has paired, the other does not know.
    const ehr = await other.ehr('向かいの席のEHR');
    expect((await ehr.call('GET', '/v1/status')).status).toBe(200);
    const home = await desktop.page('home');
    await desktop.app.shell.clickTrayItem('clients');
    await expect(home.locator('main')).not.toContainText('向かいの席のEHR');
  } finally {
    await other.close();
  }
});

test.describe('on a Linux without a key store', () => {
  test.use({ startWith: { secretStore: 'basic_text' satisfies PlayedSecretStore } });

  test('says so where signatures are asked for and in the status, and writes no secret', async ({ desktop }) => {
    const ehr = await desktop.ehr('見本電子カルテ');
    await desktop.insertCard();
    const signing = ehr.sign();
    const page = await desktop.page('signature');
    await reachPin(page);
    await expect(page.locator('main')).toContainText('このPCには秘密を保管する仕組み（キーリング）がない');
    await page.keyboard.press('Escape');
    await signing.answer;
    await desktop.app.shell.clickTrayItem('status');
    await expect((await desktop.page('home')).locator('main')).toContainText('メモリーにだけ置かれ');
    expect(readdirSync(desktop.data.secrets)).toEqual([]);
  });
});

test.describe('with a clock that is weeks ahead', () => {
  test.use({ startWith: { played: { clockOffsetMs: 20 * 24 * 60 * 60 * 1000 } } });

  test('warns in the window and in the answer, and signs', async ({ desktop }) => {
    const ehr = await desktop.ehr('見本電子カルテ');
    await desktop.insertCard();
    const signing = ehr.sign();
    const page = await desktop.page('signature');
    await reachPin(page);
    await expect(page.locator('main')).toContainText('文書の日付より8日以上進んでいます');
    await expect(page.locator('#pin')).toBeFocused();
    await page.keyboard.type('1234');
    await page.keyboard.press('Enter');
    const { status, json } = await signing.answer;
    expect(status).toBe(201);
    const [document] = json['documents'] as { readonly warnings: readonly string[] }[];
    expect(document?.warnings.join()).toContain('文書の日付より8日以上進んでいます');
  });
});

test.describe('with a clock outside the certificate’s validity', () => {
  test.use({ startWith: { played: { clockOffsetMs: 40 * 365 * 24 * 60 * 60 * 1000 } } });

  test('refuses, and asks nobody', async ({ desktop }) => {
    const ehr = await desktop.ehr('見本電子カルテ');
    await desktop.insertCard();
    await desktop.untilCardIsRead();
    const { status, json } = await ehr.sign().answer;
    expect([status, json['code']]).toEqual([422, 'CERTIFICATE_EXPIRED']);
    expect(await desktop.isVisible('signature')).toBe(false);
  });
});
