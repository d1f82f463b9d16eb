import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { defaultRestartLimit, RestartBudget } from '../native/host/restart-budget.ts';

/**
 * Tells when the screen is locked and unlocked on Linux, where Electron's powerMonitor says nothing of it. Desktops' own
 * lockers say so to the session: `ActiveChanged` of org.freedesktop.ScreenSaver, org.gnome.ScreenSaver and their like.
 * Listens by dbus-monitor, which the deb depends on and other installations may lack. Nothing is told where there is no
 * session bus, nor by lockers that tell nobody (docs/admin/install.md). `report` takes a line for whoever looks after the
 * machine; the program's own go to the journal.
 */
export function watchScreenSaver(changed: (isActive: boolean) => void, environment: NodeJS.ProcessEnv = process.env, report = toJournal): void {
  if (hasSessionBus(environment)) listen(changed, environment, report, new RestartBudget(defaultRestartLimit));
}

const restartAfterMs = 1_000;

function listen(changed: (isActive: boolean) => void, environment: NodeJS.ProcessEnv, report: typeof toJournal, restarts: RestartBudget): void {
  const monitor = spawn('dbus-monitor', ['--session', "type='signal',member='ActiveChanged'"], { stdio: ['ignore', 'pipe', 'ignore'], env: environment });
  let fault: string | undefined;
  monitor.on('error', (error: NodeJS.ErrnoException) => (fault = error.code));
  monitor.unref();
  const end = (): void => void monitor.kill();
  process.once('exit', end);
  monitor.once('close', (code, signal) => {
    process.off('exit', end);
    if (restarts.take(performance.now())) setTimeout(() => listen(changed, environment, report, restarts), restartAfterMs).unref();
    else report(deaf(fault ?? String(code ?? signal)));
  });
  let isOurs = false;
  createInterface({ input: monitor.stdout }).on('line', (line) => {
    // One line for the signal, one for its argument: `   boolean true`.
    const active = /^\s+boolean (true|false)$/.exec(line)?.[1];
    if (isOurs && active !== undefined) changed(active === 'true');
    isOurs = /^signal .*\binterface=org\.(?:[a-z]+\.)?ScreenSaver; member=ActiveChanged$/.test(line);
  });
}

function deaf(why: string): string {
  const [ja, en] = why === 'ENOENT' ? ['dbus-monitor（Debianではdbus-bin）を入れ、', 'install dbus-monitor (dbus-bin on Debian) and '] : ['', ''];
  return `画面のロックを検知できません。ロックしても、PINの入力待ちと続けての署名が期限まで終わりません。${ja}エージェントを起動し直してください / A locked screen goes unnoticed, and ends no PIN question and no series of signatures: ${en}restart the agent (dbus-monitor: ${why})`;
}

function toJournal(line: string): void {
  process.stderr.write(`hpki-agent: ${line}\n`);
}

/** Without one, dbus-monitor would start a bus of its own. */
function hasSessionBus({ DBUS_SESSION_BUS_ADDRESS, XDG_RUNTIME_DIR }: NodeJS.ProcessEnv): boolean {
  return (DBUS_SESSION_BUS_ADDRESS ?? '') !== '' || (XDG_RUNTIME_DIR !== undefined && existsSync(path.join(XDG_RUNTIME_DIR, 'bus')));
}
