import type { App } from 'electron';

/** However the end begins: the agent ends first and tells whoever waits, and then the program goes. */
export function endInOrder(app: Pick<App, 'on' | 'exit'>, closeAgent: () => Promise<void>, takeDown: () => void): void {
  let state: 'open' | 'closing' | 'closed' = 'open';
  app.on('before-quit', (event) => {
    // An installer that is started at the end quits once more.
    if (state === 'closed') return;
    event.preventDefault();
    if (state === 'closing') return;
    state = 'closing';
    closeAgent()
      .finally(() => {
        state = 'closed';
        takeDown();
        app.exit(0);
      })
      .catch(() => app.exit(1));
  });
}
