import path from 'node:path';
import { Menu, nativeImage, Tray } from 'electron';
import type { AgentView } from '../contract/ipc/home.ts';
import type { Language } from '../contract/messages/messages.ts';
import { trayMenu, trayTooltip, type TrayActions } from './tray-menu.ts';

function looksOf({ view, language }: { readonly view: AgentView; readonly language: Language }): string {
  return JSON.stringify([language, view.state, view.port, view.isAsking, view.problems, view.remote?.sessions]);
}

/** The icon by which a doctor sees the state: four shapes, no colour needed. */
export class AgentTray {
  #tray: Tray;
  readonly #pictures: string;
  readonly #actions: TrayActions;
  #shown: { readonly view: AgentView; readonly language: Language } | null = null;
  #isAsking = false;

  constructor(pictures: string, actions: TrayActions) {
    this.#pictures = pictures;
    this.#actions = actions;
    this.#tray = this.#make();
  }

  show(view: AgentView, language: Language): void {
    const before = this.#shown;
    this.#shown = { view, language };
    this.#isAsking = view.isAsking;
    if (before === null || looksOf(before) !== looksOf(this.#shown)) this.#draw(this.#shown);
  }

  /**
   * Shows the icon anew after a time in which the shell may have gone and come back. On Windows the icon comes back by
   * itself (Chromium listens for TaskbarCreated), and a new one would lose the place that the person gave it; on Linux
   * a shell that was not there yet, or came back under another name, knows nothing of the old one.
   */
  renew(platform: NodeJS.Platform = process.platform): void {
    if (platform !== 'linux') return;
    this.#tray.destroy();
    this.#tray = this.#make();
    if (this.#shown !== null) this.#draw(this.#shown);
  }

  #make(): Tray {
    const tray = new Tray(this.#picture('working'));
    tray.on('click', () => {
      if (this.#isAsking) this.#actions.answer();
      else this.#actions.open('status');
    });
    return tray;
  }

  #draw({ view, language }: { readonly view: AgentView; readonly language: Language }): void {
    this.#tray.setImage(this.#picture(view.state));
    const now = new Date();
    this.#tray.setToolTip(trayTooltip(view, language, now));
    this.#tray.setContextMenu(Menu.buildFromTemplate(trayMenu(view, language, now, this.#actions)));
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
