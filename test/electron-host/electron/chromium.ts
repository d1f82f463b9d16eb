/**
 * The one Chromium behind all windows of a process. It has no way out: names of elsewhere resolve to nothing, and requests
 * are answered here, or judged one by one (page/own-network.ts).
 */
import type { Browser } from 'playwright-core';
import { environment } from '../environment.ts';

const switches = [
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-domain-reliability',
  '--no-pings',
  '--enable-blink-features=MessagePortCloseEvent', // the one thing that Electron adds to the web's MessagePort
  '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1',
  '--no-proxy-server', // of the environment; partitions have their own
  '--disable-site-isolation-trials', // so that a page's requests include those of its frames
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), // Chromium's own sandbox refuses root
];

let browser: Browser | undefined;
let endpoint: string | undefined;

export async function startChromium(): Promise<Browser> {
  const { chromium } = await import('playwright-core');
  const inspected = environment.devtools === undefined ? [] : [`--remote-debugging-port=${environment.devtools}`];
  browser = await chromium.launch({ executablePath: environment.chromium, args: [...switches, ...inspected], handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false });
  if (environment.controlled) ({ endpoint } = await browser.bind(`electron-host-${process.pid}`));
  Object.assign(process.versions, { chrome: browser.version() });
  return browser;
}

export function runningChromium(): Browser {
  if (browser === undefined) throw new Error('electron-host: a page was asked for before the app was ready');
  return browser;
}

/** Where the launcher finds the pages; undefined without a launcher. */
export function chromiumEndpoint(): string | undefined {
  return endpoint;
}

export async function stopChromium(): Promise<void> {
  if (endpoint !== undefined) await browser?.unbind();
  await browser?.close();
}
