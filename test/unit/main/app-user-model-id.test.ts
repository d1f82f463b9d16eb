import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { nameForToasts } from '../../../src/main/app-user-model-id.ts';

it('is on Windows the name that the installers give the shortcut, without which no toast is shown', () => {
  const config = readFileSync(new URL('../../../electron-builder.yml', import.meta.url), 'utf8');
  const names: string[] = [];
  const app = { setAppUserModelId: (name: string) => names.push(name) };
  for (const platform of ['linux', 'darwin', 'win32'] as const) nameForToasts(app, platform);
  expect(names).toEqual([/^appId: (\S+)$/m.exec(config)?.[1]]);
});
