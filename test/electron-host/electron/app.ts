/** `app`: start, end, names, folders and the single instance. */
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type * as Electron from 'electron';
import { environment } from '../environment.ts';
import { startChromium, stopChromium } from './chromium.ts';
import { record } from './record.ts';
import { cancellable, ModelEmitter, notModelled, strict } from './refusal.ts';
import { SingleInstance } from './single-instance.ts';

/** A window as far as the end of an app is concerned. */
interface Closable {
  close(): void;
  isDestroyed(): boolean;
}

const events = [
  'will-finish-launching', 'ready', 'window-all-closed', 'before-quit', 'will-quit', 'quit', 'second-instance', 'activate', 'open-url', 'open-file',
  'browser-window-created', 'browser-window-focus', 'browser-window-blur', 'web-contents-created', 'render-process-gone', 'child-process-gone',
  'certificate-error', 'select-client-certificate', 'login', 'session-created',
];
/** Asked of Electron, and of no effect over this Chromium. */
const withoutEffect = () => undefined;

const folders = new Map<string, string>([
  ['home', homedir()],
  ['temp', tmpdir()],
  ['exe', process.execPath],
  ['module', process.execPath],
  ['appData', process.env['XDG_CONFIG_HOME'] ?? dirname(environment.userData)],
  ['userData', environment.userData],
  ['sessionData', environment.userData],
]);
const commandLine = new Map<string, string>();
const state = { ready: false, quitting: false, exiting: false, name: environment.name };
let loginItem: Electron.Settings = { openAtLogin: false };
let openWindows: () => readonly Closable[] = () => [];
let instance: SingleInstance | undefined;

const emitter = new ModelEmitter('app', events);
let becomeReady: () => void = withoutEffect;
const readiness = new Promise<void>((resolve) => { becomeReady = resolve; });

async function start(): Promise<void> {
  if (state.exiting) return; // a second instance ends before it has a Chromium
  await startChromium();
  state.ready = true;
  emitter.emit('will-finish-launching');
  emitter.emit('ready', {}, {});
  becomeReady();
}
// As Electron does it; the other signals are the app's own (src/main/log-off.ts).
process.once('SIGINT', quit);
setImmediate(() => {
  start().catch((error: unknown) => {
    process.stderr.write(`electron-host: ${String(error)}\n`);
    process.exit(70);
  });
});

function quit(): void {
  if (state.quitting) return;
  const before = cancellable({});
  emitter.emit('before-quit', before);
  if (before.defaultPrevented) return;
  state.quitting = true;
  for (const window of openWindows()) window.close();
  if (openWindows().length > 0) { // one of them refused
    state.quitting = false;
    return;
  }
  const will = cancellable({});
  emitter.emit('will-quit', will);
  if (will.defaultPrevented) state.quitting = false;
  else exit(0);
}

function exit(code = 0): void {
  if (state.exiting) return;
  state.exiting = true;
  emitter.emit('quit', {}, code);
  const end = (): never => process.exit(code);
  setTimeout(end, 3000).unref();
  stopChromium().then(end, end);
}

function getPath(name: string): string {
  const known = folders.get(name);
  if (known !== undefined) return known;
  if (name === 'logs' || name === 'crashDumps') return join(getPath('userData'), name === 'logs' ? 'logs' : 'Crashpad');
  if (['desktop', 'documents', 'downloads', 'music', 'pictures', 'videos'].includes(name)) return join(getPath('userData'), 'home', name);
  throw notModelled(`app.getPath('${name}')`);
}

const modelled = {
  isPackaged: environment.packaged,
  isReady: () => state.ready,
  whenReady: () => readiness,
  quit,
  exit,
  relaunch: () => { record.relaunches++; },
  focus: withoutEffect,
  getName: () => state.name,
  setName: (name) => { state.name = name; },
  getVersion: () => environment.version,
  getAppPath: () => environment.appPath,
  getPath,
  setPath: (name, path) => { folders.set(name, path); },
  setAppLogsPath: (path) => { folders.set('logs', path ?? join(getPath('userData'), 'logs')); },
  getLocale: () => environment.locale,
  getSystemLocale: () => environment.locale,
  getPreferredSystemLanguages: () => [environment.locale],
  getLocaleCountryCode: () => 'JP',
  setAppUserModelId: withoutEffect,
  setAboutPanelOptions: withoutEffect,
  disableHardwareAcceleration: withoutEffect,
  enableSandbox: withoutEffect, // nothing else is modelled
  isAccessibilitySupportEnabled: () => false,
  setAsDefaultProtocolClient: () => true,
  removeAsDefaultProtocolClient: () => true,
  isDefaultProtocolClient: () => false,
  getLoginItemSettings: () => loginItem as Electron.LoginItemSettings,
  setLoginItemSettings: (settings) => { loginItem = { ...loginItem, ...settings }; },
  requestSingleInstanceLock: (data) => {
    instance ??= new SingleInstance(getPath('userData'), (second) => emitter.emit('second-instance', {}, second.argv, second.workingDirectory, second.additionalData));
    return instance.request(data);
  },
  hasSingleInstanceLock: () => instance?.held ?? false,
  releaseSingleInstanceLock: () => instance?.release(),
} satisfies Partial<Electron.App>;

Object.assign(emitter, modelled, {
  commandLine: strict('app.commandLine', {
    appendSwitch: (name: string, value = '') => { commandLine.set(name, value); },
    hasSwitch: (name: string) => commandLine.has(name),
    getSwitchValue: (name: string) => commandLine.get(name) ?? '',
    removeSwitch: (name: string) => { commandLine.delete(name); },
  }),
});
Object.defineProperty(emitter, 'name', { get: () => state.name, set: modelled.setName });
export const app = emitter as ModelEmitter & typeof modelled & { name: string };

/** The windows ask about the end, and tell what the end must close; they come later than the app. */
export const lifecycle = {
  isQuitting: (): boolean => state.quitting,
  isExiting: (): boolean => state.exiting,
  knowWindows: (list: () => readonly Closable[]): void => { openWindows = list; },
  windowClosed: (): void => {
    if (openWindows().length > 0 || state.quitting || state.exiting) return;
    if (!emitter.emit('window-all-closed')) quit(); // Electron's default
  },
};
