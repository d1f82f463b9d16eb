import { app, Menu } from 'electron';

/**
 * Instead of Electron's own menu, which every window would have behind Alt and on keys: reload, zoom, and developer tools
 * in the page where a PIN is typed. macOS needs one for copy and paste; no Quit is in it, which policy may forbid.
 * SECURITY: test/e2e/checklist.spec.ts
 */
export function replaceApplicationMenu(platform: NodeJS.Platform = process.platform): void {
  const mac = [{ label: app.name, submenu: [{ role: 'hide' as const }] }, { role: 'editMenu' as const }];
  Menu.setApplicationMenu(platform === 'darwin' ? Menu.buildFromTemplate(mac) : null);
}
