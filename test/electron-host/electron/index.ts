/** The module that `import … from 'electron'` gets in the main process. */
import type * as Electron from 'electron';
import { environment } from '../environment.ts';
import { app } from './app.ts';
import { BrowserWindow, webContents } from './browser-window.ts';
import { listenToLauncher } from './control.ts';
import { clipboard, dialog, nativeTheme, powerMonitor, screen, shell } from './desktop.ts';
import { ipcMain } from './ipc-main.ts';
import { Menu, MenuItem } from './menu.ts';
import { MessageChannelMain } from './message-channel.ts';
import { nativeImage } from './native-image.ts';
import { Notification } from './notification.ts';
import { net, protocol } from './protocol.ts';
import { unmodelled } from './refusal.ts';
import { safeStorage } from './safe-storage.ts';
import { session } from './session.ts';
import { Tray } from './tray.ts';
import { utilityProcess } from './utility-process.ts';

Object.assign(process, { type: 'browser', resourcesPath: `${environment.appPath}/resources`, ...(environment.packaged ? {} : { defaultApp: true }) });
Object.assign(process.versions, { electron: environment.electronVersion, chrome: '0.0.0.0' }); // Chromium's own, once it runs
if (environment.packaged) process.argv.splice(1, 1); // a packaged app has no script among its arguments

// What can be imported, and throws when it is used.
export const autoUpdater = unmodelled('autoUpdater');
export const BaseWindow = unmodelled('BaseWindow');
export const contentTracing = unmodelled('contentTracing');
export const crashReporter = unmodelled('crashReporter');
export const desktopCapturer = unmodelled('desktopCapturer');
export const globalShortcut = unmodelled('globalShortcut');
export const powerSaveBlocker = unmodelled('powerSaveBlocker');
export const systemPreferences = unmodelled('systemPreferences');
export const View = unmodelled('View');
export const webFrameMain = unmodelled('webFrameMain');
export const WebContentsView = unmodelled('WebContentsView');
// Undefined in Electron's main process as well.
export const contextBridge = undefined;
export const ipcRenderer = undefined;

const electron = {
  app, BrowserWindow, clipboard, dialog, ipcMain, Menu, MenuItem, MessageChannelMain, nativeImage, nativeTheme, net, Notification, powerMonitor, protocol, safeStorage, screen, session, shell,
  Tray, utilityProcess, webContents,
  autoUpdater, BaseWindow, contentTracing, crashReporter, desktopCapturer, globalShortcut, powerSaveBlocker, systemPreferences, View, webFrameMain, WebContentsView,
} satisfies Partial<Record<keyof typeof Electron, unknown>>;
export {
  app, BrowserWindow, clipboard, dialog, ipcMain, Menu, MenuItem, MessageChannelMain, nativeImage, nativeTheme, net, Notification, powerMonitor, protocol, safeStorage, screen, session, shell,
  Tray, utilityProcess, webContents,
};
export default electron;

listenToLauncher(electron);
