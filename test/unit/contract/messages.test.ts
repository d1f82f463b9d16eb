import { describe, expect, it } from 'vitest';
import { messages } from '../../../src/contract/messages/messages.ts';

function leaves(tree: object, before = ''): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]: [string, unknown]) =>
    typeof value === 'string' ? [[`${before}${key}`, value] as [string, string]] : leaves(value as object, `${before}${key}.`),
  );
}

const values = (text: string): string[] => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1] ?? '').sort();

describe('the texts of the windows', () => {
  const ja = new Map(leaves(messages.ja));
  const en = new Map(leaves(messages.en));

  it('have the same keys in both languages', () => {
    expect([...en.keys()].sort()).toEqual([...ja.keys()].sort());
  });

  it('take the same values in both languages', () => {
    for (const [key, text] of ja) expect(values(en.get(key) ?? ''), key).toEqual(values(text));
  });

  it('are never empty, and no English text was left in Japanese', () => {
    for (const [key, text] of [...ja, ...en]) expect(text.trim(), key).not.toBe('');
    const japanese = [...en].filter(([key, text]) => /[\u3040-\u30ff\u4e00-\u9fff]/.test(text) && !key.startsWith('home.settings.languages.'));
    expect(japanese).toEqual([]);
  });
});
