/** A session bus of a test's own, and a screen locker's words on it. Suites say `describeWith(['dbus-daemon', 'dbus-monitor', 'dbus-send'], …)`. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { programPath } from './machine.ts';

export interface SessionBus {
  /** For child processes: `DBUS_SESSION_BUS_ADDRESS`. */
  readonly address: string;
  /** A signal with one boolean, such as `org.gnome.ScreenSaver.ActiveChanged`. */
  tell(signal: string, value: boolean): Promise<void>;
  stop(): Promise<void>;
}

export async function startSessionBus(): Promise<SessionBus> {
  const daemon = spawn(programPath('dbus-daemon'), ['--session', '--nofork', '--print-address'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const kill = (): void => void daemon.kill('SIGKILL');
  process.once('exit', kill);
  const [printed] = (await Promise.race([
    once(daemon.stdout, 'data'),
    once(daemon, 'exit').then(() => Promise.reject(new Error('dbus-daemon has ended'))),
  ])) as [Buffer];
  const address = printed.toString().trim();
  return {
    address,
    async tell(signal, value) {
      const path = `/${signal.split('.').slice(0, -1).join('/')}`;
      await promisify(execFile)(programPath('dbus-send'), [`--bus=${address}`, '--type=signal', path, signal, `boolean:${value}`]);
    },
    async stop() {
      process.off('exit', kill);
      daemon.kill();
      if (daemon.exitCode === null && daemon.signalCode === null) await once(daemon, 'exit');
    },
  };
}
