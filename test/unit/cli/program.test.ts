import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { callersLanguage } from '../../../src/cli/language.ts';
import { productCommands } from '../../../src/cli/product-commands.ts';
import { createProgram } from '../../../src/cli/program.ts';
import { columnsOf, padToColumns } from '../../../src/cli/terminal/terminal-width.ts';

const entry = path.join(import.meta.dirname, '..', '..', '..', 'src', 'cli', 'development.ts');

function run(args: readonly string[], language = 'ja_JP.UTF-8'): { readonly code: number | null; readonly out: string; readonly err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [entry, ...args], { encoding: 'utf8', env: { ...process.env, LC_ALL: language } });
  return { code: status, out: stdout, err: stderr };
}

describe('the command line', () => {
  it.each([
    ['ja_JP.UTF-8', 'ja'],
    ['en_US.UTF-8', 'en'],
    ['C.UTF-8', 'ja'],
    ['de_DE', 'en'],
  ])('speaks the language of %s: %s', (locale, language) => {
    expect(callersLanguage({ env: { LC_ALL: locale }, platform: 'linux', userLocale: () => 'fr-FR' })).toBe(language);
  });

  it.each([
    ['win32', 'ja-JP', {}, 'ja'],
    ['win32', 'en-US', {}, 'en'],
    ['win32', 'en-US', { LANG: 'ja_JP.UTF-8' }, 'ja'],
    ['win32', 'ja-JP', { LC_ALL: '', LANG: 'en_GB' }, 'en'],
    // ICU reads the same variables here, and says en-US where there are none.
    ['linux', 'en-US', {}, 'ja'],
    ['darwin', 'en-US', { LANG: '' }, 'ja'],
  ] as const)('on %s, where the user’s locale is %s and the variables are %j, speaks %s', (platform, locale, env, language) => {
    expect(callersLanguage({ env, platform, userLocale: () => locale })).toBe(language);
  });

  it('has help for every command in both languages', () => {
    const withoutHelp = (['ja', 'en'] as const).flatMap((language) => {
      const program = createProgram(language, '0', productCommands);
      return program.commands
        .flatMap((command) => [command, ...command.commands])
        .filter((command) => (command.summary() || command.description()) === '' || !command.helpInformation().includes(command.name()))
        .map((command) => command.name());
    });
    expect(withoutHelp).toEqual([]);
  });

  it.each([['ja', /--staff-id <ID> +EHRの職員ID（必須）/, /--prescription <XML> +[^（]*処方箋$/m], ['en', /--staff-id <ID> +staff id \(required\)/, /--prescription <XML> +[^(]*$/m]] as const)(
    'marks in its help which options must be given, in %s',
    (language, required, optional) => {
      const help = createProgram(language, '0', productCommands).commands.find((command) => command.name() === 'sign')?.helpInformation();
      expect(help).toMatch(required);
      expect(help).toMatch(optional);
    },
  );

  it('ends with 64 where it is used wrongly, and says how it is used', () => {
    const { code, err } = run(['verify']);
    expect(code).toBe(64);
    expect(err).toContain('--help');
    expect(run(['no-such-command']).code).toBe(64);
  });

  it('shows help and ends with 0', () => {
    const { code, out } = run(['--help']);
    expect(code).toBe(0);
    expect(out).toContain('使い方');
    expect(run(['--help'], 'en_US.UTF-8').out).toContain('Usage');
  });

  it('tells cause and remedy where no agent is running', () => {
    const { code, err } = run(['status', '--data-dir', '/nonexistent/hpki']);
    expect(code).toBe(1);
    expect(err).toBe('hpki-agent: エージェントが起動していません。hpki-agent serve で起動してください。\n');
  });

  it('calls a file that is no XML invalid, not a crash', () => {
    const { code, out } = run(['verify', entry]);
    expect(code).toBe(1);
    expect(out).toContain('INVALID');
  });
});

describe('columns on a terminal', () => {
  it('counts wide characters twice and half-width kana once', () => {
    expect(columnsOf('abc')).toBe(3);
    expect(columnsOf('髙橋①')).toBe(6);
    expect(columnsOf('ﾀｶﾊｼ')).toBe(4);
    expect(padToColumns('薬品', 6)).toBe('薬品  ');
  });
});
