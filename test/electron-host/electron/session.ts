/**
 * `session`: the default one, whose pages reach protocol handlers alone, and partitions in memory, each for one window at a
 * time, whose pages reach servers of this machine. Permission handlers decide what pages may use; Chromium itself grants
 * nothing.
 */
import type * as Electron from 'electron';
import { app } from './app.ts';
import { protocol } from './protocol.ts';
import { record } from './record.ts';
import { ModelEmitter, notModelled, strict } from './refusal.ts';
import { RequestJudge } from './web-request.ts';

type RequestHandler = Parameters<Electron.Session['setPermissionRequestHandler']>[0];
type CheckHandler = Parameters<Electron.Session['setPermissionCheckHandler']>[0];
type VerifyProc = Parameters<Electron.Session['setCertificateVerifyProc']>[0];

const events = ['will-download', 'select-hid-device', 'select-serial-port', 'select-usb-device'];

type Members = 'setPermissionRequestHandler' | 'setPermissionCheckHandler' | 'setDevicePermissionHandler' | 'setDisplayMediaRequestHandler' | 'setCertificateVerifyProc'
  | 'setSpellCheckerEnabled' | 'clearCache' | 'clearStorageData' | 'isPersistent' | 'setProxy' | 'resolveProxy';

export class Session extends ModelEmitter implements Pick<Electron.Session, Members> {
  /** Null: the default session. */
  readonly partition: string | null;
  readonly judge = new RequestJudge();
  #decided: { request: RequestHandler; check: CheckHandler } = { request: null, check: null };
  #verifyProc: VerifyProc = null;
  #proxy: string | null = null;
  #windows = 0;

  constructor(partition: string | null) {
    super('Session', events);
    this.partition = partition;
  }

  get protocol(): typeof protocol {
    if (this.partition !== null) throw notModelled('protocol of a partition');
    return protocol;
  }

  get webRequest(): Electron.WebRequest {
    if (this.partition === null) throw notModelled('webRequest of the default session');
    return this.judge.api;
  }

  setPermissionRequestHandler(handler: RequestHandler): void {
    this.#decided.request = handler;
  }

  setPermissionCheckHandler(handler: CheckHandler): void {
    this.#decided.check = handler;
  }

  setDevicePermissionHandler(): void { /* no device is ever offered */ }

  setDisplayMediaRequestHandler(): void { /* nor a screen */ }

  setSpellCheckerEnabled(): void { /* there is none */ }

  /** Asked where Chromium objects to a server's certificate, and only there. */
  setCertificateVerifyProc(proc: VerifyProc): void {
    this.#verifyProc = proc;
  }

  /** `direct`, or one proxy for everything. Chromium goes to loopback addresses without it. */
  setProxy({ mode, proxyRules = '', proxyBypassRules = '', pacScript }: Electron.ProxyConfig): Promise<void> {
    if (this.partition === null || this.#windows > 0) throw notModelled('session.setProxy of the default session, or after its window was opened');
    const isOne = /^https?:\/\/[^;,=]+$/.test(proxyRules);
    if (pacScript !== undefined || proxyBypassRules !== '' || !(mode === 'direct' || (mode === 'fixed_servers' && isOne))) throw notModelled(`session.setProxy(${JSON.stringify({ mode, proxyRules, proxyBypassRules, pacScript })})`);
    this.#proxy = mode === 'direct' ? null : proxyRules;
    return Promise.resolve();
  }

  /** The model's system has no proxy. */
  resolveProxy(): Promise<string> {
    return Promise.resolve('DIRECT');
  }

  clearCache(): Promise<void> {
    return Promise.resolve();
  }

  /** A partition's storage goes with its window. */
  clearStorageData(): Promise<void> {
    if (this.#windows > 0 && this.partition !== null) throw notModelled('session.clearStorageData while a window is open');
    return Promise.resolve();
  }

  isPersistent(): boolean {
    return this.partition === null;
  }

  // ---- the model's own

  get proxy(): string | null {
    return this.#proxy;
  }

  /** What the app says to a page that asks. Electron grants where no handler was set; so does the model. */
  async askPermission(contents: unknown, permission: string, url: string): Promise<boolean> {
    const handler = this.#decided.request;
    const details = { isMainFrame: true, requestingUrl: url } as Electron.PermissionRequest;
    const granted = handler === null || (await new Promise<boolean>((resolve) => {
      handler(contents as Electron.WebContents, permission as 'media', resolve, details);
    }));
    record.permissions.push({ permission, url, granted });
    return granted;
  }

  /** Whether the app accepts a certificate that Chromium does not. */
  async accepts(request: Electron.Request): Promise<boolean> {
    const proc = this.#verifyProc;
    return proc !== null && (await new Promise<number>((resolve) => proc(request, resolve))) === 0;
  }

  windowOpened(): void {
    if (this.partition !== null && this.#windows > 0) throw notModelled('a second window in one partition');
    this.#windows += 1;
  }

  windowClosed(): void {
    this.#windows -= 1;
  }
}

const partitions = new Map<string, Session>();
const defaultSession = new Session(null);

export const session = strict('session', {
  defaultSession,
  fromPartition: (partition: string): Session => {
    if (!app.isReady()) throw new Error('Session can only be received when app is ready');
    if (partition === '' || partition.startsWith('persist:')) throw notModelled(`session.fromPartition('${partition}')`);
    const known = partitions.get(partition) ?? new Session(partition);
    if (!partitions.has(partition)) {
      partitions.set(partition, known);
      app.emit('session-created', known);
    }
    return known;
  },
});
