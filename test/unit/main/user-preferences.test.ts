import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { dataDirectory } from '../../../src/agent/storage/data-directory.ts';
import { homeWindow } from '../../../src/contract/ipc/home.ts';
import { UserPreferences } from '../../../src/main/user-preferences.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'hpki-preferences-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('keeps whom to call beside the language, until nobody is named', async () => {
  const preferences = new UserPreferences(folder, () => Promise.resolve({ state: 'none', place: 'test' }));
  await preferences.change({ language: 'en' });
  expect(await preferences.change({ supportContact: '情報システム課 内線1234' })).toMatchObject({ language: 'en', supportContact: '情報システム課 内線1234' });
  expect(await preferences.change({ language: 'ja' })).toMatchObject({ language: 'ja', supportContact: '情報システム課 内線1234' });
  expect(await preferences.change({ supportContact: null })).toMatchObject({ language: 'ja', supportContact: null });
});

it('keeps every change of those that come at once, and ends with the last', async () => {
  const preferences = new UserPreferences(folder, () => Promise.resolve({ state: 'none', place: 'test' }));
  const changes = [{ language: 'en' }, { supportContact: '内線1234' }, { theme: 'dark' }, { language: 'ja' }, { language: 'en' }] as const;
  const answers = await Promise.all(changes.map((change) => preferences.change(change)));
  expect(answers.map(({ language }) => language)).toEqual(['en', 'en', 'en', 'ja', 'en']);
  expect(await preferences.read()).toMatchObject({ language: 'en', supportContact: '内線1234', theme: 'dark' });
});

it('changes the language beside a contact that was written wrongly by hand', async () => {
  writeFileSync(dataDirectory(folder).userSettings, JSON.stringify({ support: { contact: 'x'.repeat(101) } }));
  const preferences = new UserPreferences(folder, () => Promise.resolve({ state: 'none', place: 'test' }));
  expect(await preferences.change({ language: 'en' })).toMatchObject({ language: 'en', supportContact: null });
  expect(await preferences.change({ supportContact: '内線1234' })).toMatchObject({ language: 'en', supportContact: '内線1234' });
});

it.each(['two\nlines', 'x'.repeat(101), ' '])('takes nothing from a page that the settings would not take: %j', (supportContact) => {
  expect(homeWindow.invoke['settings.change'].request.safeParse({ supportContact }).success).toBe(false);
});
