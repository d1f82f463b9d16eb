import { execFileSync, spawn } from 'node:child_process';
import { closeSync, constants, lstatSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { addBench } from '../../../src/cli/commands/bench.ts';
import { addDemo } from '../../../src/cli/commands/demo.ts';
import { addSandbox } from '../../../src/cli/commands/sandbox.ts';
import { exitCodes } from '../../../src/cli/exit.ts';
import { explainFailure } from '../../../src/cli/explain-failure.ts';
import { checkWritable, writeNamedFile } from '../../../src/cli/named-files.ts';
import { productCommands } from '../../../src/cli/product-commands.ts';
import { createProgram } from '../../../src/cli/program.ts';
import { writePem } from '../../../src/formats/pki/pem.ts';
import { createTestCa, type TestCa } from '../../../src/sandbox/ca/test-ca.ts';
import { runCommand } from '../../support/command-line.ts';

let folder: string;
let ca: TestCa;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'hpki-input-'));
  ca = await createTestCa();
  const root = ca.root.certificate.der;
  const list = ca.crl('signing').der;
  mkdirSync(at('folder'));
  for (const name of ['mixed', 'heavy', 'own']) mkdirSync(at(name));
  const contents: Readonly<Record<string, string | Uint8Array>> = {
    empty: '',
    text: 'hello',
    binary: Uint8Array.from({ length: 3000 }, (_, index) => (index * 167 + 13) % 256),
    'root.pem': writePem(root),
    'root.der': root,
    'list.pem': writePem(list, 'X509 CRL'),
    'list.der': list,
    'broken.pem': '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
    'key.pem': ca.root.privateKey.export({ type: 'pkcs8', format: 'pem' }),
    'two.pem': writePem(root) + writePem(ca.signing.certificate.der),
    'rx.csv': 'SJ1\n',
    'mixed/root.pem': writePem(root),
    'mixed/list.crl': list,
    'mixed/notes.txt': 'hello',
    'heavy/root.pem': writePem(root),
    'heavy/list.crl': list,
    'own/audit.jsonl': '',
  };
  for (const [name, content] of Object.entries(contents)) writeFileSync(at(name), content);
  truncateSync(at('heavy/list.crl'), 32 * 1024 * 1024 + 1);
  symlinkSync(at('loop'), at('loop'));
  symlinkSync(at('own'), at('alias'));
  symlinkSync(at('own/audit.jsonl'), at('export.csv'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const at = (name: string): string => path.join(folder, name);

/** How a command line ends, without a process of its own: `@name` stands for a file of the test's folder, `·` for a space. */
function endOf(line: string, language: 'ja' | 'en' = 'ja'): Promise<{ readonly code: number; readonly text: string }> {
  return endOfWords(line.split(' ').map((word) => word.replace(/^@/, `${folder}/`).replace('·', ' ')), language);
}

async function endOfWords(words: readonly string[], language: 'ja' | 'en'): Promise<{ readonly code: number; readonly text: string }> {
  const program = createProgram(language, '0', [...productCommands, addSandbox, addDemo, addBench]);
  let printed = '';
  const quieten = (command: typeof program): void => {
    command.configureOutput({ ...command.configureOutput(), writeErr: (text) => void (printed += text), writeOut: () => undefined });
    command.commands.forEach(quieten);
  };
  quieten(program);
  const hasDataDir = /^(?:demo|bench|sandbox)$/.test(words[0] ?? '') || words.includes('--data-dir');
  const argv = [...words, ...(hasDataDir ? [] : ['--data-dir', at('data')])];
  try {
    await program.parseAsync(argv, { from: 'user' });
    return { code: exitCodes.ok, text: printed };
  } catch (error) {
    if (error instanceof Error && error.name === 'CommanderError') return { code: exitCodes.usage, text: printed };
    const { text, exitCode } = explainFailure(error);
    return { code: exitCode, text: text[language] };
  }
}

const staff = '--staff-id D1 --staff-name x';

/** [command line, what it says in Japanese]. */
const wrong: readonly (readonly [line: string, ja: string | RegExp])[] = [
  ['verify @folder', 'ファイルを読めません: @folder。フォルダーです。ファイルを指定してください。'],
  ['verify @absent', 'ファイルを読めません: @absent。ファイルがありません。名前と場所を確かめてください。'],
  ['verify @text/rx.xml', 'ファイルを読めません: @text/rx.xml。途中の名前がフォルダーではありません。場所を確かめてください。'],
  ['verify @loop', /リンクが自分を指しています/],
  [`verify @${'x'.repeat(300)}`, /名前が長すぎます/],
  [`sign @folder ${staff}`, 'ファイルを読めません: @folder。フォルダーです。ファイルを指定してください。'],
  [`sign @rx.csv ${staff} --out @folder`, 'ファイルに書けません: @folder。フォルダーです。ファイルを指定してください。'],
  [`sign @rx.csv ${staff} --out @absent/rx.xml`, 'ファイルに書けません: @absent/rx.xml。書き込む先のフォルダーがありません。先に作るか、別の場所を指定してください。'],
  ['sign @rx.csv --staff-id · --staff-name x', /--staff-id <ID> の値「 」は使えません。1〜64文字で指定してください。/],
  [`sign @rx.csv --staff-id D1 --staff-name ${'x'.repeat(129)}`, /1〜128文字で指定してください。/],
  ['audit export --csv --out @folder', 'ファイルに書けません: @folder。フォルダーです。ファイルを指定してください。'],
  ['audit export --csv --data-dir @folder --out @folder/audit.jsonl', /エージェントのデータフォルダーの中には書き出せません/],
  ['audit export --csv --data-dir @own --out @alias/audit.jsonl', /エージェントのデータフォルダーの中には書き出せません/],
  ['audit export --csv --data-dir @alias --out @own/new.csv', /エージェントのデータフォルダーの中には書き出せません/],
  ['audit export --csv --data-dir @own --out @export.csv', /エージェントのデータフォルダーの中には書き出せません/],
  ['audit export --csv --data-dir @own --out @own/..new.csv', /エージェントのデータフォルダーの中には書き出せません/],
  ['verify @rx.csv --trust @heavy', 'ファイルを読めません: @heavy/list.crl。32768KiBを超えています。別のファイルではありませんか。'],
  ['audit export --csv --out @absent/a.csv', /書き込む先のフォルダーがありません。/],
  ['sandbox ca --out @text', '出力先のフォルダーに書けません: @text。同じ名前のファイルがあります。フォルダーか、まだない名前を指定してください。'],
  ['sandbox ca --out @text/ca', /途中の名前がフォルダーではありません/],
  ['sandbox softhsm --out @text', /出力先のフォルダーに書けません/],
  ['sandbox card --trust @text', /出力先のフォルダーに書けません/],
  ['sandbox remote --port 0 --out @text', /出力先のフォルダーに書けません/],
  ['sandbox remote --port 0 --lan --host a.local --cert @absent --key @absent', /ファイルがありません/],
  ['sandbox remote --port 0 --lan --host a.local --cert @root.pem --key @text', /サーバー証明書とその秘密鍵（パスフレーズのないPEM）として使えません/],
  ['sandbox remote --port 0 --lan --host a_b --out @folder', /ホスト名を指定してください/],
  ['sandbox remote --port 65532 --out @folder', /65531まで/],
  ['sandbox ehr --port 1 --out @folder', /ファイルに書けません/],
  ['demo --yes --out @text', /出力先のフォルダーに書けません/],
  ['demo --remote --yes --out @text', /出力先のフォルダーに書けません/],
  ['anchors import @text', '@text に、読み取れる証明書がありません。PEMまたはDERのファイルを指定してください。'],
  ['anchors import @folder', /読み取れる証明書がありません/],
  ['staff bind D1 @list.pem', /失効リストが入っています/],
  ['staff bind D1 @two.pem', '証明書が2枚あります: @two.pem。署名用証明書だけのファイルを指定してください。'],
  ['network import-certificate @folder', /フォルダーです/],
  ['config show --data-dir @text', /フォルダーではありません。/],
  ['anchors list --data-dir @text/x', /フォルダーではありません。/],
  ['audit export --data-dir @loop', /フォルダーではありません。/],
  ...['2026-13-01', '2026-02-30', '2026', '1', 'tomorrow', '2026-04-01T25:00', '2026-04-01T09:00:00+9'].map((time) => [`verify @rx.csv --at ${time}`, /2026-04-01 か 2026-04-01T09:00:00\+09:00 の形で/] as const),
];

/** [file, what is said beyond that nothing was found]. */
const noCertificate: readonly (readonly [string, RegExp])[] = [
  ['empty', /空のファイルです/],
  ['text', /PEMまたはDER/],
  ['binary', /PEMまたはDER/],
  ['folder', /読み取れる/],
  ['broken.pem', /PEMの中身が壊れています/],
  ['key.pem', /PEMの種類は「PRIVATE KEY」です/],
];

describe('what a person names wrongly', () => {
  it.each(wrong)('`%s` is told with its remedy, and ends with 64', async (line, ja) => {
    const { code, text } = await endOf(line);
    expect(text).toMatch(typeof ja === 'string' ? new RegExp(`^${escaped(ja.replace('@', `${folder}/`))}$`) : ja);
    expect(code).toBe(exitCodes.usage);
    const english = await endOf(line, 'en');
    expect(english.text).not.toMatch(/[\u3040-\u30ff\u4e00-\u9fff]/);
    expect(english.code).toBe(exitCodes.usage);
  });

  it.each(['--trust', '--chain', '--crl'])('%s takes nothing silently that holds none of its kind', async (option) => {
    const otherKind = option === '--crl' ? (['root.pem', /--trust か --chain/] as const) : (['list.der', /--crl で/] as const);
    for (const [name, why] of [...noCertificate, otherKind]) {
      const { code, text } = await endOf(`verify @rx.csv ${option} @${name}`);
      expect(text, name).toMatch(why);
      expect(text).toContain(`${option} の ${at(name)}`);
      expect(code).toBe(exitCodes.usage);
    }
  });

  it('leaves no file behind of an output that was only tried', async () => {
    await endOf(`sign @rx.csv ${staff} --out @tried.xml --prescription @absent`);
    await endOf(`sandbox ehr --port 1 --out @tried.xml`);
    expect(() => readFileSync(at('tried.xml'))).toThrow('ENOENT');
    symlinkSync(at('tried.xml'), at('nowhere.xml'));
    await endOf(`sandbox ehr --port 1 --out @nowhere.xml`);
    expect(() => readFileSync(at('tried.xml'))).toThrow('ENOENT');
    expect(lstatSync(at('nowhere.xml')).isSymbolicLink()).toBe(true);
  });

  it('does not open a pipe that it only tries: its reader would see the end', async () => {
    execFileSync('mkfifo', [at('pipe')]);
    const checked = checkWritable(at('pipe'));
    try {
      // Opening would wait for a reader.
      expect(await Promise.race([checked, setTimeout(5_000, 'it waits')])).toBeUndefined();
    } finally {
      closeSync(openSync(at('pipe'), constants.O_RDONLY | constants.O_NONBLOCK));
      await checked;
    }
    const reader = spawn('cat', [at('pipe')], { stdio: ['ignore', 'pipe', 'ignore'] });
    const [read] = await Promise.all([text(reader.stdout), writeNamedFile(at('pipe'), '<signed/>')]);
    expect(read).toBe('<signed/>');
  });
});

describe('whatever is put where a file, folder, id or address belongs', () => {
  const odd = ['', ' ', '.', '/', '/dev/null', '/proc/self/mem', 'x'.repeat(5000), '髙①\u202e', '-1', 'https://[::1]:99999', 'a:1', '@text/', '@loop', '@binary'];
  const places = [
    'verify %', 'verify @rx.csv --trust %', 'verify @rx.csv --crl %', 'verify @rx.csv --at %', `sign % ${staff}`, 'anchors import %', 'staff bind a %', 'staff bind % @root.pem',
    'session end %', 'pair revoke %', 'network test %', 'audit verify --data-dir %', 'config show --data-dir %', 'sandbox ehr % --port 1 --out @never.xml', 'sandbox remote --port % --out @text',
  ];
  it.each(places)('%s: no fault of ours comes to light', async (line) => {
    const before = process.exitCode;
    const out = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const err = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    try {
      for (const value of odd) {
        const words = line.split(' ').map((word) => (word === '%' ? value : word).replace(/^@/, `${folder}/`));
        const { text } = await endOfWords(words, 'en');
        expect(text, `${line}: ${value.slice(0, 40)}`).not.toContain('A fault in the program');
      }
    } finally {
      out.mockRestore();
      err.mockRestore();
      process.exitCode = before;
    }
  });
});

describe('what a person names rightly', () => {
  it.each([
    ['--trust', 'root.pem'],
    ['--trust', 'root.der'],
    ['--trust', 'mixed'],
    ['--chain', 'two.pem'],
    ['--crl', 'list.pem'],
    ['--crl', 'list.der'],
    ['--crl', 'mixed'],
  ])('%s takes %s', async (option, name) => {
    // No signed document: the verdict is INVALID, which is no failure of the command.
    const before = process.exitCode;
    expect(await endOf(`verify @rx.csv ${option} @${name}`)).toEqual({ code: exitCodes.ok, text: '' });
    expect(process.exitCode).toBe(1);
    process.exitCode = before;
  });
});

describe('what answers on the port that was given', () => {
  async function answeredWith(problem: object, language: 'ja' | 'en') {
    const asked: unknown[] = [];
    const server = createServer((request, response) => {
      asked.push(request.headers['accept-language']);
      response.writeHead(404, { 'content-type': 'application/json' }).end(JSON.stringify(problem));
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    try {
      return { ...(await endOf(`sandbox ehr --port ${(server.address() as AddressInfo).port} --out @ehr.xml`, language)), asked };
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  it.each([{}, { code: 404 }, { code: 'toString' }, { error: 'Not Found' }])('is no agent of ours where it refuses with %j', async (problem) => {
    const { code, text } = await answeredWith(problem, 'ja');
    expect(text).toMatch(/^ポート\d+でエージェントが応答しません。/);
    expect(code).toBe(exitCodes.failed);
  });

  it.each([['ja', 'ほかの画面で閉じました'], ['en', 'Closed at another window']] as const)('is asked in the language of the command, and its detail is told (%s)', async (language, detail) => {
    const { text, asked } = await answeredWith({ code: 'PAIRING_CLOSED', detail }, language);
    expect(text).toContain('(PAIRING_CLOSED)');
    expect(text).toContain(detail);
    expect(asked).toEqual([language]);
  });
});

describe('a process of its own', () => {
  it.each([
    [['verify', '/'], 64, /Cannot read \/\. It is a folder\. Give a file\./],
    [['bench', '--rows', '99'], 64, /no row "99"\. There are: 1, 2,/],
    [['bench', '--rows', 'x'], 64, /no row "x"/],
    [['bench', 'nothing'], 64, /no group "nothing"/],
    [['serve', '--data-dir', path.join(tmpdir(), 'x'.repeat(100))], 1, /path is too long \(103 bytes/],
    [['network', 'set-proxy-password', '--proxy', 'proxy.example.jp:3128', '--user', 'clinic'], 1, /Cancelled/],
    [['sandbox', 'ehr', '--port', '1', '--out', path.join(tmpdir(), 'never-written.xml')], 1, /No agent answers on port 1\./],
  ] as const)('%j ends with %i and no stack', async (args, code, text) => {
    const end = await runCommand(args, { language: 'en' });
    expect(end.code).toBe(code);
    expect(end.err).toMatch(text);
    expect(end.err).not.toMatch(/^\s+at /m);
  });

  it('reads a pipe to its end, and a device only so far', () => {
    const verify = (file: string): string => {
      try {
        return execFileSync('/bin/sh', ['-c', `echo '<a/>' | "$0" "$@"`, process.execPath, path.join(import.meta.dirname, '../../../src/cli/development.ts'), 'verify', file, '--data-dir', at('data')], { encoding: 'utf8', env: { ...process.env, LC_ALL: 'ja_JP.UTF-8' } });
      } catch (error) {
        return (error as { stdout: string }).stdout;
      }
    };
    expect(verify('/dev/stdin')).toMatch(/INVALID/);
    expect(verify('/dev/zero')).toMatch(/大きすぎます/);
  });
});

describe('a file of the data folder that cannot be used', () => {
  it.each([
    [{ code: 'EACCES', path: '/data/audit.jsonl' }, 'ファイルを使えません: /data/audit.jsonl。権限がありません。'],
    // An open file's errors do not name it.
    [{ code: 'EISDIR' }, 'ファイルを使えません: ?。フォルダーです。'],
    [{ code: 'EODD', path: '/data/x' }, '理由: EODD。'],
  ])('%j is told by name', (error, ja) => {
    const { text, exitCode } = explainFailure(Object.assign(new Error('x'), error));
    expect(text.ja).toContain(ja);
    expect(exitCode).toBe(exitCodes.failed);
  });
});

describe('a fault of our own', () => {
  it.each([null, undefined, 'x'])('is told as one where no error was thrown, but %j', (thrown) => {
    expect(explainFailure(thrown).text.ja).toContain(`プログラムの誤りで止まりました（${thrown}）`);
  });

  it('quotes nothing of what a parser met', () => {
    const thrown = (() => {
      try {
        return JSON.parse('見本 太郎') as unknown;
      } catch (error) {
        return error;
      }
    })();
    expect(String(thrown)).toContain('太郎');
    const { text } = explainFailure(thrown);
    expect(text.ja).toContain('（SyntaxError）');
    expect(text.ja + text.en).not.toContain('太郎');
  });

  it('is told as one, with its cause in a line and no stack', () => {
    const { text, exitCode } = explainFailure(new TypeError('x is not a function\n    at somewhere'));
    expect(exitCode).toBe(exitCodes.failed);
    expect(text.ja).toContain('TypeError: x is not a function）');
    expect(text.en).toContain('NODE_DEBUG=hpki-agent');
    expect(text.ja + text.en).not.toContain('somewhere');
  });
});

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
