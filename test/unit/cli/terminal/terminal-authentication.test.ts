import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import jsqr from 'jsqr';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AuthenticationDialog, AuthenticationDialogView, AuthenticationPinQuestion, HoldPin, PhoneCode } from '../../../../src/agent/ports.ts';
import { qrLines } from '../../../../src/cli/terminal/qr-lines.ts';
import { armingMs } from '../../../../src/cli/terminal/read-pin.ts';
import { terminalPrompts } from '../../../../src/cli/terminal/terminal-prompts.ts';
import { PlayedTerminal } from '../../../support/played-terminal.ts';

const never = new AbortController().signal;
/** Linux lets nobody but root have the ports below this one. macOS and Windows know no such ports. */
const lowestFreePort = '/proc/sys/net/ipv4/ip_unprivileged_port_start';
const hasPrivilegedPorts = existsSync(lowestFreePort) && Number(readFileSync(lowestFreePort, 'utf8')) > 1;
const armed = (): Promise<unknown> => vi.advanceTimersByTimeAsync(armingMs);
const code: PhoneCode = { uri: 'https://auth.example.jp/device?user_code=BCDF-GHJK', userCode: 'BCDF-GHJK', number: '47', expiresAt: new Date('2026-04-01T03:02:00Z') };
const pinQuestion: AuthenticationPinQuestion = {
  card: { kind: 'jpki', certificateSha256: 'a', reader: 'R', name: null, hasKeypad: false },
  tries: { triesLeft: 3, failuresSeen: 0, consentNeeded: false },
  refused: null,
};

let terminal: PlayedTerminal;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  terminal = new PlayedTerminal();
});
afterEach(() => void vi.useRealTimers());

function open(view: Partial<AuthenticationDialogView> = {}): AuthenticationDialog {
  return terminalPrompts(terminal.input, terminal.output, 'ja').openAuthentication({
    caller: { clientId: 'c', clientName: 'EHR\u202e', origin: null, program: null },
    staff: { id: 'D0012', name: '医者 三郎' },
    facility: '架空内科クリニック',
    terminal: 'clinic-1/user',
    documents: 2,
    canUseCard: true,
    methods: ['smartphone', 'hpki-card'],
    hiddenMethods: [],
    ...view,
  });
}

async function typing(line: string): Promise<void> {
  await armed();
  terminal.type(`${line}\n`);
  await vi.advanceTimersByTimeAsync(0);
}

/** Timers stand still here, so it is looked at again and again. */
async function printed(text: string): Promise<void> {
  while (!terminal.printed.includes(text)) await new Promise((resolve) => setImmediate(resolve));
}

/** What a camera sees of the block characters. */
function seen(lines: readonly string[]): string | undefined {
  const rows = lines.map((line) => line.slice(line.indexOf('m') + 1, line.lastIndexOf('\x1b')).split('')).filter((row) => row.length > 0);
  const [width, scale] = [rows[0]?.length ?? 0, 4];
  const isDark = (x: number, y: number): boolean => (y % 2 === 0 ? '█▀' : '█▄').includes(rows[y >> 1]?.[x] ?? ' ');
  const [columns, height] = [width * scale, rows.length * 2 * scale];
  const pixels = new Uint8ClampedArray(columns * height * 4);
  for (let at = 0; at < columns * height; at += 1) {
    const level = isDark(Math.floor((at % columns) / scale), Math.floor(at / columns / scale)) ? 0 : 255;
    pixels.set([level, level, level, 255], at * 4);
  }
  return jsqr.default(pixels, columns, height)?.data;
}

describe('the QR code in a terminal', () => {
  it.each([code.uri, 'https://a.example/d?c=1', `https://auth.example.jp/${'x'.repeat(56)}`])('is read as %s', async (uri) => {
    expect(seen(await qrLines(uri))).toBe(uri);
  });

  it('is black on white, whatever the terminal looks like', async () => {
    for (const line of await qrLines(code.uri)) {
      expect(line.startsWith('\x1b[30;107m')).toBe(true);
      expect(line.endsWith('\x1b[0m')).toBe(true);
    }
  });
});

describe('an authentication in a terminal', () => {
  it('begins with who authenticates, where and for what, and nothing that reorders text', () => {
    open();
    expect(terminal.printed).toContain('医者 三郎 (D0012)');
    expect(terminal.printed).toContain('clinic-1/user');
    expect(terminal.printed).toContain('施設: 架空内科クリニック');
    expect(terminal.printed).toContain('2件');
    expect(terminal.printed).not.toContain('\u202e');
  });

  it.each([['1', 'hpki-card'], ['2', 'smartphone'], ['3', 'use_card'], ['', 'cancelled']])('offers the suggested method first: %j is %s', async (line, answer) => {
    const asked = open().chooseMethod({ methods: ['smartphone', 'hpki-card'], suggested: 'hpki-card', problem: null }, never);
    await typing(line);
    expect(await asked).toBe(answer);
  });

  it('says why it asks again', async () => {
    const asked = open().chooseMethod({ methods: ['smartphone'], suggested: 'smartphone', problem: { code: 'AUTHENTICATION_REFUSED', detail: null } }, never);
    await typing('');
    await asked;
    expect(terminal.printed).toContain('認証が承認されませんでした (AUTHENTICATION_REFUSED)');
  });

  it('shows code, number and the time until which it is valid, and takes no other word for a cancellation', async () => {
    const shown = open().showCode(code, never);
    await printed('47');
    for (const text of [code.uri, 'BCDF-GHJK', '12:02:00']) expect(terminal.printed).toContain(text);
    await typing('はい');
    await typing('7');
    await typing('2');
    expect(await shown).toBe('use_card');
  });

  it('offers no way that is not there', async () => {
    const shown = open({ canUseCard: false, methods: ['smartphone'] }).codeRanOut(never);
    await typing('2');
    await typing('1');
    expect(await shown).toBe('again');
    expect(terminal.printed).not.toContain('カードで署名する');
    expect(terminal.printed).not.toContain('別の方法');
  });

  it('ends each question with its signal', async () => {
    const stop = new AbortController();
    const shown = open().showCode(code, stop.signal);
    await printed('47');
    stop.abort();
    expect(await shown).toBe('cancelled');
  });

  it('lets the reader ask for the PIN where it has keys, and is left by Escape while it waits', async () => {
    const atReader: unknown[] = [];
    const hold: HoldPin = Object.assign(() => Promise.resolve('typed'), {
      atReader: (chosen: unknown) => Promise.resolve(void atReader.push(chosen)).then(() => 'keypad'),
    });
    const dialog = open();
    const asked = dialog.askPin({ ...pinQuestion, refused: 'keypad_timed_out' }, hold, never);
    await typing('はい');
    expect(await asked).toBe('keypad');
    expect(atReader).toEqual([{ spendLastTries: false }]);
    const waiting = dialog.waitForKeypad(pinQuestion.card, never);
    terminal.type('\x1b');
    await vi.advanceTimersByTimeAsync(0);
    expect(await waiting).toBe('cancelled');
    dialog.keypadLeft(pinQuestion.card);
    expect(terminal.printed).toMatch(/時間切れ[\s\S]*カードリーダーでPINを入力[\s\S]*リーダーの取消キー/);
  });

  it("asks for a My Number card's PIN by its own name, holds what was typed and zeroes it", async () => {
    let held: Uint8Array = new Uint8Array();
    let text = '';
    const asked = open().askPin(pinQuestion, ({ pin }) => {
      held = pin;
      text = Buffer.from(pin).toString();
      return Promise.resolve('session');
    }, never);
    await armed();
    terminal.type('1357\r');
    await vi.advanceTimersByTimeAsync(0);
    expect(await asked).toBe('session');
    expect(text).toBe('1357');
    expect([...held]).toEqual([0, 0, 0, 0]);
    expect(terminal.printed).toContain('利用者証明用の暗証番号');
    expect(terminal.printed).not.toContain('1357');
  });

  it('asks before the last tries are spent', async () => {
    const asked = open().askPin({ ...pinQuestion, tries: { triesLeft: 2, failuresSeen: 1, consentNeeded: true } }, () => Promise.reject(new Error('held')), never);
    await typing('');
    expect(await asked).toBe('cancelled');
    expect(terminal.printed).toContain('市区町村の窓口');
  });

  it('takes the address at which the login page ended', async () => {
    const page = { url: new URL('https://kagura.example.jp/login'), redirectUrl: new URL('http://adapter:3000/cb'), allowedOrigins: [], card: null };
    const asked = open().showLogin({ page, certificateSha256: null }, never);
    await typing('これです');
    await typing('http://adapter:3000/cb?code=1&state=2');
    expect(await asked).toEqual(new URL('http://adapter:3000/cb?code=1&state=2'));
    expect(terminal.printed).toContain(page.url.href);
    expect(terminal.printed).toContain('アドレスではありません');
  });

  it('waits for a browser of this machine where policy lets it, and is left with Enter', async () => {
    const page = { url: new URL('https://kagura.example.jp/login?state=s'), redirectUrl: new URL('http://adapter:0/cb'), listens: true, allowedOrigins: [], card: null };
    const asked = open().showLogin({ page, certificateSha256: null }, never);
    await printed('自動で続きます');
    expect(terminal.printed).not.toContain('貼り付けて');
    await typing('');
    expect(await asked).toBe('cancelled');
  });

  it('takes the address by hand where another program has the port', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    try {
      const { port } = other.address() as AddressInfo;
      const page = { url: new URL('https://kagura.example.jp/login?state=s'), redirectUrl: new URL(`http://adapter:${port}/cb`), listens: true, allowedOrigins: [], card: null };
      const asked = open().showLogin({ page, certificateSha256: null }, never);
      await Promise.race([asked, printed('貼り付けて')]);
      expect(terminal.printed).toContain(`ポート${port}を別のプログラムが使っているか、権限がないため、自動では受け取れません。`);
      await typing(`http://adapter:${port}/cb?code=1&state=s`);
      expect(await asked).toEqual(new URL(`http://adapter:${port}/cb?code=1&state=s`));
    } finally {
      await new Promise((resolve) => other.close(resolve));
    }
  });

  it.skipIf(!hasPrivilegedPorts)(`takes the address by hand where this user may not have the port${hasPrivilegedPorts ? '' : ' (skipped: this system lets everybody have every port)'}`, async () => {
    const address = 'http://adapter:1/cb?code=1&state=s';
    const { stdout } = await promisify(execFile)(process.execPath, [path.join(import.meta.dirname, '../../../support/login-without-a-port.ts'), '1', address]);
    const { printed, end } = JSON.parse(stdout) as { printed: string; end: string };
    expect(printed).toMatch(/ポート1を別のプログラムが使っているか、権限がないため、自動では受け取れません。[^]*貼り付けて/);
    expect(end).toBe(address);
  });

  it('says until when, or why not', () => {
    open().close({ outcome: 'authenticated', method: 'smartphone', until: new Date('2026-04-01T17:15:00Z') });
    expect(terminal.printed).toContain('2026-04-02 02:15:00 (JST)まで');
    open().close({ outcome: 'failed', problem: { code: 'PROVIDER_UNREACHABLE', detail: null } });
    expect(terminal.printed).toContain('認証できませんでした');
    expect(terminal.printed).toContain('(PROVIDER_UNREACHABLE)');
  });
});
