/** One desktop over virtual cards for each spec, with the EHR that talks to it. */
import { test as base, expect, type Page } from '@playwright/test';
import { pair, sign, type PairedAgent } from '../../../src/sandbox/ehr/ehr-client.ts';
import { samplePrescriptionCsv } from '../../../src/sandbox/samples/prescription.ts';
import { startApplication, type DesktopApplication } from './application.ts';

export interface Desktop {
  readonly app: DesktopApplication;
  readonly port: number;
  page(window: 'signature' | 'pairing' | 'home'): Promise<Page>;
  isVisible(window: 'signature' | 'pairing' | 'home'): Promise<boolean>;
  insertCard(): Promise<void>;
  removeCard(): Promise<void>;
  /** Pairs through the windows, as a person does. */
  pairEhr(): Promise<PairedAgent>;
}

export const prescription = [{ id: 'rx-1', type: 'prescription' as const, csv: samplePrescriptionCsv() }];
export const staff = { id: 'D0012', name: '医者 三郎' };
export const askToSign = (agent: PairedAgent, key?: string) => sign(agent, staff, prescription, key);

async function startDesktop(): Promise<Desktop> {
  const app = await startApplication();
  await app.waitForOutput(/agent on port \d+/);
  const port = Number(/agent on port (\d+)/.exec(app.output())?.[1]);
  const page = (window: string): Promise<Page> => app.window(new RegExp(`^app://ui/${window}/`));
  const desktop: Desktop = {
    app,
    port,
    page,
    isVisible: (window) =>
      app.evaluate(({ BrowserWindow }, name) => {
        const found = BrowserWindow.getAllWindows().find(({ webContents }) => webContents.getURL().startsWith(`app://ui/${name}/`));
        return found?.isVisible() ?? false;
      }, window),
    insertCard: () => app.evaluate(() => globalThis.e2e?.clinic.insert('doctor')),
    removeCard: () => app.evaluate(() => globalThis.e2e?.clinic.readers.remove('Virtual Reader 1')),
    async pairEhr() {
      const pairing = await page('pairing');
      await expect.poll(() => pairing.evaluate(() => document.querySelector('#page')?.childElementCount ?? 0)).toBeGreaterThan(0);
      await pairing.evaluate(() => (window as unknown as { agent: { invoke(channel: string): Promise<void> } }).agent.invoke('pairing.open'));
      return pair(port, '試験用EHR', async () => {
        await expect(pairing.locator('body')).toContainText(/\d{3}\s?\d{3}/);
        return (/(\d{3})\s?(\d{3})/.exec(await pairing.locator('body').innerText()) ?? []).slice(1).join('');
      });
    },
  };
  return desktop;
}

export const test = base.extend<{ desktop: Desktop }>({
  // Playwright wants the parameter destructured, also where nothing is used of it.
  // eslint-disable-next-line no-empty-pattern -- Playwright reads the fixtures' names from it
  desktop: async ({}, use) => {
    const desktop = await startDesktop();
    await use(desktop);
    await desktop.app.close();
  },
});

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
