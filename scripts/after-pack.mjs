/**
 * electron-builder's afterPack: what must be in the package is in it and made for its target, and Electron's fuses are
 * set. Plain JavaScript, because electron-builder loads it itself.
 */
import { Buffer } from 'node:buffer';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { flipFuses, FuseV1Options, FuseVersion } from '@electron/fuses';
import { Arch } from 'electron-builder';
import { machineOfBinary } from './machine-of-binary.mjs';

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
  if (electronPlatformName === 'linux') return path.join(appOutDir, packager.executableName);
  return path.join(appOutDir, `${packager.appInfo.productFilename}.${electronPlatformName === 'darwin' ? 'app' : 'exe'}`);
}

function resourcesOf(context) {
  return context.electronPlatformName === 'darwin' ? path.join(executableOf(context), 'Contents', 'Resources') : path.join(context.appOutDir, 'resources');
}

/** What the system's loader will open: both must be built for the target, whatever the machine that packs. */
function refuseOtherMachines(context) {
  const platform = context.electronPlatformName;
  const arch = Arch[context.arch];
  const unpacked = path.join(resourcesOf(context), 'app.asar.unpacked', 'node_modules');
  const libraries = {
    'the PKCS#11 binding': path.join(unpacked, 'pkcs11js', 'build', 'Release', 'pkcs11.node'),
    'the PC/SC binding': path.join(unpacked, '@koromix', `koffi-${platform}-${arch}`, `${platform}_${arch}`, 'koffi.node'),
  };
  for (const [name, file] of Object.entries(libraries)) {
    const machine = machineOfBinary(readOrNothing(file));
    if (machine === null) throw new Error(`${name} for ${platform}-${arch} is missing: ${file}. Run npm ci on a ${platform}-${arch} machine with a compiler, and pack there.`);
    if (machine !== `${platform}-${arch}`) throw new Error(`${name} is built for ${machine}, not for ${platform}-${arch}: ${file}. Run npm ci on a ${platform}-${arch} machine, and pack there.`);
  }
}

function readOrNothing(file) {
  try {
    return readFileSync(file);
  } catch {
    return Buffer.alloc(0);
  }
}

/** schtasks takes UTF-16, and would read Japanese in anything else by the code page of the day. */
function writeTask(context) {
  const task = readFileSync(path.join(import.meta.dirname, '../build/windows/start-at-logon.xml'), 'utf8').replace('<?xml version="1.0"?>', '<?xml version="1.0" encoding="UTF-16"?>');
  writeFileSync(path.join(resourcesOf(context), 'start-at-logon.xml'), `\uFEFF${task}`, 'utf16le');
}

export default async function afterPack(context) {
  refuseOtherMachines(context);
  if (context.electronPlatformName === 'win32') writeTask(context);
  await flipFuses(executableOf(context), fuseConfig);
}
