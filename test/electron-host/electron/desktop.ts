/** The small parts of a desktop that are one call each: shell, dialog, clipboard, theme, power and screens. */
import type * as Electron from 'electron';
import { record, type DialogAnswer, type DialogRecord } from './record.ts';
import { ModelEmitter, strict } from './refusal.ts';

export const shell = strict('shell', {
  openExternal: (url) => {
    record.openedOutside.push(url);
    return Promise.resolve();
  },
  openPath: (path) => {
    record.openedOutside.push(path);
    return Promise.resolve(''); // an empty text is success
  },
  showItemInFolder: (path) => { record.openedOutside.push(path); },
  beep: () => { record.beeps++; },
} satisfies Pick<Electron.Shell, 'openExternal' | 'openPath' | 'showItemInFolder' | 'beep'>);

/** A dialog is answered at once: by what the test prepared, else as a person who cancels. */
function ask(kind: DialogRecord['kind'], args: readonly unknown[]): DialogAnswer {
  record.dialogs.push({ kind, options: args.at(-1) as object }); // the options come last, after an optional parent
  return record.dialogAnswers.shift() ?? {};
}

export const dialog = strict('dialog', {
  showMessageBox: (...args: unknown[]) => {
    const { cancelId = 0 } = args.at(-1) as Electron.MessageBoxOptions;
    const answer = ask('message', args);
    return Promise.resolve({ response: answer.response ?? cancelId, checkboxChecked: answer.checkboxChecked ?? false });
  },
  showOpenDialog: (...args: unknown[]) => {
    const { filePaths } = ask('open', args);
    return Promise.resolve({ canceled: filePaths === undefined, filePaths: [...(filePaths ?? [])] });
  },
  showSaveDialog: (...args: unknown[]) => {
    const { filePath } = ask('save', args);
    return Promise.resolve({ canceled: filePath === undefined, filePath: filePath ?? '' });
  },
  showErrorBox: (title, content) => { ask('error', [{ title, content }]); },
} satisfies Pick<Electron.Dialog, 'showMessageBox' | 'showOpenDialog' | 'showSaveDialog' | 'showErrorBox'>);

let clipboardText = '';
export const clipboard = strict('clipboard', {
  writeText: (text: string) => { clipboardText = text; },
  readText: () => clipboardText,
  clear: () => { clipboardText = ''; },
});

class NativeTheme extends ModelEmitter implements Pick<Electron.NativeTheme, 'themeSource' | 'shouldUseDarkColors' | 'shouldUseHighContrastColors'> {
  readonly shouldUseHighContrastColors = false;
  #source: Electron.NativeTheme['themeSource'] = 'system';

  get themeSource(): Electron.NativeTheme['themeSource'] {
    return this.#source;
  }

  set themeSource(source: Electron.NativeTheme['themeSource']) {
    if (source === this.#source) return;
    this.#source = source;
    this.emit('updated');
  }

  /** The model's system theme is light. */
  get shouldUseDarkColors(): boolean {
    return this.#source === 'dark';
  }
}
export const nativeTheme = new NativeTheme('nativeTheme', ['updated']);

class PowerMonitor extends ModelEmitter implements Pick<Electron.PowerMonitor, 'getSystemIdleState' | 'getSystemIdleTime' | 'isOnBatteryPower'> {
  getSystemIdleState(): 'active' {
    return 'active';
  }

  getSystemIdleTime(): number {
    return 0;
  }

  isOnBatteryPower(): boolean {
    return false;
  }
}
/** Fired by tests alone: `powerMonitor.emit('suspend')`. */
export const powerMonitor = new PowerMonitor('powerMonitor', ['suspend', 'resume', 'lock-screen', 'unlock-screen', 'shutdown', 'on-ac', 'on-battery', 'user-did-become-active', 'user-did-resign-active']);

const contains = (area: Electron.Rectangle, at: Electron.Point): boolean =>
  at.x >= area.x && at.x < area.x + area.width && at.y >= area.y && at.y < area.y + area.height;

class Screen extends ModelEmitter implements Pick<Electron.Screen, 'getCursorScreenPoint' | 'getPrimaryDisplay' | 'getAllDisplays' | 'getDisplayNearestPoint' | 'getDisplayMatching'> {
  getCursorScreenPoint(): Electron.Point {
    return { ...record.screens.cursor };
  }

  getAllDisplays(): Electron.Display[] {
    return [...record.screens.displays];
  }

  getPrimaryDisplay(): Electron.Display {
    const [first] = record.screens.displays;
    if (first === undefined) throw new Error('electron-host: a test took every display away');
    return first;
  }

  getDisplayNearestPoint(point: Electron.Point): Electron.Display {
    return record.screens.displays.find((one) => contains(one.bounds, point)) ?? this.getPrimaryDisplay();
  }

  getDisplayMatching(area: Electron.Rectangle): Electron.Display {
    return this.getDisplayNearestPoint({ x: area.x + area.width / 2, y: area.y + area.height / 2 });
  }
}
export const screen = new Screen('screen', ['display-added', 'display-removed', 'display-metrics-changed']);
