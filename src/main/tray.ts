import path from 'node:path';
import { Menu, nativeImage, Tray } from 'electron';
import type { AgentView } from '../contract/ipc.ts';
import type { Language } from '../contract/messages/messages.ts';
import { trayMenu, trayTooltip, type TrayActions } from './tray-menu.ts';

/** The icon by which a doctor sees the state: four shapes, no colour needed. */
export class AgentTray {
  readonly #tray: Tray;
  readonly #pictures: string;
  readonly #actions: TrayActions;
  #shown = '';

  constructor(pictures: string, actions: TrayActions) {
    this.#pictures = pictures;
    this.#actions = actions;
    this.#tray = new Tray(this.#picture('working'));
    this.#tray.on('click', () => actions.open('status'));
  }

  show(view: AgentView, language: Language): void {
    const seen = JSON.stringify([language, view.state, view.problems]);
    if (seen === this.#shown) return;
    this.#shown = seen;
    this.#tray.setImage(this.#picture(view.state));
    this.#tray.setToolTip(trayTooltip(view, language));
    this.#tray.setContextMenu(Menu.buildFromTemplate(trayMenu(view, language, this.#actions)));
  }

  destroy(): void {
    this.#tray.destroy();
  }

  /** macOS draws template pictures in the menu bar's own colours. */
  #picture(state: AgentView['state']): Electron.NativeImage {
    const name = state.replace('_', '-');
    return nativeImage.createFromPath(path.join(this.#pictures, process.platform === 'darwin' ? `${name}Template.png` : `${name}.png`));
  }
}
