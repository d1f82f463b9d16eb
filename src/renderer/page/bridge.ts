import type { PageBridge, WindowName } from '../../contract/ipc/windows.ts';

declare global {
  interface Window {
    /** Put here by the preload of this window, which validates every message on its way. */
    readonly agent: unknown;
  }
}

/** What this page may ask and hear. The preload offers only the channels of its own window. */
export function pageBridge<W extends WindowName>(): PageBridge<W> {
  return window.agent as PageBridge<W>;
}

/**
 * A request whose failure the page cannot mend: main pushes a new view where something changed, and a page that asked
 * in vain shows the view that it has.
 */
export function ask(request: Promise<unknown>): void {
  request.catch(() => undefined);
}
