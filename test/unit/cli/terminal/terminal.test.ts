import { PassThrough } from 'node:stream';
import type { ReadStream, WriteStream } from 'node:tty';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { HoldPin, PinQuestion, SignatureDialogView } from '../../../../src/agent/ports.ts';
import { armingMs, readAnswer, readCancel, readPin } from '../../../../src/cli/terminal/read-pin.ts';
import { terminalPrompts } from '../../../../src/cli/terminal/terminal-prompts.ts';
import { readPrescriptionCsv } from '../../../../src/formats/prescription/csv-reader.ts';
import { summarizePrescription } from '../../../../src/formats/prescription/prescription-summary.ts';
import { samplePrescriptionCsv } from '../../../../src/sandbox/samples/prescription.ts';

/** A terminal that a test types on. */
class PlayedTerminal extends PassThrough {
  raw = false;
  setRawMode(raw: boolean): this {
    this.raw = raw;
    return this;
  }
  get tty(): ReadStream {
    return this as unknown as ReadStream;
  }
  /** Types, and lets the stream hand it on. Returns the very bytes. */
  async type(keys: string): Promise<Buffer> {
    const bytes = Buffer.from(keys);
    this.write(bytes);
    await vi.advanceTimersByTimeAsync(0);
    return bytes;
  }
}

let terminal: PlayedTerminal;
const never = new AbortController().signal;
const armed = (): Promise<unknown> => vi.advanceTimersByTimeAsync(armingMs);
const digits = (pin: Uint8Array | null): string | null => (pin === null ? null : Buffer.from(pin).toString());

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  terminal = new PlayedTerminal();
});
afterEach(() => void vi.useRealTimers());

describe('a PIN typed on a terminal', () => {
  it('is taken without echo when Enter is pressed, and the keystrokes are zeroed', async () => {
    const lengths: number[] = [];
    const pin = readPin(terminal.tty, (length) => lengths.push(length), never);
    expect(terminal.raw).toBe(true);
    await armed();
    const typed = await terminal.type('1234');
    await terminal.type('\r');
    expect(digits(await pin)).toBe('1234');
    expect([...typed]).toEqual([0, 0, 0, 0]);
    expect(lengths).toEqual([1, 2, 3, 4]);
    expect(terminal.raw).toBe(false);
    expect(terminal.listenerCount('data')).toBe(0);
  });

  it('does not take what was typed before the question could be read', async () => {
    const pin = readPin(terminal.tty, () => undefined, never);
    await terminal.type('99\r');
    await armed();
    await terminal.type('12\r');
    expect(digits(await pin)).toBe('12');
  });

  it.each([['Enter on nothing', '\r'], ['Escape', '\x1b'], ['Ctrl-C', '\x03'], ['Ctrl-D', '\x04']])('is cancelled by %s', async (_name, key) => {
    const pin = readPin(terminal.tty, () => undefined, never);
    await armed();
    await terminal.type(key);
    expect(await pin).toBeNull();
    expect(terminal.raw).toBe(false);
  });

  it('is cancelled by Escape at once, also before keys are taken', async () => {
    const pin = readPin(terminal.tty, () => undefined, never);
    await terminal.type('\x1b');
    expect(await pin).toBeNull();
  });

  it('is erased key by key, and no further than its beginning', async () => {
    const pin = readPin(terminal.tty, () => undefined, never);
    await armed();
    await terminal.type('\x7f12\x7f\x083\b45\r');
    expect(digits(await pin)).toBe('45');
  });

  it('ignores arrow keys and what no PIN has, and stops at sixteen', async () => {
    const pin = readPin(terminal.tty, () => undefined, never);
    await armed();
    await terminal.type('\x1b[A');
    await terminal.type('あ');
    await terminal.type('12345678901234567890\r');
    expect(digits(await pin)).toBe('1234567890123456');
  });

  it.each(['abort', 'end'])('ends with nothing on %s', async (how) => {
    const question = new AbortController();
    const pin = readPin(terminal.tty, () => undefined, question.signal);
    await armed();
    await terminal.type('12');
    if (how === 'abort') question.abort();
    else terminal.end();
    expect(await pin).toBeNull();
    expect(terminal.raw).toBe(false);
  });

  it('is not asked for when the question is over already', async () => {
    expect(await readPin(terminal.tty, () => undefined, AbortSignal.abort())).toBeNull();
    expect(terminal.raw).toBe(false);
  });
});

describe('waiting on a terminal', () => {
  it('is cancelled by Escape and the like; other keys mean nothing, are not shown, and are zeroed', async () => {
    for (const key of ['\x1b', '\x03', '\x04']) {
      let over = false;
      const waiting = readCancel(terminal.tty, never).then(() => (over = true));
      expect(terminal.raw).toBe(true);
      const typed = await terminal.type('1234');
      await terminal.type('\r');
      await terminal.type('\x1b[A');
      expect(over).toBe(false);
      expect([...typed]).toEqual([0, 0, 0, 0]);
      await terminal.type(key);
      await waiting;
      expect(terminal.raw).toBe(false);
      expect(terminal.listenerCount('data')).toBe(0);
    }
  });

  it('ends with its question, and is not begun when that is over already', async () => {
    const question = new AbortController();
    const waiting = readCancel(terminal.tty, question.signal);
    question.abort();
    await waiting;
    await readCancel(terminal.tty, question.signal);
    expect(terminal.raw).toBe(false);
  });
});

describe('an answer typed on a terminal', () => {
  it('is the line without its end; lines from before the question do not count, and it is asked again once', async () => {
    const askAgain = vi.fn<() => void>();
    const answer = readAnswer(terminal.tty, never, askAgain);
    await terminal.type('はい\n');
    await terminal.type('\n');
    expect(askAgain).not.toHaveBeenCalled();
    await armed();
    expect(askAgain).toHaveBeenCalledOnce();
    await terminal.type(' いいえ \n');
    expect(await answer).toBe('いいえ');
  });

  it.each(['abort', 'end'])('is none on %s', async (how) => {
    const question = new AbortController();
    const askAgain = vi.fn<() => void>();
    const answer = readAnswer(terminal.tty, question.signal, askAgain);
    await armed();
    if (how === 'abort') question.abort();
    else terminal.end();
    expect(await answer).toBeNull();
    expect(askAgain).not.toHaveBeenCalled();
  });
});

describe('the questions of one signature', () => {
  let shown: string;
  const output = { write: (text: string) => void (shown += text) } as unknown as WriteStream;
  const card = { card: { reader: 'R', certificateSha256: 'a', certificate: new Uint8Array(), chain: [], driver: 'direct' }, name: '医者　三郎', role: 'Medical Doctor', notAfter: new Date(), daysLeft: 40 } as const;

  function view(): SignatureDialogView {
    const reading = readPrescriptionCsv(samplePrescriptionCsv());
    if (!reading.ok) throw new Error('the sample is refused');
    return {
      caller: { clientId: 'c', clientName: 'EHR\u202e', origin: 'https://ehr.example.jp', program: null },
      staff: { id: 'D0012', name: '医者 三郎' },
      documents: [{ id: 'rx-1', summary: summarizePrescription(reading.document), warnings: [{ ja: '注意', en: 'mind' }] }],
      waiting: ['別のEHR'],
      notices: [{ ja: '時計がずれています。', en: 'The clock is wrong.' }],
    };
  }
  const dialog = (language: 'ja' | 'en' = 'ja') => terminalPrompts(terminal.tty, output, language).openSignature(view());
  beforeEach(() => {
    shown = '';
  });

  it.each([['paired', 'ペアリングしました。'], ['wrong_codes', '番号を3回間違えたため、ペアリングを閉じました。接続するには、もう一度開いてください。'], ['expired', '時間切れのため、ペアリングを閉じました。接続するには、もう一度開いてください。']])('follow a pairing that tells how it ended: %s', async (reason, text) => {
    const window = new AbortController();
    const caller = { clientName: 'EHR', origin: null, program: '/usr/bin/ehr', code: '123456', expiresAt: new Date() };
    const code = terminalPrompts(terminal.tty, output, 'ja').showPairingCode(caller, window.signal);
    expect(shown).toContain('確認番号:  123 456');
    window.abort(reason);
    await code;
    expect(shown.endsWith(`\n${text}\n`)).toBe(true);
  });

  it('begin with everything that is to be signed, for whom, and nothing that reorders text', () => {
    dialog();
    const { sections } = view().documents[0]?.summary ?? { sections: [] };
    for (const row of sections.flatMap((section) => section.rows)) expect(shown).toContain(row.value);
    expect(shown.indexOf('髙橋　①子 ﾀｶﾊｼ ｲﾁｺ 1955-04-01')).toBeLessThan(shown.indexOf('■ RP 1'));
    expect(shown).toContain('髙橋　①子 ﾀｶﾊｼ ｲﾁｺ 1955-04-01');
    expect(shown).toContain('【麻薬】');
    expect(shown).toContain('【変更不可】');
    expect(shown).toContain('<https://ehr.example.jp>');
    expect(shown).toContain('⚠ 注意');
    expect(shown).toContain('順番待ち: 別のEHR');
    expect(shown).not.toContain('\u202e');
  });

  it('wait for a card, and can be cancelled by a key meanwhile', async () => {
    const waiting = dialog().waitForCard('other_doctor', false, never);
    expect(shown).toContain('… 別の方のカードです。ご本人のHPKIカードを挿入してください。（Escで取り消し）');
    await terminal.type('\x1b');
    expect(await waiting).toBe('cancelled');
  });

  describe("with a reader that has keys of its own", () => {
    const question: PinQuestion = { card, tries: { triesLeft: 15, failuresSeen: 0, consentNeeded: false }, refused: 'keypad_cancelled', signatures: 1 };
    const chosen: string[] = [];
    const hold: HoldPin = Object.assign(
      ({ pin }: { readonly pin: Uint8Array }) => Promise.resolve(void chosen.push(Buffer.from(pin).toString())).then(() => 'typed'),
      { atReader: () => Promise.resolve(void chosen.push('at the reader')).then(() => 'keypad') },
    );

    it.each([['はい\n', 'keypad', 'at the reader'], ['yes\n', 'keypad', 'at the reader'], ['\n', 'cancelled', undefined], ['1234\n', 'cancelled', undefined]])('take %j for %s', async (typed, answer, what) => {
      chosen.splice(0);
      const asked = dialog().askPin(question, hold, never);
      await armed();
      await terminal.type(typed);
      expect(await asked).toBe(answer);
      expect(chosen).toEqual(what === undefined ? [] : [what]);
      expect(shown).toContain('リーダーで取り消されました。もう一度入力できます。');
    });

    it('ask for the PIN here where the person says so', async () => {
      chosen.splice(0);
      const asked = dialog().askPin(question, hold, never);
      await armed();
      await terminal.type('ここ\n');
      await armed();
      await terminal.type('2468\r');
      expect(await asked).toBe('typed');
      expect(chosen).toEqual(['2468']);
    });

    it('say what to do on the reader, take Escape for a cancel, and say that the reader still waits', async () => {
      const window = dialog();
      const waiting = window.waitForKeypad({ card, done: 0, total: 2 }, never);
      await terminal.type('\x1b');
      expect(await waiting).toBe('cancelled');
      window.keypadLeft();
      expect(shown).toMatch(/カードリーダーでPINを入力.*2件中1件目[\s\S]*リーダーの取消キー/);
    });
  });

  it('ask for the PIN, hold exactly what was typed, and zero it', async () => {
    const question: PinQuestion = { card, tries: { triesLeft: 15, failuresSeen: 0, consentNeeded: false }, refused: null, signatures: 2 };
    let held = '';
    let bytes: Uint8Array | undefined;
    const asked = dialog().askPin(question, ({ pin, spendLastTries }) => {
      held = `${Buffer.from(pin).toString()} ${spendLastTries}`;
      bytes = pin;
      return Promise.resolve('session');
    }, never);
    await armed();
    await terminal.type('2468\r');
    expect(await asked).toBe('session');
    expect(held).toBe('2468 false');
    expect([...(bytes ?? [1])]).toEqual([0, 0, 0, 0]);
    expect(shown).toContain('残り40日');
    expect(shown).not.toContain('2468');
  });

  it('ask before the last tries are spent; without a yes no PIN is asked for', async () => {
    const question: PinQuestion = { card, tries: { triesLeft: 2, failuresSeen: 1, consentNeeded: true }, refused: 'incorrect', signatures: 1 };
    const asked = dialog().askPin(question, () => Promise.reject(new Error('held')), never);
    await armed();
    await terminal.type('\n');
    expect(await asked).toBe('cancelled');
    expect(shown).toContain('PINが違います。');
    expect(shown).toContain('PINの残り回数: 2');
    expect(shown).not.toContain('PIN: ');
  });

  it('let a person choose among cards by number, and cancel with Enter', async () => {
    const first = dialog().chooseCard([card, { ...card, name: '別の医者' }], never);
    await armed();
    await terminal.type('2\n');
    expect(await first).toEqual(card.card);
    const second = dialog().chooseCard([card], never);
    await armed();
    await terminal.type('\n');
    expect(await second).toBe('cancelled');
  });

  it('say that a line from before the question is not used, and stand there again', async () => {
    const chosen = dialog().chooseCard([card], never);
    await terminal.type('1\n');
    await armed();
    expect(shown).toMatch(/> 質問が出た直後までに入力された内容は使いません。もう一度入力してください。\n> $/);
    await terminal.type('1\n');
    expect(await chosen).toEqual(card.card);
  });

  it('say why it failed and what to do', () => {
    dialog().close({ outcome: 'failed', detail: { ja: 'ディスクに空きがありません。', en: 'The disk is full.' }, code: 'STORAGE_FAILED' });
    expect(shown).toMatch(/\(STORAGE_FAILED\)。ディスクに空きがありません。ディスクの空きと、.+。\n$/);
    dialog().close({ outcome: 'failed', detail: null, code: 'CARD_REMOVED' });
    expect(shown).toMatch(/✖ 署名できませんでした。.+\(CARD_REMOVED\)。.+。\n$/);
    dialog('en').close({ outcome: 'expired', detail: null, code: 'EXPIRED' });
    expect(shown).toContain('✖ Time is up. Nothing was signed. (EXPIRED)\n');
  });
});
