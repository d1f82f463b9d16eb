import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';

/**
 * Tells when the screen is locked and unlocked on Linux, where Electron's powerMonitor says nothing of it. Desktops' own
 * lockers say so to the session: `ActiveChanged` of org.freedesktop.ScreenSaver, org.gnome.ScreenSaver and their like.
 * dbus-monitor comes with D-Bus itself. Nothing is told where there is no session bus, nor by lockers that tell nobody
 * (docs/admin/install.md).
 */
export function watchScreenSaver(changed: (isActive: boolean) => void, environment: NodeJS.ProcessEnv = process.env): void {
  if (!hasSessionBus(environment)) return;
  const monitor = spawn('dbus-monitor', ['--session', "type='signal',member='ActiveChanged'"], { stdio: ['ignore', 'pipe', 'ignore'], env: environment });
  // It is not installed.
  monitor.on('error', () => undefined);
  monitor.unref();
  const end = (): void => void monitor.kill();
  process.once('exit', end);
  monitor.once('close', () => process.off('exit', end));
  let isOurs = false;
  createInterface({ input: monitor.stdout }).on('line', (line) => {
    // One line for the signal, one for its argument: `   boolean true`.
    const active = /^\s+boolean (true|false)$/.exec(line)?.[1];
    if (isOurs && active !== undefined) changed(active === 'true');
    isOurs = /^signal .*\binterface=org\.(?:[a-z]+\.)?ScreenSaver; member=ActiveChanged$/.test(line);
  });
}

/** Without one, dbus-monitor would start a bus of its own. */
function hasSessionBus({ DBUS_SESSION_BUS_ADDRESS, XDG_RUNTIME_DIR }: NodeJS.ProcessEnv): boolean {
  return (DBUS_SESSION_BUS_ADDRESS ?? '') !== '' || (XDG_RUNTIME_DIR !== undefined && existsSync(path.join(XDG_RUNTIME_DIR, 'bus')));
}
