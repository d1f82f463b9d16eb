/** Electron's binary, which the package fetches only when it is asked for. Asking the package itself would fetch it. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const folder = path.dirname(createRequire(import.meta.url).resolve('electron/package.json'));

/** Where it is, or undefined where it has not been fetched. */
export function electronExecutable(): string | undefined {
  const pathFile = path.join(folder, 'path.txt');
  const name = existsSync(pathFile) ? readFileSync(pathFile, 'utf8') : undefined;
  const elsewhere = process.env['ELECTRON_OVERRIDE_DIST_PATH'];
  if (elsewhere !== undefined) return path.join(elsewhere, name ?? 'electron');
  const file = name === undefined ? undefined : path.join(folder, 'dist', name);
  return file !== undefined && existsSync(file) ? file : undefined;
}

/** What to do about it, for whoever has just asked for it. */
export const howToGetElectron = [
  'Electronの本体がまだありません。次のコマンドで取得してから、もう一度実行してください（インターネット接続が要ります）。',
  "Electron's binary is not here yet. Fetch it and try again (this needs the Internet):",
  '',
  '    npx install-electron',
  '',
  '取得できない環境では、次が同じものを本体なしで動かします。 / Where it cannot be fetched, these run without it:',
  '',
  '    npm run demo             端末で署名まで / signs in the terminal',
  '    npm run dev -- --model   画面のプログラムを、Electronを模したものの上で / the desktop program over a model of Electron',
  '    npm run screens          画面を画像に / pictures of the windows',
  '',
].join('\n');
