/** `Tray`: an icon that only the record shows. */
import type * as Electron from 'electron';
import { imageFrom } from './native-image.ts';
import { record, type TrayRecord } from './record.ts';
import { ModelEmitter } from './refusal.ts';

type Members = 'setToolTip' | 'setTitle' | 'setImage' | 'setContextMenu' | 'popUpContextMenu' | 'setIgnoreDoubleClickEvents' | 'getBounds' | 'isDestroyed' | 'destroy';

export class Tray extends ModelEmitter implements Pick<Electron.Tray, Members> {
  readonly #shown: TrayRecord;

  constructor(image: Electron.NativeImage | string) {
    super('Tray', ['click', 'right-click', 'double-click', 'middle-click', 'mouse-enter', 'mouse-leave', 'balloon-click']);
    this.#shown = { toolTip: '', title: '', image: imageFrom(image), menu: null, tray: this };
    record.trays.push(this.#shown);
  }

  setToolTip(toolTip: string): void {
    this.#alive().toolTip = toolTip;
  }

  setTitle(title: string): void {
    this.#alive().title = title;
  }

  setImage(image: Electron.NativeImage | string): void {
    this.#alive().image = imageFrom(image);
  }

  setContextMenu(menu: Electron.Menu | null): void {
    this.#alive().menu = menu;
  }

  popUpContextMenu(menu?: Electron.Menu): void {
    const shown = menu ?? this.#alive().menu;
    if (shown) record.menuPopUps.push(shown);
  }

  setIgnoreDoubleClickEvents(): void {
    this.#alive();
  }

  getBounds(): Electron.Rectangle {
    return { x: 1880, y: 1044, width: 32, height: 32 };
  }

  isDestroyed(): boolean {
    return !record.trays.includes(this.#shown);
  }

  destroy(): void {
    if (!this.isDestroyed()) record.trays.splice(record.trays.indexOf(this.#shown), 1);
  }

  #alive(): TrayRecord {
    if (this.isDestroyed()) throw new TypeError('Tray is destroyed');
    return this.#shown;
  }
}
