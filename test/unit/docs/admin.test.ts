import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { policySchema, policySchemaFile } from '../../../scripts/policy-schema.ts';
import { leafPaths, resolveConfig } from '../../../src/agent/config/resolve.ts';
import { settingsSchema } from '../../../src/agent/config/settings.ts';

const folder = path.join(import.meta.dirname, '..', '..', '..', 'docs', 'admin');
const read = (name: string): string => readFileSync(path.join(folder, name), 'utf8');
const example = (): Record<string, unknown> => JSON.parse(read('policy.example.json')) as Record<string, unknown>;

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
