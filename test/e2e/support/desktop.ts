/**
 * The desktop over virtual cards, with what a person sees and does of it. `shared` is one app for many specs, put back
 * to where it began before each; `desktop` is an app of the spec's own, for what changes how it starts.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test as base, expect, type Page } from '@playwright/test';
import { windows } from '../../../src/contract/ipc/windows.ts';
import { dataDirectory, type DataDirectory } from '../../../src/agent/storage/data-directory.ts';
import type { CardOf, E2eSeam } from '../app/main.ts';
import type { Played } from '../app/played.ts';
import { startApplication, type DesktopApplication, type StartOptions } from './application.ts';
import { Ehr } from './ehr.ts';

export type WindowName = keyof typeof windows;
export const windowNames = Object.keys(windows) as readonly WindowName[];

export interface AuditLine {
  readonly event: string;
  readonly result: string;
  readonly caller: { readonly clientName: string } | null;
  readonly notes: readonly string[];
}

export const firstReader = 'Virtual Reader 1';
export const secondReader = 'Virtual Reader 2';

export class Desktop {
  readonly app: DesktopApplication;
  readonly data: DataDirectory;

  /** A spec has attacked the pages: they are loaded anew before the next one. */
  isSpoilt = false;

  private constructor(app: DesktopApplication) {
    this.app = app;
    this.data = dataDirectory(join(app.userData, 'data'));
  }

  static async start({ played, ...options }: StartOptions & { readonly played?: Partial<Played> } = {}): Promise<Desktop> {
    const env = { ...options.env, ...(played === undefined ? {} : { E2E_PLAYED: JSON.stringify(played) }) };
    return new Desktop(await startApplication({ ...options, env }));
  }

  /** Of an agent that has started. */
  async port(): Promise<number> {
    await this.app.waitForOutput(/agent on port \d+/);
    return Number(/agent on port (\d+)/.exec(this.app.output())?.[1]);
  }

  page(window: WindowName): Promise<Page> {
    return this.app.window(new RegExp(`^app://ui/${window}/`));
  }

  isVisible(window: WindowName): Promise<boolean> {
    return this.app.evaluate(({ BrowserWindow }, name) => {
      const found = BrowserWindow.getAllWindows().find(({ webContents }) => webContents.getURL().startsWith(`app://ui/${name}/`));
      return found?.isVisible() ?? false;
    }, window);
  }

  async untilVisible(window: WindowName, visible = true, timeout = 15_000): Promise<void> {
    await expect.poll(() => this.isVisible(window), { message: `${window} is ${visible ? 'shown' : 'hidden'}`, timeout }).toBe(visible);
  }

  insertCard(of: 'doctor' | 'pharmacist' = 'doctor'): Promise<void> {
    return this.app.evaluate((_electron, person) => globalThis.e2e?.clinic.insert(person), of);
  }

  /** The agent knows whose card it is. Until then a request has a window that waits for that. */
  async untilCardIsRead(): Promise<void> {
    const isRead = (): Promise<boolean | undefined> =>
      this.app.evaluate(() => globalThis.e2e?.agent.desktop.status().readers.some(({ state }) => state === 'ready'));
    await expect.poll(isRead, { message: 'the card is read' }).toBe(true);
  }

  /** A card of its own, whose tries nobody has spent. */
  insertNew(of: CardOf, reader: string = firstReader, options: { readonly maxTries?: number } = {}): Promise<void> {
    return this.app.evaluate((_electron, card) => globalThis.e2e?.insertNew(card.of, card.reader, card.options), { of, reader, options });
  }

  /** The doctor's card with a login key, and what the system's store would know of it; beside it another doctor's. */
  async insertLoginCard(reader: string = firstReader): Promise<Awaited<ReturnType<E2eSeam['insertLoginCard']>>> {
    const stored = await this.app.evaluate((_electron, name) => globalThis.e2e?.insertLoginCard(name), reader);
    if (stored === undefined) throw new Error('The agent has not started');
    return stored;
  }

  removeCard(reader: string = firstReader): Promise<void> {
    return this.app.evaluate((_electron, name) => globalThis.e2e?.clinic.readers.remove(name), reader);
  }

  /** Opens 接続先EHRを追加 as a person does, and types the code that is shown into the EHR. */
  async pair(ehr: Ehr): Promise<void> {
    const pairing = await this.openPairing();
    const asked = await ehr.askToPair();
    const answer = await ehr.confirm(asked, await codeIn(pairing));
    expect(answer.status).toBe(201);
    await pairing.getByRole('button', { name: '閉じる' }).click();
    await this.untilVisible('pairing', false);
  }

  async openPairing(): Promise<Page> {
    await this.app.shell.clickTrayItem('clients');
    const home = await this.page('home');
    await home.getByRole('button', { name: '接続先EHRを追加' }).click();
    await this.untilVisible('pairing');
    const pairing = await this.page('pairing');
    await expect(pairing.getByRole('heading', { name: 'EHRからの接続を待っています' })).toBeVisible();
    return pairing;
  }

  /** An EHR that has been paired. */
  async ehr(name: string, origin: string | null = null): Promise<Ehr> {
    const ehr = new Ehr(await this.port(), name, origin);
    await this.pair(ehr);
    return ehr;
  }

  audit(): readonly AuditLine[] {
    if (!existsSync(this.data.audit)) return [];
    return readFileSync(this.data.audit, 'utf8').split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as AuditLine);
  }

  async close(): Promise<void> {
    await this.app.close();
  }

  async #loadAnew(): Promise<void> {
    this.isSpoilt = false;
    for (const name of windowNames) {
      const page = await this.page(name);
      await page.evaluate(() => void (document.body.dataset['spoilt'] = ''));
      await this.app.evaluate(({ BrowserWindow }, wanted) => {
        BrowserWindow.getAllWindows().find(({ webContents }) => webContents.getURL().startsWith(`app://ui/${wanted}/`))?.webContents.reload();
      }, name);
      await expect(page.locator('body:not([data-spoilt]) main')).toBeAttached();
    }
  }

  /** As after a start with an empty reader: nothing asked, no window open, Japanese, the mouse where it was. */
  async reset(): Promise<void> {
    await this.app.evaluate(({ BrowserWindow }, readers) => {
      for (const window of BrowserWindow.getAllWindows()) if (window.isVisible()) window.close();
      const there = globalThis.e2e?.clinic.readers;
      if (there) there.keypad = null;
      for (const reader of readers) there?.plugIn(reader);
      for (const reader of readers) there?.remove(reader);
      for (const reader of readers.slice(1)) there?.unplug(reader);
      there?.startService();
      shellRecord.notifications.length = 0;
      shellRecord.dialogs.length = 0;
      shellRecord.dialogAnswers.length = 0;
      shellRecord.openedOutside.length = 0;
      shellRecord.blocked.length = 0;
      shellRecord.screens.cursor = { x: 100, y: 100 };
    }, [firstReader, secondReader]);
    await this.untilVisible('signature', false);
    if (this.isSpoilt) await this.#loadAnew();
    const home = await this.page('home');
    await home.evaluate(() => (window as unknown as { agent: { invoke(channel: string, request: unknown): Promise<void> } }).agent.invoke('settings.change', { language: 'ja', theme: 'system' }));
    await expect.poll(async () => (await this.app.shell.tray())?.items.map(({ id }) => id)).not.toContain('answer');
  }
}

/** The code that the pairing window shows, as a person reads it. */
export async function codeIn(pairing: Page): Promise<string> {
  const code = pairing.locator('.code');
  await expect(code).toContainText(/\d{3}\s?\d{3}/);
  return (await code.innerText()).replaceAll(/\D/g, '');
}

interface Fixtures {
  /** An app of this spec's own. */
  readonly desktop: Desktop;
  /** The app that specs share, and an EHR that is paired with it. */
  readonly shared: { readonly desktop: Desktop; readonly ehr: Ehr };
  readonly startWith: StartOptions & { readonly played?: Partial<Played> };
}

interface WorkerFixtures {
  readonly sharedApp: { readonly desktop: Desktop; readonly ehr: Ehr };
}

/* eslint-disable no-empty-pattern -- Playwright reads the fixtures' names from the pattern. */
export const test = base.extend<Fixtures, WorkerFixtures>({
  startWith: [{}, { option: true }],
  desktop: async ({ startWith }, use) => {
    const desktop = await Desktop.start(startWith);
    await use(desktop);
    await desktop.close();
  },
  sharedApp: [
    async ({}, use) => {
      const desktop = await Desktop.start();
      await use({ desktop, ehr: await desktop.ehr('見本電子カルテ') });
      await desktop.close();
    },
    { scope: 'worker', timeout: 120_000 },
  ],
  shared: async ({ sharedApp }, use) => {
    await sharedApp.desktop.reset();
    await use(sharedApp);
  },
});
/* eslint-enable no-empty-pattern */

export { expect };

/** The PIN step in view, and armed: it takes keys 500 ms after it has been painted. */
export async function typePin(page: Page, pin: string): Promise<void> {
  const field = page.locator('#pin');
  await expect(field).toBeEditable();
  await field.pressSequentially(pin);
  await page.locator('.pin-form button[type=submit]').click();
}

/** First use of a card by this staff member: the three names side by side. */
export async function confirmBinding(page: Page): Promise<void> {
  await page.getByRole('button', { name: '同じ人です' }).click();
}

/** From a window that has just opened for a card that nobody used, to a PIN that can be typed. */
export async function reachPin(page: Page): Promise<void> {
  await confirmBinding(page);
  await expect(page.locator('#pin')).toBeEditable();
}
