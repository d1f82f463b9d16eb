/**
 * What a person at the screen would have seen, and what left or wanted to leave the app. Tests read it through the
 * launcher; on a real Electron a small spy fills the same shape (test/e2e), so it holds nothing that only a model has
 * but `blocked`, `clientCertificates` and `screens`.
 */
import type * as Electron from 'electron';

export interface TrayRecord {
  toolTip: string;
  title: string;
  image: Pick<Electron.NativeImage, 'toPNG' | 'isEmpty'> | null;
  menu: Electron.Menu | null;
  readonly tray: { emit(event: string, ...args: unknown[]): boolean };
}

export interface NotificationRecord {
  readonly title: string;
  readonly body: string;
  readonly notification: { emit(event: string, ...args: unknown[]): boolean };
}

export interface DialogRecord {
  readonly kind: 'message' | 'error' | 'open' | 'save';
  readonly options: object;
}

/** One answer for the next dialog of its kind. */
export interface DialogAnswer {
  readonly response?: number;
  readonly checkboxChecked?: boolean;
  readonly filePaths?: readonly string[];
  readonly filePath?: string;
}

/** PEM. A certificate of the system's store with its key, as a card's driver would put it there. */
export interface PlayedClientCertificate {
  readonly certificate: string;
  readonly key: string;
}

export interface ShellRecord {
  readonly trays: TrayRecord[];
  readonly notifications: NotificationRecord[];
  readonly dialogs: DialogRecord[];
  readonly dialogAnswers: DialogAnswer[];
  /** `shell.openExternal`, `openPath`, `showItemInFolder`. */
  readonly openedOutside: string[];
  /** Pop-ups that pages asked for, and what the app answered. */
  readonly popUps: { readonly url: string; readonly action: string }[];
  readonly permissions: { readonly permission: string; readonly url: string; readonly granted: boolean }[];
  /** Every request that no protocol handler answers: aborted, so nothing left the machine. */
  readonly blocked: string[];
  /** What the system's store holds for TLS client authentication. */
  readonly clientCertificates: PlayedClientCertificate[];
  readonly menuPopUps: object[];
  relaunches: number;
  beeps: number;
  screens: { cursor: Electron.Point; displays: Electron.Display[] };
}

declare global {
  /** Where tests find it, in both kinds of application. */
  var shellRecord: ShellRecord;
}

function display(id: number, bounds: Electron.Rectangle, scaleFactor: number): Electron.Display {
  const workArea = { ...bounds, height: bounds.height - 40 };
  const size = { width: bounds.width, height: bounds.height };
  const workAreaSize = { width: workArea.width, height: workArea.height };
  return { id, bounds, workArea, size, workAreaSize, scaleFactor, rotation: 0, internal: false, label: `Display ${id}` } as Electron.Display;
}

export const record: ShellRecord = {
  trays: [],
  notifications: [],
  dialogs: [],
  dialogAnswers: [],
  openedOutside: [],
  popUps: [],
  permissions: [],
  blocked: [],
  clientCertificates: [],
  menuPopUps: [],
  relaunches: 0,
  beeps: 0,
  screens: {
    cursor: { x: 100, y: 100 },
    displays: [display(1, { x: 0, y: 0, width: 1920, height: 1080 }, 1), display(2, { x: 1920, y: 0, width: 1280, height: 1024 }, 1.5)],
  },
};
globalThis.shellRecord = record;
