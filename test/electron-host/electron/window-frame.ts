/** The part of a window that a window manager holds: place, size, visibility, focus and flags. Nothing is drawn. */
import type * as Electron from 'electron';
import { ModelEmitter } from './refusal.ts';

const events = [
  'show', 'hide', 'focus', 'blur', 'close', 'closed', 'ready-to-show', 'resize', 'resized', 'move', 'moved', 'minimize', 'restore', 'maximize', 'unmaximize',
  'enter-full-screen', 'leave-full-screen', 'always-on-top-changed', 'page-title-updated', 'unresponsive', 'responsive', 'session-end', 'query-session-end', 'system-context-menu',
];
type Members = 'show' | 'showInactive' | 'hide' | 'focus' | 'blur' | 'isVisible' | 'isFocused' | 'isDestroyed' | 'minimize' | 'restore' | 'isMinimized' | 'isMaximized' | 'isFullScreen'
  | 'getBounds' | 'setBounds' | 'getContentBounds' | 'getPosition' | 'setPosition' | 'getSize' | 'setSize' | 'getContentSize' | 'setContentSize' | 'setMinimumSize' | 'center'
  | 'setAlwaysOnTop' | 'isAlwaysOnTop' | 'setContentProtection' | 'isContentProtected' | 'setSkipTaskbar' | 'setVisibleOnAllWorkspaces' | 'isVisibleOnAllWorkspaces' | 'isResizable' | 'setResizable'
  | 'isClosable' | 'setClosable' | 'setTitle' | 'getTitle' | 'setMenu' | 'removeMenu' | 'setMenuBarVisibility' | 'setAutoHideMenuBar' | 'setBackgroundColor' | 'getBackgroundColor'
  | 'setIcon' | 'setOverlayIcon' | 'setProgressBar' | 'flashFrame' | 'moveTop' | 'setOpacity' | 'getOpacity';

const focus: { window: WindowFrame | null } = { window: null };

export abstract class WindowFrame extends ModelEmitter implements Pick<Electron.BrowserWindow, Members> {
  /** What the app asked for; specs of declared settings read it. */
  readonly options: Electron.BrowserWindowConstructorOptions;
  #bounds: Electron.Rectangle;
  #shown: boolean;
  #minimized = false;
  #destroyed = false;
  #title: string;
  #background: string;
  #opacity: number;
  readonly #flags: { alwaysOnTop: boolean; contentProtected: boolean; onAllWorkspaces: boolean; resizable: boolean; closable: boolean };

  constructor(options: Electron.BrowserWindowConstructorOptions) {
    super('BrowserWindow', events);
    this.options = options;
    this.#bounds = { x: options.x ?? 560, y: options.y ?? 240, width: options.width ?? 800, height: options.height ?? 600 };
    this.#shown = options.show ?? true;
    this.#title = options.title ?? '';
    this.#background = options.backgroundColor ?? '#FFFFFF';
    this.#opacity = options.opacity ?? 1;
    this.#flags = { alwaysOnTop: options.alwaysOnTop ?? false, contentProtected: false, onAllWorkspaces: false, resizable: options.resizable ?? true, closable: options.closable ?? true };
    if (this.#shown) focus.window = this;
  }

  static focusedWindow(): WindowFrame | null {
    return focus.window;
  }

  protected abstract shownOrHidden(visible: boolean): void;
  protected abstract resized(width: number, height: number): void;
  protected abstract focused(): void;

  show(): void {
    this.showInactive();
    this.focus();
  }

  showInactive(): void {
    this.mustLive();
    if (this.#shown && !this.#minimized) return;
    this.#shown = true;
    this.#minimized = false;
    this.shownOrHidden(true);
    this.emit('show');
  }

  hide(): void {
    this.mustLive();
    if (!this.#shown) return;
    this.#shown = false;
    this.shownOrHidden(false);
    this.blur();
    this.emit('hide');
  }

  focus(): void {
    this.mustLive();
    if (focus.window === this || !this.#shown) return;
    focus.window?.blur();
    focus.window = this;
    this.focused();
    this.emit('focus');
  }

  blur(): void {
    if (focus.window !== this) return;
    focus.window = null;
    this.emit('blur');
  }

  minimize(): void {
    this.mustLive();
    this.#minimized = true;
    this.shownOrHidden(false);
    this.blur();
    this.emit('minimize');
  }

  restore(): void {
    this.mustLive();
    if (!this.#minimized) return;
    this.#minimized = false;
    this.shownOrHidden(true);
    this.emit('restore');
  }

  isVisible(): boolean { return this.ask(this.#shown); }
  isMinimized(): boolean { return this.ask(this.#minimized); }
  isMaximized(): boolean { return this.ask(false); }
  isFullScreen(): boolean { return this.ask(false); }
  isFocused(): boolean { return this.ask(focus.window === this); }
  isDestroyed(): boolean { return this.#destroyed; }

  getBounds(): Electron.Rectangle { return this.ask({ ...this.#bounds }); }
  getContentBounds(): Electron.Rectangle { return this.getBounds(); }
  getPosition(): number[] { return this.ask([this.#bounds.x, this.#bounds.y]); }
  getSize(): number[] { return this.ask([this.#bounds.width, this.#bounds.height]); }
  getContentSize(): number[] { return this.getSize(); }
  setPosition(x: number, y: number): void { this.setBounds({ x, y }); }
  setSize(width: number, height: number): void { this.setBounds({ width, height }); }
  setContentSize(width: number, height: number): void { this.setBounds({ width, height }); }
  setMinimumSize(): void { this.mustLive(); }
  center(): void { this.mustLive(); }

  setBounds(bounds: Partial<Electron.Rectangle>): void {
    this.mustLive();
    for (const value of Object.values(bounds)) if (!Number.isInteger(value)) throw new TypeError('Error processing argument: bounds must be whole numbers');
    const before = this.#bounds;
    this.#bounds = { ...before, ...bounds };
    const { width, height, x, y } = this.#bounds;
    if (x !== before.x || y !== before.y) this.emit('move');
    if (width === before.width && height === before.height) return;
    this.resized(width, height);
    this.emit('resize');
  }

  isAlwaysOnTop(): boolean { return this.ask(this.#flags.alwaysOnTop); }
  setAlwaysOnTop(flag: boolean): void { this.set({ alwaysOnTop: flag }); }
  isContentProtected(): boolean { return this.ask(this.#flags.contentProtected); }
  setContentProtection(enable: boolean): void { this.set({ contentProtected: enable }); }
  isVisibleOnAllWorkspaces(): boolean { return this.ask(this.#flags.onAllWorkspaces); }
  setVisibleOnAllWorkspaces(visible: boolean): void { this.set({ onAllWorkspaces: visible }); }
  isResizable(): boolean { return this.ask(this.#flags.resizable); }
  setResizable(resizable: boolean): void { this.set({ resizable }); }
  isClosable(): boolean { return this.ask(this.#flags.closable); }
  setClosable(closable: boolean): void { this.set({ closable }); }

  getTitle(): string { return this.ask(this.#title); }
  setTitle(title: string): void {
    this.mustLive();
    this.#title = title;
  }

  getBackgroundColor(): string { return this.ask(this.#background); }
  setBackgroundColor(color: string): void {
    this.mustLive();
    this.#background = color;
  }

  getOpacity(): number { return this.ask(this.#opacity); }
  setOpacity(opacity: number): void {
    this.mustLive();
    this.#opacity = opacity;
  }

  // Asked of a window manager, and of no effect here.
  setSkipTaskbar(): void { this.mustLive(); }
  setMenu(): void { this.mustLive(); }
  removeMenu(): void { this.mustLive(); }
  setMenuBarVisibility(): void { this.mustLive(); }
  setAutoHideMenuBar(): void { this.mustLive(); }
  setIcon(): void { this.mustLive(); }
  setOverlayIcon(): void { this.mustLive(); }
  setProgressBar(): void { this.mustLive(); }
  flashFrame(): void { this.mustLive(); }
  moveTop(): void { this.mustLive(); }

  protected mustLive(): void {
    if (this.#destroyed) throw new TypeError('Object has been destroyed');
  }

  protected markDestroyed(): void {
    this.#destroyed = true;
    if (focus.window === this) focus.window = null;
  }

  private ask<T>(value: T): T {
    this.mustLive();
    return value;
  }

  private set(flags: Partial<Record<'alwaysOnTop' | 'contentProtected' | 'onAllWorkspaces' | 'resizable' | 'closable', boolean>>): void {
    this.mustLive();
    Object.assign(this.#flags, flags);
  }
}
