/**
 * What a person does outside the pages, and what a person sees there: tray, notifications, dialogs, power, screens.
 * Each function is evaluated in the main process and uses nothing outside itself but `shellRecord`.
 */
import type * as Electron from 'electron';
import type { DialogAnswer, DialogRecord, ShellRecord } from './electron/record.ts';

/** The part of an application, the model's or Playwright's own, that this needs. */
export interface Evaluating {
  evaluate<R, A>(work: (electron: typeof Electron, argument: A) => R | Promise<R>, argument: A): Promise<R>;
}

export interface TrayItem {
  readonly id: string;
  readonly label: string;
  readonly type: string;
  readonly enabled: boolean;
  readonly visible: boolean;
  readonly checked: boolean;
}

export interface TrayView {
  readonly toolTip: string;
  readonly title: string;
  /** Bytes of the PNG. */
  readonly image: Uint8Array;
  /** Top level of the menu; empty without one. */
  readonly items: readonly TrayItem[];
}

export interface WindowView {
  readonly visible: boolean;
  readonly focused: boolean;
  readonly alwaysOnTop: boolean;
  readonly contentProtected: boolean;
  readonly bounds: Electron.Rectangle;
}

export type PowerEvent = 'suspend' | 'resume' | 'lock-screen' | 'unlock-screen' | 'shutdown';

export interface ShellControls {
  /** Null while no icon is shown. */
  tray(): Promise<TrayView | null>;
  clickTray(): Promise<void>;
  /** By id. Throws where the menu has no such item, or it is disabled. */
  clickTrayItem(id: string): Promise<void>;
  notifications(): Promise<readonly { readonly title: string; readonly body: string }[]>;
  clickNotification(index: number): Promise<void>;
  dialogs(): Promise<readonly DialogRecord[]>;
  /** For the next dialog that has no answer yet. Without one a dialog is cancelled. */
  answerDialog(answer: DialogAnswer): Promise<void>;
  power(event: PowerEvent): Promise<void>;
  /** Windows' own way to tell every window, hidden ones too, that the person logs off. */
  sessionEnds(event: 'query-session-end' | 'session-end', reason: Electron.WindowSessionEndEvent['reasons'][number]): Promise<void>;
  moveCursor(point: Electron.Point): Promise<void>;
  clipboard(): Promise<string>;
  /** The window whose page is at an address that matches; null where there is none. */
  windowAt(address: RegExp): Promise<WindowView | null>;
  /** Addresses and paths that were given to other programs. */
  openedOutside(): Promise<readonly string[]>;
  /** Puts a certificate with its key (PEM) into the system's store, and takes out what was there before. The model's alone. */
  holdClientCertificates(held: ShellRecord['clientCertificates']): Promise<void>;
  popUps(): Promise<ShellRecord['popUps']>;
  permissions(): Promise<ShellRecord['permissions']>;
  /** Requests that no protocol handler answered. The model aborts them. */
  blockedRequests(): Promise<readonly string[]>;
}

export function shellControls(app: Evaluating): ShellControls {
  return {
    tray: () => app.evaluate(() => {
      const shown = shellRecord.trays.at(-1);
      if (shown === undefined) return null;
      const items = (shown.menu?.items ?? []).map(({ id, label, type, enabled, visible, checked }) => ({ id, label, type, enabled, visible, checked }));
      return { toolTip: shown.toolTip, title: shown.title, image: new Uint8Array(shown.image?.toPNG() ?? []), items };
    }, undefined),
    clickTray: () => app.evaluate(() => {
      shellRecord.trays.at(-1)?.tray.emit('click', {}, { x: 0, y: 0, width: 0, height: 0 }, { x: 0, y: 0 });
    }, undefined),
    clickTrayItem: (id) => app.evaluate((_electron, wanted) => {
      const item = shellRecord.trays.at(-1)?.menu?.getMenuItemById(wanted);
      if (!item?.enabled || !item.visible) throw new Error(`The tray's menu has no item '${wanted}' that can be clicked`);
      (item.click as () => void)();
    }, id),
    notifications: () => app.evaluate(() => shellRecord.notifications.map(({ title, body }) => ({ title, body })), undefined),
    clickNotification: (index) => app.evaluate((_electron, at) => {
      if (shellRecord.notifications[at]?.notification.emit('click', {}) !== true) throw new Error(`Notification ${at} is not there, or nobody listens to its click`);
    }, index),
    dialogs: () => app.evaluate(() => shellRecord.dialogs.map(({ kind, options }) => ({ kind, options })), undefined),
    answerDialog: (answer) => app.evaluate((_electron, given) => void shellRecord.dialogAnswers.push(given), answer),
    power: (event) => app.evaluate(({ powerMonitor }, name) => {
      // 'shutdown' comes with an event that can be held up.
      if (!powerMonitor.emit(name, { preventDefault: () => undefined })) throw new Error(`Nobody listens to '${name}'`);
    }, event),
    sessionEnds: (event, reason) => app.evaluate(({ BrowserWindow }, told) => {
      for (const window of BrowserWindow.getAllWindows()) {
        const details = { reasons: [told.reason], preventDefault: () => undefined };
        if (!window.emit(told.event, details)) throw new Error(`Nobody listens to '${told.event}'`);
      }
    }, { event, reason }),
    moveCursor: (point) => app.evaluate((_electron, to) => {
      shellRecord.screens.cursor = to;
    }, point),
    clipboard: () => app.evaluate(({ clipboard }) => clipboard.readText(), undefined),
    windowAt: (address) => app.evaluate(({ BrowserWindow }, { source, flags }) => {
      const found = BrowserWindow.getAllWindows().find((window) => new RegExp(source, flags).test(window.webContents.getURL()));
      if (found === undefined) return null;
      return { visible: found.isVisible(), focused: found.isFocused(), alwaysOnTop: found.isAlwaysOnTop(), contentProtected: found.isContentProtected(), bounds: found.getBounds() };
    }, { source: address.source, flags: address.flags }),
    openedOutside: () => app.evaluate(() => shellRecord.openedOutside, undefined),
    holdClientCertificates: (held) => app.evaluate((_electron, all) => void shellRecord.clientCertificates.splice(0, Infinity, ...all), held),
    popUps: () => app.evaluate(() => shellRecord.popUps, undefined),
    permissions: () => app.evaluate(() => shellRecord.permissions, undefined),
    blockedRequests: () => app.evaluate(() => shellRecord.blocked, undefined),
  };
}
