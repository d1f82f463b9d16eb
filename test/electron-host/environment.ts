/** What the model plays: environment variables, read once in the main process, and the app's own package.json. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { variables, type SecretStore } from './variables.ts';

interface PackageJson {
  readonly name?: string;
  readonly productName?: string;
  readonly version?: string;
}

function read(name: keyof typeof variables): string | undefined {
  const value = process.env[variables[name]];
  return value === undefined || value === '' ? undefined : value;
}

function folderWithPackage(start: string): string {
  const parent = dirname(start);
  return existsSync(join(start, 'package.json')) || parent === start ? start : folderWithPackage(parent);
}

function readPackage(folder: string): PackageJson {
  const file = join(folder, 'package.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as PackageJson) : {};
}

function temporaryUserData(): string {
  const folder = mkdtempSync(join(tmpdir(), 'electron-host-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const entry = resolve(process.argv[1] ?? '.');
const appPath = folderWithPackage(dirname(entry));
const packageJson = readPackage(appPath);
const electronPackage = readPackage(dirname(createRequire(import.meta.url).resolve('electron/package.json')));

export const environment = {
  appPath,
  name: packageJson.productName ?? packageJson.name ?? 'Electron',
  version: packageJson.version ?? '0.0.0',
  electronVersion: electronPackage.version ?? '0.0.0',
  userData: read('userData') ?? temporaryUserData(),
  chromium: read('chromium') ?? '/usr/bin/chromium',
  devtools: read('devtools'),
  controlled: read('control') === '1',
  packaged: read('packaged') === '1',
  secretStore: (read('secretStore') ?? 'gnome_libsecret') as SecretStore,
  locale: read('locale') ?? 'ja',
  scale: Number(read('scale') ?? 1),
} as const;
