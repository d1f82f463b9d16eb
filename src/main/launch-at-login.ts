import type { App } from 'electron';

/** The launchd job in the bundle (build/mac), which macOS knows by its file's name. */
const launchAgent = 'jp.hpki-agent.plist';

/**
 * Start at logon and restart after a failure, where the program itself must ask for it: macOS registers the LaunchAgent
 * of a bundle at the bundle's own request. On Windows and Linux the installer does both (build/windows, build/linux), for
 * every user, before any of them has started the program; so it does for the URL scheme, and takes both away again.
 */
export function registerWithSystem(app: Pick<App, 'isPackaged' | 'setLoginItemSettings'>, startAtLogin: boolean, platform: NodeJS.Platform = process.platform): void {
  // A checkout must not leave itself behind in a developer's session.
  if (!app.isPackaged || platform !== 'darwin') return;
  app.setLoginItemSettings({ openAtLogin: startAtLogin, type: 'agentService', serviceName: launchAgent });
}
