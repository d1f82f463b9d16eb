import type { App } from 'electron';

/** electron-builder.yml's appId, which the installers write into the shortcut in the Start menu. */
const appUserModelId = 'jp.hpki-agent';

/**
 * Windows shows the toasts of a program that it knows by a shortcut under this very name
 * (learn.microsoft.com, Application User Model IDs). By specification: not yet run on a Windows machine.
 */
export function nameForToasts(app: Pick<App, 'setAppUserModelId'>, platform: NodeJS.Platform = process.platform): void {
  if (platform === 'win32') app.setAppUserModelId(appUserModelId);
}
