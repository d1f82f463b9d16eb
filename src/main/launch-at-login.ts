import type { App } from 'electron';

/**
 * Start at logon, and the URL scheme by which an EHR can offer to start the agent. Restart after a failure is the
 * installer's: Task Scheduler, a LaunchAgent and a systemd user unit (build/).
 */
export function registerWithSystem(app: Pick<App, 'isPackaged' | 'setAsDefaultProtocolClient' | 'setLoginItemSettings'>, startAtLogin: boolean, platform: NodeJS.Platform = process.platform): void {
  // A checkout must not leave itself behind in a developer's session.
  if (!app.isPackaged) return;
  app.setAsDefaultProtocolClient('hpki-agent');
  // On Linux the package installs a systemd user unit instead.
  if (platform !== 'linux') app.setLoginItemSettings({ openAtLogin: startAtLogin, args: ['--hidden'] });
}
