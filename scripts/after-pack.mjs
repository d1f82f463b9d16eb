/**
 * electron-builder's afterPack: what must be in the package is in it, and Electron's fuses are set. Plain JavaScript,
 * because electron-builder loads it itself.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { flipFuses, FuseV1Options, FuseVersion } from '@electron/fuses';

/** Every fuse by name: a fuse that a later Electron adds stops the build until somebody has decided on it. */
const fuseConfig = {
  version: FuseVersion.V1,
  strictlyRequireAllFuses: true,
  [FuseV1Options.RunAsNode]: false,
  [FuseV1Options.EnableCookieEncryption]: true,
  [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: false,
  [FuseV1Options.EnableNodeCliInspectArguments]: false,
  [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: true,
  [FuseV1Options.OnlyLoadAppFromAsar]: true,
  [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
  [FuseV1Options.GrantFileProtocolExtraPrivileges]: false,
  [FuseV1Options.WasmTrapHandlers]: true,
};

function executableOf({ appOutDir, electronPlatformName, packager }) {
  const name = packager.appInfo.productFilename;
  if (electronPlatformName === 'darwin') return path.join(appOutDir, `${name}.app`);
  return path.join(appOutDir, electronPlatformName === 'win32' ? `${packager.executableName ?? name}.exe` : packager.executableName);
}

function resourcesOf(context) {
  return context.electronPlatformName === 'darwin' ? path.join(executableOf(context), 'Contents', 'Resources') : path.join(context.appOutDir, 'resources');
}

export default async function afterPack(context) {
  const binding = path.join(resourcesOf(context), 'app.asar.unpacked', 'node_modules', 'pkcs11js', 'build', 'Release', 'pkcs11.node');
  if (!existsSync(binding)) throw new Error(`the PKCS#11 binding for this platform is missing: ${binding}`);
  await flipFuses(executableOf(context), fuseConfig);
}
