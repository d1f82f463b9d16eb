/**
 * One Chromium page of one window: its isolated world, and messages to and from it. A document is known by the id of
 * its isolated world's context, so that nothing meant for one document reaches the next.
 */
import { randomUUID } from 'node:crypto';
import type { BrowserContext, CDPSession, ConsoleMessage, Page, Route } from 'playwright-core';
import { makeCodec } from '../codec.ts';
import { runningChromium } from '../electron/chromium.ts';
import { nativeTheme } from '../electron/desktop.ts';
import type { Session } from '../electron/session.ts';
import { environment } from '../environment.ts';
import { bindingName, deliveryName, preloadWorldName, type FromPage, type ToPage } from '../worlds/messages.ts';
import { pageWorldScript, preloadWorldScript } from './injected.ts';
import { isMainNavigation } from './requests.ts';
import { OwnNetwork, type NetworkOwner } from './own-network.ts';

export interface PageSettings {
  readonly width: number;
  readonly height: number;
  readonly preload: string | undefined;
  readonly additionalArguments: readonly string[];
  readonly session: Session;
}

/** What a window hears from its page. Addresses are Chromium's. */
export interface PageListener {
  /** In the default session. */
  request(route: Route, page: Page): Promise<void>;
  /** In a partition. */
  readonly network: NetworkOwner;
  message(message: FromPage): void;
  documentGone(): void;
  popUp(url: string, frameName: string, features: string): void;
  navigated(url: string): void;
  navigationFailed(url: string, errorText: string): void;
  domReady(): void;
  loaded(): void;
  console(message: ConsoleMessage): void;
  preloadFailed(error: Error): void;
  crashed(): void;
  closed(): void;
}

const codec = makeCodec();

export class PageTarget {
  readonly page: Page;
  readonly #context: BrowserContext;
  readonly #devTools: CDPSession;
  readonly #listener: PageListener;
  readonly #followTheme = (): void => void this.page.emulateMedia({ colorScheme: nativeTheme.shouldUseDarkColors ? 'dark' : 'light' }).catch(() => undefined);
  #document: number | undefined;
  #closing = false;

  private constructor(context: BrowserContext, page: Page, devTools: CDPSession, listener: PageListener) {
    this.#context = context;
    this.page = page;
    this.#devTools = devTools;
    this.#listener = listener;
  }

  static async open(settings: PageSettings, listener: PageListener): Promise<PageTarget> {
    const { proxy } = settings.session;
    const context = await runningChromium().newContext({
      ...(proxy === null ? {} : { proxy: { server: proxy } }),
      viewport: { width: settings.width, height: settings.height },
      deviceScaleFactor: environment.scale,
      locale: environment.locale,
      colorScheme: nativeTheme.shouldUseDarkColors ? 'dark' : 'light',
      serviceWorkers: 'block',
      acceptDownloads: false,
    });
    const page = await context.newPage();
    const target = new PageTarget(context, page, await context.newCDPSession(page), listener);
    await target.#prepare(settings);
    return target;
  }

  get document(): number | undefined {
    return this.#document;
  }

  /** A message to a document that is gone is lost, as in Electron. Throws for what cannot be cloned. */
  deliver(message: ToPage, document: number | undefined = this.#document): void {
    const text = codec.encode(message);
    if (document === undefined || document !== this.#document) return;
    const expression = `${deliveryName}(${JSON.stringify(text)})`;
    void this.#devTools.send('Runtime.evaluate', { contextId: document, expression }).catch(() => undefined); // gone on the way
  }

  async paintedOnce(): Promise<void> {
    await this.page.evaluate(() => new Promise((resolve) => {
      requestAnimationFrame(() => requestAnimationFrame(resolve));
    }));
  }

  crash(): void {
    void this.#devTools.send('Page.crash').catch(() => undefined); // the answer never comes
  }

  async close(): Promise<void> {
    this.#closing = true;
    nativeTheme.off('updated', this.#followTheme);
    this.#forgetDocument();
    await this.#context.close();
  }

  async #prepare(settings: PageSettings): Promise<void> {
    const secret = randomUUID();
    const { page } = this;
    this.#context.on('page', (popUp) => void popUp.close().catch(() => undefined)); // refused before it showed anything
    // Playwright's own routes do not see where a redirect leads.
    if (settings.session.partition === null) await this.#context.route('**/*', (route) => this.#listener.request(route, page));
    await this.#context.routeWebSocket(/.*/, (socket) => {
      void socket.close();
    });
    const mainFrame = await this.#listenToDevTools();
    if (settings.session.partition !== null) await OwnNetwork.attach(this.#devTools, mainFrame, settings.session, this.#listener.network);
    this.#listenToPage();
    await page.addInitScript(pageWorldScript(secret));
    await this.#devTools.send('Runtime.addBinding', { name: bindingName, executionContextName: preloadWorldName });
    await this.#addPreload(secret, settings);
    nativeTheme.on('updated', this.#followTheme);
  }

  async #addPreload(secret: string, settings: PageSettings): Promise<void> {
    const add = async (file: string | undefined): Promise<void> => {
      const source = preloadWorldScript(secret, file, settings.additionalArguments);
      await this.#devTools.send('Page.addScriptToEvaluateOnNewDocument', { worldName: preloadWorldName, source });
    };
    try {
      await add(settings.preload);
    } catch (error) {
      this.#listener.preloadFailed(error instanceof Error ? error : new Error(String(error)));
      await add(undefined);
    }
  }

  /** Resolves with the main frame's id. */
  async #listenToDevTools(): Promise<string> {
    const devTools = this.#devTools;
    devTools.on('Page.windowOpen', ({ url, windowName, windowFeatures }) => this.#listener.popUp(url, windowName, windowFeatures.join()));
    await devTools.send('Page.enable');
    const mainFrame = (await devTools.send('Page.getFrameTree')).frameTree.frame.id;
    devTools.on('Runtime.executionContextCreated', ({ context }) => {
      const { frameId } = (context.auxData ?? {}) as { frameId?: string };
      if (context.name !== preloadWorldName || frameId !== mainFrame) return;
      this.#forgetDocument();
      this.#document = context.id;
    });
    devTools.on('Runtime.executionContextDestroyed', ({ executionContextId }) => {
      if (executionContextId === this.#document) this.#forgetDocument();
    });
    devTools.on('Runtime.bindingCalled', ({ name, executionContextId, payload }) => {
      if (name === bindingName && executionContextId === this.#document) this.#listener.message(codec.decode(payload) as FromPage);
    });
    await devTools.send('Runtime.enable');
    return mainFrame;
  }

  #listenToPage(): void {
    const { page } = this;
    page.on('framenavigated', (frame) => {
      if (frame === page.mainFrame()) this.#listener.navigated(frame.url());
    });
    page.on('requestfailed', (request) => {
      if (isMainNavigation(request, page)) this.#listener.navigationFailed(request.url(), request.failure()?.errorText ?? '');
    });
    page.on('domcontentloaded', () => this.#listener.domReady());
    page.on('load', () => this.#listener.loaded());
    page.on('console', (message) => this.#listener.console(message));
    page.on('crash', () => {
      this.#forgetDocument();
      this.#listener.crashed();
    });
    page.on('close', () => {
      if (!this.#closing) this.#listener.closed(); // by itself
    });
  }

  #forgetDocument(): void {
    if (this.#document === undefined) return;
    this.#document = undefined;
    this.#listener.documentGone();
  }
}
