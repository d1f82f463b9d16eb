import { describe, expect, it } from 'vitest';
import { resolveConfig } from '../../../../src/agent/config/resolve.ts';
import { settingsSchema } from '../../../../src/agent/config/settings.ts';
import { unreadableSettings } from '../../../../src/agent/storage/data-directory.ts';

describe('resolving the configuration', () => {
  it('uses defaults where nobody says anything', () => {
    const { settings, sources, problems } = resolveConfig(undefined, undefined);
    expect(settings.api.ports[0]).toBe(17090);
    expect(settings.pin).toBe('every-signature');
    expect(sources.size).toBe(0);
    expect(problems).toEqual([]);
  });

  it('lets machine policy win over the user, and says where each value came from', () => {
    const { settings, sources } = resolveConfig({ language: 'en', deadlines: { consentSeconds: 30 } }, { language: 'ja' });
    expect(settings.language).toBe('en');
    expect(settings.deadlines).toMatchObject({ consentSeconds: 30, cardSeconds: 60 });
    expect(Object.fromEntries(sources)).toEqual({ language: 'policy', 'deadlines.consentSeconds': 'policy' });
  });

  it.each(Object.entries(settingsSchema.parse({})).filter(([key]) => !['language', 'support'].includes(key)))('takes from no user: %s', (key, value) => {
    const { sources, problems } = resolveConfig(undefined, { [key]: value });
    expect([...sources]).toEqual([]);
    expect(problems).toMatchObject([{ source: 'user', path: key }]);
  });

  it('does not let a user set what decides trust', () => {
    const { settings, problems } = resolveConfig(undefined, { language: 'en', cards: { modules: [{ path: '/tmp/evil.so' }] } });
    expect(settings.cards.modules).toEqual([]);
    expect(settings.language).toBe('en');
    expect(problems).toMatchObject([{ source: 'user', path: 'cards' }]);
  });

  it.each([
    ['情報システム課 内線1234', '情報システム課 内線1234'],
    ['  03-0000-0000  ', '03-0000-0000'],
    ['', null],
    ['   ', null],
    ['two\nlines', null],
    ['a\u001b[2Jterminal', null],
    ['x'.repeat(101), null],
    [1234, null],
  ])('takes one line of at most 100 characters for whom to call: %j', (contact, taken) => {
    const { settings, problems } = resolveConfig({ support: { contact } }, undefined);
    expect(settings.support.contact).toBe(taken);
    expect(problems.map(({ path }) => path)).toEqual(taken === null ? ['support.contact'] : []);
  });

  it('lets a user say whom to call, and policy before them', () => {
    const own = { support: { contact: '03-0000-0000' } };
    expect(resolveConfig(undefined, own)).toMatchObject({ settings: own, problems: [] });
    expect(resolveConfig({ support: { contact: '内線1234' } }, own).settings.support.contact).toBe('内線1234');
  });

  it.each([
    [{ language: 'en', support: { contact: 'two\nlines' } }, { language: 'en', support: { contact: null } }, 'support.contact'],
    [{ language: 'fr', support: { contact: '内線1234' } }, { language: 'ja', support: { contact: '内線1234' } }, 'language'],
  ])('leaves out the one wrong value of a user and names it: %j', (user, taken, wrong) => {
    const { settings, sources, problems } = resolveConfig(undefined, user);
    expect(settings).toMatchObject(taken);
    expect(sources.size).toBe(1);
    expect(problems).toMatchObject([{ source: 'user', path: wrong }]);
  });

  it('refuses a policy with one wrong value as a whole and names the place', () => {
    const { settings, problems } = resolveConfig({ language: 'en', api: { ports: [80] } }, undefined);
    expect(settings.language).toBe('ja');
    expect(problems).toMatchObject([{ source: 'policy', path: 'api.ports.0' }]);
  });

  it('refuses a policy with a misspelt name', () => {
    expect(resolveConfig({ pins: 'every-signature' }, undefined).problems).toHaveLength(1);
  });

  it('takes defaults where the user’s file cannot be read, and says so', () => {
    const { settings, problems } = resolveConfig(undefined, unreadableSettings);
    expect(settings.language).toBe('ja');
    expect(problems).toMatchObject([{ source: 'user', path: 'settings.json' }]);
  });

  it.each([[[]], ['text'], [17]])('survives a file whose content is %j', (content) => {
    expect(resolveConfig(content, content).settings.language).toBe('ja');
  });
});
