/** `session`: the default one. Permission handlers decide what pages may use; Chromium itself grants nothing. */
import type * as Electron from 'electron';
import { protocol } from './protocol.ts';
import { record } from './record.ts';
import { ModelEmitter, notModelled, strict } from './refusal.ts';

type RequestHandler = Parameters<Electron.Session['setPermissionRequestHandler']>[0];
type CheckHandler = Parameters<Electron.Session['setPermissionCheckHandler']>[0];

const decided: { request: RequestHandler; check: CheckHandler } = { request: null, check: null };

/** What the app says to a page that asks. Electron grants where no handler was set; so does the model. */
export async function askPermission(webContents: unknown, permission: string, url: string): Promise<boolean> {
  const contents = webContents as Electron.WebContents;
  const handler = decided.request;
  const details = { isMainFrame: true, requestingUrl: url } as Electron.PermissionRequest;
  const granted = handler === null || (await new Promise<boolean>((resolve) => {
    handler(contents, permission as 'media', resolve, details);
  }));
  record.permissions.push({ permission, url, granted });
  return granted;
}

const modelled = {
  protocol,
  setPermissionRequestHandler: (handler: RequestHandler) => { decided.request = handler; },
  setPermissionCheckHandler: (handler: CheckHandler) => { decided.check = handler; },
  setDevicePermissionHandler: () => undefined,
  setDisplayMediaRequestHandler: () => undefined,
  setCertificateVerifyProc: () => undefined,
  setSpellCheckerEnabled: () => undefined,
  clearCache: () => Promise.resolve(),
  clearStorageData: () => Promise.resolve(),
  isPersistent: () => true,
} satisfies Partial<Record<keyof Electron.Session, unknown>>;

const defaultSession = Object.assign(new ModelEmitter('Session', ['will-download', 'select-hid-device', 'select-serial-port', 'select-usb-device']), modelled);

export const session = strict('session', {
  defaultSession,
  fromPartition: () => {
    throw notModelled('session.fromPartition');
  },
});
