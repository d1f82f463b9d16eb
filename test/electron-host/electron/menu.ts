/** `Menu` and `MenuItem`: what they say and what a click does. Roles: quit, and those that only Chromium plays. */
import type * as Electron from 'electron';
import { app } from './app.ts';
import { record } from './record.ts';
import { ModelEmitter, notModelled } from './refusal.ts';

export class MenuItem {
  readonly id: string;
  readonly type: Electron.MenuItem['type'];
  readonly role: Electron.MenuItemConstructorOptions['role'];
  readonly submenu: Menu | undefined;
  readonly accelerator: Electron.MenuItemConstructorOptions['accelerator'];
  readonly icon: Electron.MenuItemConstructorOptions['icon'];
  label: string;
  sublabel: string;
  toolTip: string;
  enabled: boolean;
  visible: boolean;
  checked: boolean;
  readonly #clicked: Electron.MenuItemConstructorOptions['click'];

  constructor(options: Electron.MenuItemConstructorOptions) {
    this.submenu = Array.isArray(options.submenu) ? Menu.buildFromTemplate(options.submenu) : (options.submenu as unknown as Menu | undefined);
    this.type = options.type ?? (this.submenu === undefined ? 'normal' : 'submenu');
    this.id = options.id ?? '';
    this.role = options.role;
    this.label = options.label ?? options.role ?? '';
    this.sublabel = options.sublabel ?? '';
    this.toolTip = options.toolTip ?? '';
    this.accelerator = options.accelerator;
    this.icon = options.icon;
    this.enabled = options.enabled ?? true;
    this.visible = options.visible ?? true;
    this.checked = options.checked ?? false;
    this.#clicked = options.click;
  }

  /** As a person clicks: nothing happens where it is disabled. */
  click(): void {
    if (!this.enabled || !this.visible) return;
    if (this.type === 'checkbox') this.checked = !this.checked;
    if (this.type === 'radio') this.checked = true;
    if (this.#clicked !== undefined) this.#clicked(this as unknown as Electron.MenuItem, undefined, {});
    else if (this.role === 'quit') app.quit();
    else if (this.role !== undefined) throw notModelled(`a click on the menu role '${this.role}'`);
  }
}

export class Menu extends ModelEmitter {
  readonly items: MenuItem[] = [];
  /** Undefined: never set, and Electron shows its own. */
  static #application: Menu | null | undefined;

  constructor() {
    super('Menu', ['menu-will-show', 'menu-will-close']);
  }

  append(item: MenuItem): void {
    this.items.push(item);
  }

  insert(position: number, item: MenuItem): void {
    this.items.splice(position, 0, item);
  }

  getMenuItemById(id: string): MenuItem | null {
    for (const item of this.items) {
      const found = item.id === id ? item : item.submenu?.getMenuItemById(id);
      if (found) return found;
    }
    return null;
  }

  popup(): void {
    record.menuPopUps.push(this);
    this.emit('menu-will-show', {});
  }

  closePopup(): void {
    this.emit('menu-will-close', {});
  }

  static buildFromTemplate(template: readonly (Electron.MenuItemConstructorOptions | Electron.MenuItem)[]): Menu {
    const menu = new Menu();
    for (const item of template) menu.append(item instanceof MenuItem ? item : new MenuItem(item as Electron.MenuItemConstructorOptions));
    return menu;
  }

  static setApplicationMenu(menu: Menu | null): void {
    Menu.#application = menu;
  }

  static getApplicationMenu(): Menu | null {
    return Menu.#application === undefined ? Menu.buildFromTemplate(electronsOwn) : Menu.#application;
  }
}

/** What matters of it: what it lets a person do to a page. */
const electronsOwn: readonly Electron.MenuItemConstructorOptions[] = [{ label: 'View', submenu: [{ role: 'reload' }, { role: 'toggleDevTools' }] }];

// The model's members have Electron's shapes: a renamed or retyped one fails to compile here.
type Loose<T, K extends keyof T> = { [M in K]: T[M] extends (...args: never[]) => unknown ? (...args: never[]) => unknown : T[M] };
MenuItem satisfies new (options: Electron.MenuItemConstructorOptions) => Loose<Electron.MenuItem, 'click' | 'enabled' | 'visible' | 'checked' | 'label' | 'sublabel' | 'id'>;
Menu satisfies new () => Loose<Electron.Menu, 'append' | 'insert' | 'getMenuItemById' | 'popup' | 'closePopup'>;
