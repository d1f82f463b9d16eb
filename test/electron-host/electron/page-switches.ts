/** What can be switched on a page and has little or no effect in the model: zoom, throttling, developer tools. */
import type * as Electron from 'electron';
import { ModelEmitter } from './refusal.ts';

type Members = 'setBackgroundThrottling' | 'getBackgroundThrottling' | 'setZoomFactor' | 'getZoomFactor' | 'setVisualZoomLevelLimits' | 'setIgnoreMenuShortcuts'
  | 'isDevToolsOpened' | 'openDevTools' | 'closeDevTools' | 'focus' | 'getType' | 'getTitle';

export abstract class PageSwitches extends ModelEmitter implements Pick<Electron.WebContents, Members> {
  #backgroundThrottling: boolean;
  #zoom = 1;

  constructor(name: string, events: readonly string[], backgroundThrottling: boolean) {
    super(name, events);
    this.#backgroundThrottling = backgroundThrottling;
  }

  protected abstract mustLive(): void;

  /** Not followed: titles of windows are not modelled. */
  getTitle(): string {
    return '';
  }

  getType(): 'window' {
    return 'window';
  }

  setBackgroundThrottling(allowed: boolean): void {
    this.#backgroundThrottling = allowed;
  }

  getBackgroundThrottling(): boolean {
    return this.#backgroundThrottling;
  }

  setZoomFactor(factor: number): void {
    this.#zoom = factor;
  }

  getZoomFactor(): number {
    return this.#zoom;
  }

  setVisualZoomLevelLimits(): Promise<void> {
    return Promise.resolve();
  }

  setIgnoreMenuShortcuts(): void {
    this.mustLive();
  }

  isDevToolsOpened(): boolean {
    return false;
  }

  openDevTools(): void {
    this.mustLive();
  }

  closeDevTools(): void {
    this.mustLive();
  }

  focus(): void {
    this.mustLive();
  }
}
