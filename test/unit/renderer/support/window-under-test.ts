/** One window's page in real Chromium, with a scripted agent behind it. */
import { chromium, type Browser, type BrowserContext, type Page } from '@playwright/test';
import type { AuthenticationView } from '../../../../src/contract/ipc/authentication.ts';
import type { SettingsView } from '../../../../src/contract/ipc/every-window.ts';
import type { PairingView } from '../../../../src/contract/ipc/pairing.ts';
import type { SignatureView } from '../../../../src/contract/ipc/signature.ts';
import type { WindowName } from '../../../../src/contract/ipc/windows.ts';
import { windowShapes as sizes } from '../../../../src/main/window-shapes.ts';
import { programPath } from '../../../support/machine.ts';
import { buildPages, type BuiltPages } from './built-pages.ts';
import { playAgent, type AskedOfAgent, type PinReceived } from './scripted-agent.ts';
import { settings } from './sample-agent.ts';

export interface WindowOptions {
  readonly language?: 'ja' | 'en';
  readonly scheme?: 'light' | 'dark';
  readonly theme?: SettingsView['theme'];
  readonly size?: { readonly width: number; readonly height: number };
  readonly scale?: number;
  readonly forcedColors?: boolean;
  /** Answers by channel, besides the settings. */
  readonly answers?: Readonly<Record<string, unknown>>;
  readonly settings?: SettingsView;
}

export interface WindowUnderTest {
  readonly page: Page;
  push(channel: 'view', view: SignatureView | null): Promise<void>;
  push(channel: 'authentication', view: AuthenticationView | null): Promise<void>;
  push(channel: 'pairing', view: PairingView): Promise<void>;
  push(channel: 'agent' | 'check' | 'pulse' | 'section' | 'settings', view: unknown): Promise<void>;
  /** Shows the same page otherwise, without opening it anew. */
  appear(look: Pick<WindowOptions, 'language' | 'scheme' | 'forcedColors' | 'size' | 'scale'>): Promise<void>;
  /** What the page asked for, settings aside. */
  asked(): Promise<readonly AskedOfAgent[]>;
  pins(): Promise<readonly PinReceived[]>;
  close(): Promise<void>;
}

export interface Chromium {
  open(name: WindowName, options?: WindowOptions): Promise<WindowUnderTest>;
  /** A page of the manual, as it lies beside the windows' pages. */
  openManual(page: string, options: Pick<WindowOptions, 'scheme' | 'size' | 'scale' | 'forcedColors'>): Promise<Pick<WindowUnderTest, 'page' | 'close'>>;
  close(): Promise<void>;
}


export async function startChromium(): Promise<Chromium> {
  const [pages, browser] = await Promise.all([
    buildPages(),
    chromium.launch({ executablePath: programPath('chromium'), args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] }),
  ]);
  return {
    open: (name, options = {}) => openWindow(browser, pages, name, options),
    openManual: (name, options) => openManual(browser, pages, name, options),
    async close() {
      await browser.close();
      await pages.close();
    },
  };
}

function sizeOf(name: WindowName): { width: number; height: number } {
  const { width, height } = sizes[name];
  return { width, height };
}

async function openManual(browser: Browser, pages: BuiltPages, name: string, options: WindowOptions): Promise<Pick<WindowUnderTest, 'page' | 'close'>> {
  const context = await browser.newContext({
    viewport: options.size ?? { width: 800, height: 760 },
    deviceScaleFactor: options.scale ?? 1,
    colorScheme: options.scheme ?? 'light',
    forcedColors: options.forcedColors === true ? 'active' : 'none',
  });
  const page = await context.newPage();
  const foreign = await refuseForeignRequests(context, pages.address);
  await page.goto(`${pages.address}/help/${name}.html`);
  return {
    page,
    async close() {
      await context.close();
      if (foreign.length > 0) throw new Error(`The page is not clean: ${foreign.join('; ')}`);
    },
  };
}

async function openWindow(browser: Browser, pages: BuiltPages, name: WindowName, options: WindowOptions): Promise<WindowUnderTest> {
  const context = await browser.newContext({
    viewport: options.size ?? sizeOf(name),
    deviceScaleFactor: options.scale ?? 1,
    colorScheme: options.scheme ?? 'light',
    forcedColors: options.forcedColors === true ? 'active' : 'none',
    reducedMotion: 'reduce',
    timezoneId: 'Asia/Tokyo',
  });
  const page = await context.newPage();
  const shown = options.settings ?? { ...settings, language: options.language ?? 'ja', theme: options.theme ?? 'system' };
  const foreign = await refuseForeignRequests(context, pages.address);
  await page.addInitScript(playAgent, { answers: { 'settings.get': shown, ...options.answers }, pinTaken: true });
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  await page.goto(`${pages.address}/${name}/index.html`);
  await page.locator('main').waitFor();
  const devtools = await context.newCDPSession(page);
  return {
    page,
    async appear(look) {
      await page.emulateMedia({ colorScheme: look.scheme ?? 'light', forcedColors: look.forcedColors === true ? 'active' : 'none' });
      await devtools.send('Emulation.setDeviceMetricsOverride', { ...(look.size ?? sizeOf(name)), deviceScaleFactor: look.scale ?? 1, mobile: false });
      await page.evaluate((view) => window.harness.push('settings', view), { ...shown, language: look.language ?? shown.language });
      await page.waitForFunction((language) => document.documentElement.lang === language, look.language ?? shown.language);
      await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    },
    async push(channel: string, view: unknown) {
      // A page listens a frame after it has been drawn: what is pushed before that is lost, as in the app.
      await page.waitForFunction((to) => window.harness.isHeard(to), channel);
      await page.evaluate(([to, value]) => window.harness.push(to, value), [channel, view] as const);
    },
    asked: () => page.evaluate(() => window.harness.asked.filter((one) => one.channel !== 'settings.get')),
    pins: () => page.evaluate(() => window.harness.pins),
    async close() {
      const violations = await page.evaluate(() => window.harness.violations);
      await context.close();
      const faults = [...errors, ...violations, ...foreign];
      if (faults.length > 0) throw new Error(`The page is not clean: ${faults.join('; ')}`);
    },
  };
}

/** Nothing is fetched but the page's own files: whatever else is asked for is refused and told. */
async function refuseForeignRequests(context: BrowserContext, address: string): Promise<string[]> {
  const foreign: string[] = [];
  await context.route('**/*', async (route) => {
    const { origin } = new URL(route.request().url());
    if (origin === address) return route.continue();
    foreign.push(route.request().url());
    return route.abort();
  });
  return foreign;
}
