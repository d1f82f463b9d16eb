import type { App } from 'electron';
import { registerPageScheme, startDesktop, type DesktopOptions } from './desktop.ts';
import { readLaunchOrder } from './launch-order.ts';
import { commandNames, runCommand } from './run-command.ts';

/** A start of the program: a command line, a second instance, or the desktop. */
export function launch(app: App, options: DesktopOptions): void {
  registerPageScheme();
  // A checkout is started as `electron . …`: the folder is an argument more.
  const order = readLaunchOrder(process.argv.slice(app.isPackaged ? 1 : 2), commandNames());
  if (order.order === 'command') {
    whenReady(app, async () => app.exit(await runCommand(order)));
  } else if (!app.requestSingleInstanceLock()) {
    app.quit();
  } else {
    whenReady(app, () => startOnly(app, options));
  }
}

async function startOnly(app: App, options: DesktopOptions): Promise<void> {
  // The windows are hidden, not closed; the agent lives in the tray.
  app.on('window-all-closed', () => undefined);
  const desktop = await startDesktop(options);
  app.on('second-instance', desktop.openHome);
  app.on('activate', desktop.openHome);
  // macOS tells the URL by an event. It has started us, and that is all it may do.
  app.on('open-url', (event) => event.preventDefault());
}

function whenReady(app: App, then: () => Promise<void>): void {
  app
    .whenReady()
    .then(then)
    .catch((error: unknown) => {
      process.stderr.write(`hpki-agent: ${error instanceof Error ? (error.stack ?? error.name) : 'not started'}\n`);
      app.exit(1);
    });
}
