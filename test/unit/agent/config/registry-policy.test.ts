import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { valuesInExport } from '../../../../src/agent/config/registry-export.ts';
import { policyOfValues } from '../../../../src/agent/config/registry-policy.ts';
import { resolveConfig } from '../../../../src/agent/config/resolve.ts';

const key = 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\HpkiAgent';
const exported = (...lines: readonly string[]): string => ['Windows Registry Editor Version 5.00', '', `[${key}]`, ...lines, '', `[${key}\\Other]`, '"language"="en"', ''].join('\r\n');
const multi = (...lines: readonly string[]): string => [...Buffer.from(`${lines.join('\0')}\0\0`, 'utf16le')].map((byte) => byte.toString(16).padStart(2, '0')).join(',');

describe('the text of reg.exe', () => {
  it('gives texts, numbers and lines, of this key alone', () => {
    const text = exported('@="default"', '"Policy"="{\\"clients\\": [\\"院内EHR\\"], \\"path\\": \\"C:\\\\\\\\x\\"}"', '"desktop.quit"=dword:00000000', `"trust.chain"=hex(7):${multi('C:\\a.pem', 'C:\\二.pem')}`, '"blob"=hex:01,02');
    expect([...valuesInExport(text, key)]).toEqual([
      ['Policy', '{"clients": ["院内EHR"], "path": "C:\\\\x"}'],
      ['desktop.quit', 0],
      ['trust.chain', ['C:\\a.pem', 'C:\\二.pem']],
    ]);
    expect(valuesInExport(text, `${key}X`).size).toBe(0);
  });

  it('may break lines inside of texts and of bytes', () => {
    const bytes = multi('abc').replaceAll(/((?:\w\w,){4})/g, '$1\\\r\n  ');
    const values = valuesInExport(exported('"Policy"="{\r\n  \\"language\\": \\"en\\"\r\n}"', `"pin"=hex(7):${bytes}`), key);
    expect(JSON.parse(String(values.get('Policy')))).toEqual({ language: 'en' });
    expect(values.get('pin')).toEqual(['abc']);
  });

  it('gives back any text that was written', () => {
    const escape = (text: string): string => text.replace(/[\\"]/g, '\\$&');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }).filter((text) => !/[\r\n\0]/.test(text)), (text) => {
        expect(valuesInExport(exported(`"a"="${escape(text)}"`, '"b"="next"'), key)).toEqual(new Map([['a', text], ['b', 'next']]));
      }),
    );
  });
});

describe('a policy in the registry', () => {
  const policy = (values: Readonly<Record<string, string | number | readonly string[]>>): unknown => policyOfValues(new Map(Object.entries(values)));

  it('is JSON in one value, with single settings over it', () => {
    expect(policy({ Policy: '{"desktop":{"quit":true},"language":"en"}', 'desktop.quit': 0, 'api.bodyLimitMiB': 8 })).toEqual({ desktop: { quit: false }, language: 'en', api: { bodyLimitMiB: 8 } });
  });

  it('takes lines for lists, numbers for numbers, and JSON where it is written', () => {
    const read = policy({
      'api.ports': ['17100', '17101'],
      'api.otherUsers': ['SYSTEM', '診察 一郎'],
      clients: ['[{ "name": "院内EHR",', '"native": true, "tokenSha256": "' + '0'.repeat(64) + '" }]'],
      pin: ['{"minutes": 30}'],
      'terminal.authenticates': ['"none"'],
      'trust.crlDir': 'C:\\crl',
    });
    const { settings, problems } = resolveConfig(read, undefined);
    expect(problems).toEqual([]);
    expect(settings).toMatchObject({ api: { ports: [17100, 17101], otherUsers: ['SYSTEM', '診察 一郎'] }, clients: [{ name: '院内EHR' }], pin: { minutes: 30 }, terminal: { authenticates: 'none' }, trust: { crlDir: 'C:\\crl' } });
  });

  it.each(['[IT] 内線1234', '[1234]', '{情シス}', '"総務" 03-0000-0000', '"総務"'])('takes a text as it is written, also one that begins like JSON: %s', (contact) => {
    const { settings, problems } = resolveConfig(policy({ 'support.contact': contact, language: 'en' }), undefined);
    expect(problems).toEqual([]);
    expect(settings).toMatchObject({ support: { contact }, language: 'en' });
  });

  it('is refused whole where a name is no setting, a value none of its values, or JSON none', () => {
    expect(resolveConfig(policy({ 'desktop.qiut': 0, language: 'en' }), undefined)).toMatchObject({ settings: { language: 'ja' }, problems: [{ source: 'policy' }] });
    expect(resolveConfig(policy({ 'api.ports': ['eighty'] }), undefined).problems).toHaveLength(1);
    expect(() => policy({ Policy: '{"language":' })).toThrow(SyntaxError);
    expect(() => policy({ Policy: '[]' })).toThrow(SyntaxError);
    expect(() => policy({ clients: ['[{'] })).toThrow(SyntaxError);
  });
});
