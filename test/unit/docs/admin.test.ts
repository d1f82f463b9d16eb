import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { policyTemplates, templateFolder, templateSettings } from '../../../scripts/policy-templates.ts';
import type { RegistryValue } from '../../../src/agent/config/registry-export.ts';
import { policyOfValues } from '../../../src/agent/config/registry-policy.ts';
import { policySchema, policySchemaFile } from '../../../scripts/policy-schema.ts';
import { leafPaths, resolveConfig } from '../../../src/agent/config/resolve.ts';
import { providerSettings } from '../../../src/agent/config/remote-settings.ts';
import { settingsSchema } from '../../../src/agent/config/settings.ts';

const folder = path.join(import.meta.dirname, '..', '..', '..', 'docs', 'admin');
const read = (name: string): string => readFileSync(path.join(folder, name), 'utf8');
const example = (): Record<string, unknown> => JSON.parse(read('policy.example.json')) as Record<string, unknown>;

describe('the templates for group policy', () => {
  const text = (name: string): string => policyTemplates().get(name) ?? '';

  it('are as made from the settings (node scripts/policy-templates.ts)', () => {
    for (const [name, content] of policyTemplates()) expect(readFileSync(path.join(templateFolder, name), 'utf8'), name).toBe(content);
  });

  it('have every setting, with a text in both languages for all that they refer to', () => {
    const admx = text('hpki-agent.admx');
    expect([...admx.matchAll(/valueName="([^"]+)"/g)].map(([, name]) => name)).toEqual(leafPaths(settingsSchema.parse({})));
    for (const name of ['ja-JP/hpki-agent.adml', 'en-US/hpki-agent.adml']) {
      const ids = (element: string): readonly (string | undefined)[] => [...text(name).matchAll(new RegExp(`<${element} id="([^"]+)"`, 'g'))].map(([, id]) => id);
      const wanted = (kind: string): readonly (string | undefined)[] => [...admx.matchAll(new RegExp(`\\$\\(${kind}\\.([^)]+)\\)`, 'g'))].map(([, id]) => id);
      expect(new Set(ids('string'))).toEqual(new Set(wanted('string')));
      expect(new Set(ids('presentation'))).toEqual(new Set(wanted('presentation')));
      expect(text(name)).not.toMatch(/_explain">\s/);
    }
  });

  it('let nobody type a longer text than the agent takes', () => {
    const admx = text('hpki-agent.admx');
    const longest = new Map([...admx.matchAll(/<text [^>]*valueName="([^"]+)"[^>]*maxLength="(\d+)"/g)].map(([, name = '', length]) => [name, Number(length)]));
    expect(Object.fromEntries(longest)).toMatchObject({ 'support.contact': 100, 'trust.crlDir': 1024, 'update.publisher': 512 });
    const contact = policyOfValues(new Map([['support.contact', '内'.repeat(longest.get('support.contact') ?? 0)]]));
    expect(resolveConfig(contact, undefined).problems).toEqual([]);
  });

  it('write what the agent reads: every default, by way of the registry', () => {
    const values = new Map<string, RegistryValue>();
    for (const { path: leaf, entry } of templateSettings()) {
      const value = leaf.split('.').reduce<unknown>((outer, name) => (outer as Readonly<Record<string, unknown>>)[name], settingsSchema.parse({}));
      // A text that is not set has no value in the registry.
      if (value !== null) values.set(leaf, written(entry.kind, value));
    }
    const { settings, problems } = resolveConfig(policyOfValues(values), undefined);
    expect(problems).toEqual([]);
    expect(settings).toEqual(settingsSchema.parse({}));
  });
});

/** As group policy writes it: a switch as 0 or 1, lines as such. */
function written(kind: string, value: unknown): RegistryValue {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'number') return value;
  const lines = Array.isArray(value) ? value.map(String) : [String(value)];
  return kind === 'lines' ? lines : (lines[0] ?? '');
}

describe('the documented policy', () => {
  it('has its JSON schema as made from the settings (node scripts/policy-schema.ts)', () => {
    expect(readFileSync(policySchemaFile, 'utf8')).toBe(policySchema());
  });

  it('shows an example that the agent takes whole', () => {
    const { problems, settings } = resolveConfig(example(), undefined);
    expect(problems).toEqual([]);
    expect(settings.cards.modules).toHaveLength(1);
    expect(read('README.md')).toContain(read('policy.example.json').trim());
  });

  it('is accepted and refused by the JSON schema as by the agent', () => {
    const bySchema = z.fromJSONSchema(JSON.parse(policySchema()) as Parameters<typeof z.fromJSONSchema>[0]);
    const wrong: readonly object[] = [
      { ...example(), unknown: 1 },
      { ...example(), pin: 'never' },
      { api: { ports: [80] } },
      { clients: [{ name: 'EHR', tokenSha256: 'x' }] },
    ];
    expect([bySchema.safeParse(example()).success, settingsSchema.safeParse(example()).success]).toEqual([true, true]);
    expect(wrong.map((policy) => [bySchema.safeParse(policy).success, settingsSchema.safeParse(policy).success])).toEqual(wrong.map(() => [false, false]));
  });

  it.each(['', 'u'])('takes the same contacts in a validator that reads patterns with the flags "%s"', (flags) => {
    const { support } = (JSON.parse(policySchema()) as { properties: { support: { properties: { contact: { anyOf: { pattern?: string }[] } } } } }).properties;
    const pattern = new RegExp(support.properties.contact.anyOf.find((choice) => choice.pattern !== undefined)?.pattern ?? '(?!)', flags);
    expect(['Help desk, ext. 1234 (Cc/Zl/Zp)', '情報システム課 𠮷田 内線1234'].map((contact) => pattern.test(contact))).toEqual([true, true]);
    const differing = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code)).filter((character) => pattern.test(character) === /[\p{Cc}\p{Zl}\p{Zp}]/u.test(character));
    expect(differing).toEqual([]);
  });

  it('explains every setting', () => {
    const text = read('README.md');
    const unexplained = leafPaths(settingsSchema.parse({})).filter((leaf) => {
      const [group = '', name] = leaf.split('.');
      const row = text.split('\n').find((line) => line.startsWith(`| \`${group}`) && (name === undefined || line.includes(`.${name}\``)));
      return row === undefined;
    });
    expect(unexplained).toEqual([]);
  });
});

describe('the page on signing services', () => {
  const page = read('remote-signing.md');

  it('shows policies that the agent takes', () => {
    const policies = [...page.matchAll(/```json\n([^]*?)```/g)].map(([, text = '']) => JSON.parse(text) as unknown);
    expect(policies.map((policy) => settingsSchema.parse(policy).remote.providers.map(({ kind }) => kind))).toEqual([['csc'], ['kagura']]);
  });

  it('says of every setting of a provider what it is', () => {
    for (const kind of ['csc', 'kagura'] as const) {
      const from = page.indexOf(`## 種類 \`${kind}\``);
      const section = page.slice(from, page.indexOf('\n## ', from + 1));
      const schema = providerSettings.options.find((option) => option.shape.kind.value === kind);
      const names = Object.entries(schema?.shape ?? {}).flatMap(([name, inner]) => (name === 'names' ? Object.keys((inner as { def: { innerType: { shape: object } } }).def.innerType.shape).map((field) => `names.${field}`) : [name]));
      expect(names.length).toBeGreaterThan(7);
      expect(names.filter((name) => !section.includes(`\`${name}\``) && !section.includes(`"${name}"`))).toEqual([]);
    }
  });
});
