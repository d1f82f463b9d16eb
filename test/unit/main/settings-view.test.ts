import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../../../src/agent/config/resolve.ts';
import { settingsView } from '../../../src/contract/ipc/every-window.ts';
import { messages } from '../../../src/contract/messages/messages.ts';
import { viewSettings } from '../../../src/main/user-preferences.ts';

const view = (policy: unknown, user?: unknown) => viewSettings(resolveConfig(policy, user), 'system');
const setting = (place: string, policy: unknown) => view(policy).settings.find(({ path }) => path === place);

describe('settings as the window shows them', () => {
  it('have a name in both languages, every one of them', () => {
    const named = (language: 'ja' | 'en'): ReadonlySet<string> => new Set(Object.keys(messages[language].home.settings.paths));
    for (const { path } of view(undefined).settings) {
      for (const language of ['ja', 'en'] as const) expect(named(language), path).toContain(path.replaceAll('.', '_'));
    }
  });

  it('are what the contract says', () => {
    expect(settingsView.parse(view({ pin: { minutes: 30 }, clients: [] }))).toEqual(view({ pin: { minutes: 30 }, clients: [] }));
  });

  it('can be changed where they are the user’s and no policy fixes them', () => {
    expect(setting('language', undefined)).toMatchObject({ changeable: true, source: 'default' });
    expect(setting('language', { language: 'en' })).toMatchObject({ changeable: false, source: 'policy', value: 'en' });
    expect(setting('pin', undefined)).toMatchObject({ changeable: false });
    expect(view(undefined, { language: 'en' }).language).toBe('en');
  });

  it('tell whom to call so that nothing in it can hide or turn around what stands beside it', () => {
    expect(view(undefined)).toMatchObject({ supportContact: null, storedContact: null });
    expect(view({ support: { contact: '内線1234\u202e' } })).toMatchObject({ supportContact: '内線1234⟨U+202E⟩', storedContact: '内線1234\u202e' });
    expect(setting('support.contact', undefined)).toMatchObject({ changeable: true });
    expect(setting('support.contact', { support: { contact: '内線1234' } })).toMatchObject({ changeable: false, value: '内線1234' });
  });

  it('tell clients by their number, because their entries hold hashes of tokens', () => {
    const clients = [{ name: 'EHR', native: true, tokenSha256: 'ab'.repeat(32) }];
    expect(setting('clients', { clients })).toMatchObject({ value: '1' });
    expect(JSON.stringify(view({ clients }))).not.toContain('abab');
  });
});
