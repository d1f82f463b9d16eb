/** `npm run demo`, the first thing that a newcomer sees: by itself, and with a person at the terminal. */
import { mkdtemp, readdir, rm, writeFile, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runCommand, runProgram, startCommand, type CommandEnd, type RunningCommand } from '../support/command-line.ts';
import { describeWith } from '../support/machine.ts';

// Each test starts processes, on machines that are shared.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hpki-demo-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const written = ['chain.pem', 'crl.pem', 'dispensing.csv', 'dispensing.xml', 'prescription.csv', 'prescription.xml', 'trust.pem'];
const xmls = ['prescription.xml', 'dispensing.xml'] as const;

describe('npm run demo -- --yes --json', () => {
  let run: CommandEnd;
  let out: string;
  let seconds: number;
  beforeAll(async () => {
    out = path.join(folder, 'json');
    const began = performance.now();
    run = await runProgram('npm', ['run', '-s', 'demo', '--', '--yes', '--json', '--out', out]);
    seconds = (performance.now() - began) / 1000;
  });

  it('ends well, with nothing on standard error', async ({ annotate }) => {
    // Machines are shared and slow at times: the time is told, not asserted.
    await annotate(`npm run demo took ${seconds.toFixed(1)} s; on a machine of its own it takes less than 5`);
    expect({ code: run.code, err: run.err }).toEqual({ code: 0, err: '' });
  });

  it('prints one JSON object in which both documents are VALID and dates are ISO 8601', () => {
    const report = JSON.parse(run.out) as Record<'prescription' | 'dispensing', { verdict: string; signingTime: string; signer: { role: string } }>;
    expect([report.prescription.verdict, report.dispensing.verdict]).toEqual(['VALID', 'VALID']);
    expect([report.prescription.signer.role, report.dispensing.signer.role]).toEqual(['Medical Doctor', 'Pharmacist']);
    expect(report.prescription.signingTime).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  });

  it('writes its seven files and nothing else', async () => {
    expect((await readdir(out)).sort()).toEqual(written);
  });

  it.each(xmls)('writes %s so that hpki-agent verify finds it valid', async (name) => {
    const end = await runCommand(verifyLine(out, name));
    expect({ code: end.code, first: end.out.split('\n')[0], err: end.err }).toEqual({
      code: 0,
      first: name === 'prescription.xml' ? 'VALID (有効) 処方箋 XAdES-BES' : 'VALID (有効) 調剤結果 XAdES-BES',
      err: '',
    });
  });

  it.each(xmls)('writes %s so that one changed character makes it invalid', async (name) => {
    const tampered = path.join(folder, `tampered-${name}`);
    const xml = await readFile(path.join(out, name), 'utf8');
    const at = xml.search(/[A-Za-z0-9+/]{60}/) + 30;
    await writeFile(tampered, `${xml.slice(0, at)}${xml[at] === 'A' ? 'B' : 'A'}${xml.slice(at + 1)}`);
    const end = await runCommand([...verifyLine(out, name).toSpliced(1, 1, tampered)]);
    expect(end.code).toBe(1);
    expect(end.out).toContain('INVALID (無効)');
  });

  it('leaves the trust undecided where no root is given', async () => {
    const end = await runCommand(['verify', path.join(out, 'prescription.xml'), '--data-dir', path.join(folder, 'nobody')]);
    expect(end.code).toBe(2);
    expect(end.out).toContain('INDETERMINATE (判定できない)');
  });

  describeWith(['xmlsec1'], 'as xmlsec1 sees it', () => {
    const signatures = [
      ['prescription.xml', '/Document/Prescription/PrescriptionSign/*'],
      ['dispensing.xml', '/Document/DispensingSign/*'],
      ['dispensing.xml', '/Document/Dispensing/ReferencePrescription/PrescriptionSign/*'],
    ] as const;
    it.each(signatures)('%s holds at %s, with the path to the root', async (name, place) => {
      const ids = ['PrescriptionDocument', 'Dispensing', 'DispensingDocument', 'PrescriptionManagement'].flatMap((element) => ['--id-attr:id', element]);
      const moreIds = ['KeyInfo', 'SignedProperties'].flatMap((element) => ['--id-attr:Id', element]);
      const trust = ['--trusted-pem', path.join(out, 'trust.pem'), '--untrusted-pem', path.join(out, 'chain.pem')];
      const end = await runProgram('xmlsec1', ['--verify', '--node-xpath', place, ...ids, ...moreIds, ...trust, path.join(out, name)]);
      expect(`${end.out}${end.err}`).toMatch(/^OK$/m);
      expect(end.code).toBe(0);
    });
  });
});

describe('the demo without a terminal', () => {
  it('enters the PIN itself and says so', async () => {
    const end = await runCommand(['demo', '--out', path.join(folder, 'no-terminal')]);
    expect(end.code).toBe(0);
    expect(end.out.match(/試験用のPIN \d+ を自動で入力しました/g)).toHaveLength(2);
  });

  it('speaks English to an English locale', async () => {
    const end = await runCommand(['demo', '--out', path.join(folder, 'english')], { language: 'en' });
    expect(end.code).toBe(0);
    expect(end.out).toContain('The sandbox PIN');
    expect(end.out).toContain('VALID (valid) dispensing result');
  });
});

describe('a demo that is told to end', () => {
  it.each([['SIGINT', 130], ['SIGTERM', 143]] as const)('by %s leaves no folder behind', async (signal, code) => {
    const place = await mkdtemp(path.join(folder, 'tmp-'));
    const command = startCommand(['demo', '--yes', '--out', path.join(folder, 'ended')], { env: { TMPDIR: place } });
    await command.seen(/エージェントを起動しました/);
    expect(await readdir(place)).toHaveLength(1);
    expect((await command.stop(signal)).code).toBe(code);
    expect(await readdir(place)).toEqual([]);
  });
});

describeWith(['script'], 'the demo on a terminal', () => {
  const demo = (name: string, language: 'ja' | 'en' = 'ja'): RunningCommand =>
    startCommand(['demo', '--out', path.join(folder, name)], { terminal: true, language });
  const question = /(PINを入力してください（1件、Escで取り消し）|enter the PIN \(1 to sign, Esc cancels\))\s+PIN: /;
  /** Consent for the first use of a card. */
  async function bind(command: RunningCommand, from: number): Promise<number> {
    await command.seen(/同じ人ですか|Are they the same person/, from);
    const there = command.out.length;
    await command.typeUntil('はい\n', question, there);
    return there;
  }

  /** The first key again and again until it counts: a dot stands for it, and is erased before another. */
  async function answer(command: RunningCommand, from: number, pin: string): Promise<number> {
    await command.seen(question, from);
    const there = command.out.length;
    await command.typeUntil(`\x7f${pin.slice(0, 1)}`, /●/, there);
    command.type(`${pin.slice(1)}\r`);
    return there;
  }

  it('signs with the PIN that a person types, asks again after a wrong one, and never shows it', async () => {
    const command = demo('typed');
    const pin = (await command.seen(/試験用カードのPINは (\d+) です/))[1] ?? '';
    let at = await bind(command, 0);
    at = await answer(command, at, '9999');
    await command.seen(/PINが違います/, at);
    at = await answer(command, at, pin);
    at = await bind(command, at);
    await answer(command, at, pin);
    const end = await command.ended;
    expect(end.code).toBe(0);
    expect(end.out).toMatch(/確認番号: {2}\d{3} \d{3}\s[^]*\nペアリングしました。/);
    expect(end.out.match(/✔ 署名しました/g)).toHaveLength(2);
    expect(end.out.match(/^VALID|\nVALID|\n {2}VALID/g)?.length).toBeGreaterThanOrEqual(2);
    // What stands on the terminal after each "PIN: " is dots, drawn again for each key.
    const typed = end.out.split('\n').filter((line) => line.startsWith('PIN: '));
    expect(typed).toHaveLength(3);
    for (const line of typed) expect(line.replaceAll('\x1b[K', '').replace(/\s/g, '').replaceAll('PIN:', '')).toMatch(/^●+$/);
  });

  it.each([
    ['ja', '取り消しました。何も署名されていません。画面で取り消されました。', /画面で取り消されました/g, '取り消されたので、デモを終わります。もう一度実行すると、最初から始まります。'],
    ['en', 'Cancelled. Nothing was signed. It was cancelled in the window.', /cancelled in the window/g, 'The demo ends, because it was cancelled. Run it again to start over.'],
  ] as const)('signs nothing when the person presses Escape, and says why once, in %s alone', async (language, ended, why, told) => {
    const command = demo(`escaped-${language}`, language);
    await bind(command, 0);
    command.type('\x1b');
    const end = await command.ended;
    expect(end.code).toBe(1);
    expect(end.out).toContain(ended);
    expect(end.out.match(why)).toHaveLength(1);
    expect(end.out.slice(end.out.lastIndexOf('hpki-agent: ')).trim()).toBe(`hpki-agent: ${told}`);
    expect(await readdir(path.join(folder, `escaped-${language}`)).catch(() => [])).toEqual([]);
  });
});

function verifyLine(out: string, name: string): readonly string[] {
  const at = (file: string): string => path.join(out, file);
  return ['verify', at(name), '--trust', at('trust.pem'), '--chain', at('chain.pem'), '--crl', at('crl.pem')];
}
