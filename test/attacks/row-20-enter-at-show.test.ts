/**
 * Row 20: prompt fatigue, and Enter at show (Bitwarden #12520: a key meant for another window approved the prompt that
 * had just opened). A doctor types all day; a question that appears under the fingers must not be answered by them. Here
 * a batch has one window with its whole list, keys count only after half a second without any, the default is to
 * cancel, and a PIN is needed where others have a button.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { armingMs } from '../../src/cli/terminal/read-pin.ts';
import { terminalPrompts } from '../../src/cli/terminal/terminal-prompts.ts';
import type { VirtualHpkiCard } from '../../src/sandbox/cards/virtual-hpki-card.ts';
import { startCommand } from '../support/command-line.ts';
import { describeWith } from '../support/machine.ts';
import { PlayedTerminal } from '../support/played-terminal.ts';
import { until, type HttpAnswer } from '../support/running-api.ts';
import { codeOf, prescription, RunningAgent } from '../support/running-agent.ts';
import { TestClinic } from '../support/test-clinic.ts';

let clinic: TestClinic;
let running: RunningAgent;
let card: VirtualHpkiCard;
let terminal: PlayedTerminal;
beforeAll(async () => {
  clinic = await TestClinic.open();
});
afterEach(() => running.close());

/** Time is what is tested here: this is a person who waits, not a sleep in place of a condition. */
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const thinking = (): Promise<void> => pause(armingMs + 200);

/** An agent that asks on a terminal, for a card that is known to be the doctor's, so that the PIN is the only question. */
async function start(consentSeconds = 60): Promise<void> {
  card = clinic.card('doctor');
  terminal = new PlayedTerminal();
  running = await RunningAgent.start({
    clinic,
    inserted: card,
    prompts: terminalPrompts(terminal.input, terminal.output, 'ja'),
    settings: {
      staff: { binding: 'preset', preset: [{ staffId: 'D0012', certificateSha256: clinic.people.doctor.certificate.sha256 }] },
      deadlines: { consentSeconds, cardSeconds: 3, cardCallSeconds: 20, loginAndSignSeconds: 60 },
    },
  });
  await until(() => running.cardsReady() > 0, 'the card is read');
}

async function asked(): Promise<{ answer: Promise<HttpAnswer> }> {
  const answer = running.sign();
  await terminal.seen('PIN: ');
  return { answer };
}

describe('keys that were on their way when the question appeared', () => {
  it.each([
    ['Enter', '\r'],
    ['Enter many times', '\r\n\r\r\n'],
    ['the right PIN and Enter, meant for something else', '1234\r'],
    ['a word of a chart', '1234 mg\r'],
  ])('approve nothing: %s', async (_what, keys) => {
    await start();
    const { answer } = await asked();
    terminal.type(keys);
    await thinking();
    expect(card.statistics.pinsPresented).toBe(0);
    terminal.type('\x1b');
    expect(codeOf(await answer)).toBe('CANCELLED_BY_USER');
    expect(card.statistics.pinsPresented).toBe(0);
  });

  it('approve nothing when they were typed before it appeared', async () => {
    await start();
    terminal.type('1234\r\r');
    const { answer } = await asked();
    await thinking();
    terminal.type('\x1b');
    expect(codeOf(await answer)).toBe('CANCELLED_BY_USER');
    expect(card.statistics.pinsPresented).toBe(0);
  });

  it('are not half of a PIN: who types on is not heard before a pause, and no shortened PIN costs a try', async () => {
    await start();
    const { answer } = await asked();
    for (const key of '99991234\r') {
      terminal.type(key);
      await pause(armingMs / 4);
    }
    expect(card.statistics.pinsPresented).toBe(0);
    await thinking();
    terminal.type('1234\r');
    expect((await answer).status).toBe(201);
    expect(card.statistics.pinsPresented).toBe(1);
  });
});

describe('the default', () => {
  it('is to cancel: Enter alone, after any time', async () => {
    await start();
    const { answer } = await asked();
    await thinking();
    terminal.type('\r');
    expect(codeOf(await answer)).toBe('CANCELLED_BY_USER');
    expect(card.statistics.pinsPresented).toBe(0);
  });

  it('is that nobody answered, when nobody does', async () => {
    await start(3);
    const { answer } = await asked();
    expect(codeOf(await answer)).toBe('EXPIRED');
    expect(terminal.isRaw).toBe(false);
    expect(card.statistics.pinsPresented).toBe(0);
  });

  it.each(['\x03', '\x04', '\x1b'])('cancels at once by the key %j, even before the question counts keys', async (key) => {
    await start();
    const { answer } = await asked();
    terminal.type(key);
    expect(codeOf(await answer)).toBe('CANCELLED_BY_USER');
  });

  it('of a question without a PIN is no, too: Enter at "is this the same person?" binds nothing', async () => {
    card = clinic.card('doctor');
    terminal = new PlayedTerminal();
    running = await RunningAgent.start({ clinic, inserted: card, prompts: terminalPrompts(terminal.input, terminal.output, 'en') });
    const early = running.sign();
    await terminal.seen('> ');
    terminal.type('yes\n');
    await thinking();
    expect(terminal.printed).not.toContain('PIN: ');
    terminal.type('\n');
    expect(codeOf(await early)).toBe('CANCELLED_BY_USER');
    expect(running.audit().filter(({ event }) => event === 'staff.bound')).toEqual([]);
  });
});

const patientName = (n: number): string => `患者\u3000${n}番`;

describe('a batch', () => {
  it('has one window with its whole list, and one PIN', async () => {
    await start();
    const documents = Array.from({ length: 30 }, (_, n) => prescription(`rx-${n}`, { patient: { name: patientName(n), kana: 'ｶﾝｼﾞｬ' } }));
    const answer = running.sign({ documents });
    await terminal.seen('PIN: ');
    expect(terminal.printed.match(/電子署名の確認/g)).toHaveLength(1);
    for (let n = 0; n < 30; n += 1) expect(terminal.printed).toContain(patientName(n));
    await thinking();
    terminal.type('1234\r');
    expect((await answer).status).toBe(201);
    expect(terminal.printed.match(/PIN: /g)?.length).toBeLessThanOrEqual(5 + 4);
    expect(card.statistics.signatures).toBe(30);
  });
});

describeWith(['script'], 'on a terminal of the system', () => {
  it('keys that the kernel had buffered before the question do not answer it', async () => {
    await start();
    const out = mkdtempSync(path.join(tmpdir(), 'hpki-demo-that-signs-nothing-'));
    const command = startCommand(['demo', '--out', out], { terminal: true });
    command.type('はい\n1234\n1234\n\n');
    await command.seen(/同じ人ですか/);
    await thinking();
    expect(command.out).not.toMatch(/PIN: /);
    expect(command.out).not.toContain('署名しました');
    await command.typeUntil('\n', /取り消しました/);
    const end = await command.ended;
    expect(end.code).toBe(1);
    expect(end.out).not.toContain('署名しました');
    expect(end.out).not.toContain('プログラムの誤り');
    expect(readdirSync(out)).toEqual([]);
    rmSync(out, { recursive: true });
  });
});
