/** `WebContents`: one window's page as the main process knows it. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as Electron from 'electron';
import type { Page, Route } from 'playwright-core';
import type { NetworkOwner } from '../page/own-network.ts';
import { PageTarget, type PageListener, type PageSettings } from '../page/page-target.ts';
import { answerRequest } from '../page/requests.ts';
import type { FromPage, ToPage } from '../worlds/messages.ts';
import { fromChromium, toChromium } from './addresses.ts';
import { app, lifecycle } from './app.ts';
import { IpcReceiver } from './ipc-main.ts';
import { CarriedPorts, type MessagePortMain } from './message-channel.ts';
import { PageCalls } from '../page/page-calls.ts';
import { netErrorIn, type NetError } from './net-errors.ts';
import { PageSwitches } from './page-switches.ts';
import { record } from './record.ts';
import { cancellable, notModelled } from './refusal.ts';
import type { Session } from './session.ts';
import { mainFrameOf } from './web-frame.ts';

const events = [
  'did-start-loading', 'did-stop-loading', 'did-finish-load', 'did-fail-load', 'dom-ready', 'did-navigate', 'did-navigate-in-page', 'will-navigate', 'will-frame-navigate', 'will-redirect', 'login', 'select-client-certificate',
  'will-attach-webview', 'did-create-window', 'console-message', 'render-process-gone', 'unresponsive', 'responsive', 'preload-error', 'ipc-message', 'destroyed',
  'context-menu', 'before-input-event', 'will-prevent-unload', 'focus', 'blur',
];
type OpenHandler = Parameters<Electron.WebContents['setWindowOpenHandler']>[0];
type Members = 'id' | 'loadURL' | 'loadFile' | 'reload' | 'getURL' | 'send' | 'executeJavaScript' | 'setWindowOpenHandler' | 'isDestroyed' | 'isCrashed' | 'isLoading'
  | 'forcefullyCrashRenderer' | 'close';

/** What the window wants to know of its page. */
export interface PageOwner {
  readyToShow(): void;
  closedByPage(): void;
}

let lastId = 0;

export class WebContents extends PageSwitches implements Pick<Electron.WebContents, Members> {
  readonly id = ++lastId;
  readonly ipc = new IpcReceiver();
  readonly session: Session;
  readonly mainFrame: Electron.WebFrameMain = mainFrameOf(this);
  readonly #settings: PageSettings;
  readonly #owner: PageOwner;
  readonly #ports = new CarriedPorts('main', (message) => this.#target?.deliver(message));
  readonly #calls = new PageCalls(this, this.#ports);
  #opening: Promise<PageTarget>;
  #target: PageTarget | undefined;
  #state: 'alive' | 'crashed' | 'destroyed' = 'alive';
  #url = '';
  #expected = '';
  #loading = false;
  /** What `loadURL` fails with, where Playwright does not say it. */
  #loadError: NetError | undefined;
  #shown = false;
  #openHandler: OpenHandler | undefined;

  constructor(settings: PageSettings, backgroundThrottling: boolean, owner: PageOwner) {
    super('WebContents', events, backgroundThrottling);
    this.#settings = settings;
    this.session = settings.session;
    this.session.windowOpened();
    this.#owner = owner;
    this.#opening = this.#open();
    queueMicrotask(() => app.emit('web-contents-created', {}, this));
  }

  async loadURL(url: string): Promise<void> {
    const target = await this.#page();
    this.#expected = toChromium(url);
    this.#loading = true;
    this.#loadError = undefined;
    this.emit('did-start-loading');
    try {
      await target.page.goto(this.#expected, { waitUntil: 'load' });
      this.#mustHaveLoaded();
    } catch (error) {
      const { name, code } = this.#failureOf(error);
      throw Object.assign(new Error(`${name} (${code}) loading '${url}'`), { code: name, errno: code, url });
    } finally {
      this.#loading = false;
      if (this.#state !== 'destroyed') this.emit('did-stop-loading');
    }
  }

  loadFile(path: string): Promise<void> {
    return this.loadURL(pathToFileURL(resolve(app.getAppPath(), path)).href);
  }

  reload(): void {
    this.mustLive();
    void this.loadURL(this.#url).catch(() => undefined); // said by did-fail-load
  }

  send(channel: string, ...args: unknown[]): void {
    this.mustLive();
    this.deliver({ kind: 'message', channel, args, ports: [] });
  }

  postMessage(channel: string, message: unknown, transfer: readonly MessagePortMain[] = []): void {
    this.mustLive();
    const ports = transfer.map((port) => this.#ports.give(port));
    this.deliver({ kind: 'message', channel, args: [message], ports });
    if (this.#target?.document === undefined) this.#ports.closeAll(); // nobody is there to hold them
  }

  setWindowOpenHandler(handler: OpenHandler): void {
    this.#openHandler = handler;
  }

  async executeJavaScript(code: string): Promise<unknown> {
    return (await this.#page()).page.evaluate(code);
  }

  forcefullyCrashRenderer(): void {
    this.#target?.crash();
  }

  close(): void {
    this.#owner.closedByPage();
  }

  getURL(): string {
    return this.#url;
  }

  isDestroyed(): boolean {
    return this.#state === 'destroyed';
  }

  isCrashed(): boolean {
    return this.#state === 'crashed';
  }

  isLoading(): boolean {
    return this.#loading;
  }

  // ---- the model's own, for the window and for calls

  deliver(message: ToPage, document?: number): void {
    this.#target?.deliver(message, document);
  }

  get document(): number | undefined {
    return this.#target?.document;
  }

  showOrHide(visible: boolean): void {
    if (this.getBackgroundThrottling()) this.deliver({ kind: 'visibility', hidden: !visible });
  }

  /** So that its page has the focus by the time that a test acts on it, as a person's window has. */
  bringToFront(): void {
    void this.#opening.then((target) => target.page.bringToFront()).catch(() => undefined);
  }

  resize(width: number, height: number): void {
    void this.#opening.then((target) => target.page.setViewportSize({ width, height })).catch(() => undefined);
  }

  destroyNow(): void {
    if (this.#state === 'destroyed') return;
    this.#state = 'destroyed';
    this.session.windowClosed();
    this.emit('destroyed');
    this.#ports.closeAll();
    void this.#opening.then((target) => target.close()).catch(() => undefined);
  }

  // ---- the page

  #failureOf(error: unknown): NetError {
    return this.#loadError ?? netErrorIn(String(error));
  }

  #mustHaveLoaded(): void {
    if (this.#loadError !== undefined) throw new Error(this.#loadError.name);
  }

  protected override mustLive(): void {
    if (this.#state === 'destroyed') throw new TypeError('Object has been destroyed');
  }

  #page(): Promise<PageTarget> {
    this.mustLive();
    if (this.#state === 'crashed') { // a new renderer, as Electron starts one
      this.#state = 'alive';
      void this.#target?.close().catch(() => undefined);
      this.#opening = this.#open();
    }
    return this.#opening;
  }

  #open(): Promise<PageTarget> {
    const opening = PageTarget.open(this.#settings, this.#listener()).then((target) => (this.#target = target));
    opening.catch((error: unknown) => {
      if (this.#state !== 'destroyed' && !lifecycle.isExiting()) process.stderr.write(`electron-host: a page did not open: ${String(error)}\n`);
    });
    return opening;
  }

  #listener(): PageListener {
    return {
      request: (route, page) => this.#request(route, page),
      network: this.#networkOwner(),
      message: (message) => this.#message(message),
      documentGone: () => this.#ports.closeAll(),
      popUp: (url, frameName, features) => this.#popUp(fromChromium(url), frameName, features),
      navigated: (url) => {
        this.#url = fromChromium(url);
        this.emit('did-navigate', {}, this.#url, 200, 'OK');
      },
      navigationFailed: (url, errorText) => this.#navigationFailed(fromChromium(url), errorText),
      domReady: () => this.emit('dom-ready', {}),
      loaded: () => this.#loaded(),
      console: (message) => this.emit('console-message', { level: message.type(), message: message.text(), lineNumber: message.location().lineNumber, sourceId: fromChromium(message.location().url) }),
      preloadFailed: (error) => queueMicrotask(() => this.#preloadFailed(error)),
      crashed: () => this.#crashed(),
      closed: () => this.#owner.closedByPage(),
    };
  }

  async #request(route: Route, page: Page): Promise<void> {
    try {
      await answerRequest(route, page, { mayNavigate: (url) => this.#mayNavigate(url) });
    } catch (error) {
      if (this.#state === 'alive' && !lifecycle.isExiting()) process.stderr.write(`electron-host: ${String(error)}\n`);
    }
  }

  #networkOwner(): NetworkOwner {
    const contents = this as unknown as Electron.WebContents;
    return {
      contents,
      mayNavigate: (url, isRedirect) => (isRedirect ? this.#mayRedirect(url) : this.#mayNavigate(url)),
      certificateRefused: (error, url) => {
        this.#loadError = netErrorIn(error);
        this.#navigationFailed(url, error);
      },
      askCertificate: (server, list, answer) => {
        const event = cancellable({});
        app.emit('select-client-certificate', event, contents, server, list, answer);
        this.emit('select-client-certificate', event, server, list, answer);
        return event.defaultPrevented;
      },
      askLogin: (details, info) =>
        new Promise((resolve) => {
          const event = cancellable({});
          const answer = (username?: string, password?: string): void => resolve(username === undefined || password === undefined ? null : { username, password });
          this.emit('login', event, details, info, answer);
          app.emit('login', event, contents, details, info, answer);
          if (!event.defaultPrevented) resolve(null);
        }),
    };
  }

  #mayRedirect(url: string): boolean {
    const event = cancellable({ url, isMainFrame: true, isSameDocument: false, frame: this.mainFrame, initiator: this.mainFrame });
    this.emit('will-redirect', event, url, false, true);
    return !event.defaultPrevented;
  }

  /** Electron does not tell of cancelled ones. */
  #navigationFailed(url: string, errorText: string): void {
    const { name, code } = netErrorIn(errorText);
    if (this.#state === 'alive' && name !== 'ERR_ABORTED') this.emit('did-fail-load', {}, code, name, url, true, this.id, 1);
  }

  #mayNavigate(url: string): boolean {
    const asked = toChromium(url) === this.#expected; // loadURL does not ask the app
    this.#expected = '';
    if (asked) return true;
    const event = cancellable({ url, isMainFrame: true, isSameDocument: false, frame: this.mainFrame, initiator: this.mainFrame });
    this.emit('will-frame-navigate', event);
    this.emit('will-navigate', event, url, false, true);
    if (this.#loading && !event.defaultPrevented) this.#loadError = netErrorIn('ERR_ABORTED'); // the page leads on before it has loaded
    return !event.defaultPrevented;
  }

  #popUp(url: string, frameName: string, features: string): void {
    const details: Electron.HandlerDetails = { url, frameName, features, disposition: 'foreground-tab', referrer: { url: this.#url, policy: 'strict-origin-when-cross-origin' } };
    const action = this.#openHandler?.(details).action ?? 'allow'; // Electron's default
    record.popUps.push({ url, action });
    if (action !== 'deny') process.stderr.write(`${String(notModelled(`a pop-up that the app allows (${url})`))}\n`);
  }

  #message(message: FromPage): void {
    if (message.kind === 'preload-error') this.#preloadFailed(Object.assign(new Error(message.message), { stack: message.stack }));
    else if (message.kind === 'port-message') this.#ports.message(message.port, message.data);
    else if (message.kind === 'port-close') this.#ports.close(message.port);
    else {
      this.#url = fromChromium(message.url); // a new document may speak before its navigation is told
      this.#calls.take(message);
    }
  }

  #preloadFailed(error: Error): void {
    process.stderr.write(`electron-host: the preload failed: ${error.stack ?? error.message}\n`);
    this.emit('preload-error', {}, this.#settings.preload, error);
  }

  #loaded(): void {
    this.emit('did-finish-load', {});
    if (this.#shown) return;
    const ready = (): void => {
      if (this.#shown || this.#state !== 'alive') return;
      this.#shown = true;
      this.#owner.readyToShow();
    };
    void this.#target?.paintedOnce().then(ready, () => undefined);
  }

  #crashed(): void {
    if (this.#state !== 'alive') return;
    this.#state = 'crashed';
    const details = { reason: 'crashed', exitCode: 5 };
    app.emit('render-process-gone', {}, this, details);
    this.emit('render-process-gone', {}, details);
  }
}
