import type { App } from 'electron';
import { readConfig } from '../agent/config/read-config.ts';
import { registerPageScheme, startDesktop, type DesktopOptions } from './desktop.ts';
import { readLaunchOrder, type StartedBy } from './launch-order.ts';
import { commandNames, runCommand } from './run-command.ts';

/** A start of the program: a command line, a second instance, or the desktop. */
export function launch(app: App, options: DesktopOptions): void {
  registerPageScheme();
  // A checkout is started as `electron . …`: the folder is an argument more.
  const order = readLaunchOrder(process.argv.slice(app.isPackaged ? 1 : 2), commandNames());
  if (order.order === 'command') {
    whenReady(app, async () => app.exit(await runCommand(order)));
  } else if (!app.requestSingleInstanceLock({ by: order.by })) {
    app.quit();
  } else {
    whenReady(app, () => startOnly(app, options, order.by));
  }
}

async function startOnly(app: App, options: DesktopOptions, by: StartedBy): Promise<void> {
  // The installers always start it at logon; policy is read here, where a change of it counts from the next logon on.
  if (by === 'logon' && !(await startsAtLogin(options))) {
    app.exit(0);
    return;
  }
  // The windows are hidden, not closed; the agent lives in the tray.
  app.on('window-all-closed', () => undefined);
  const started = startDesktop(options);
  const openHome = (): void => void started.then((desktop) => desktop.openHome(), () => undefined);
  // SECURITY: a web page may start the agent, but raise no window of it: test/attacks/row-28-links-into-the-agent.test.ts
  app.on('second-instance', (_event, _argv, _folder, second) => {
    if ((second as { readonly by?: unknown } | null | undefined)?.by === ('person' satisfies StartedBy)) openHome();
  });
  app.on('activate', openHome);
  // macOS tells the URL by an event. It has started us, and that is all it may do.
  app.on('open-url', (event) => event.preventDefault());
  await started;
}

async function startsAtLogin({ dataRoot, readPolicy }: DesktopOptions): Promise<boolean> {
  const { config } = await readConfig(dataRoot, readPolicy);
  return config.settings.desktop.startAtLogin;
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
