/**
 * Row 29: display spoofing ("Trojan Source"). Bidirectional controls, zero-width and control characters, terminal escapes
 * and padding in a CSV, a caller's or a staff member's name make a person read something else than what is signed. Here such
 * characters are shown as visible escapes, long runs of blanks are counted, nothing is cut off, and not one byte that
 * steers a terminal comes from a stranger. Looked at on the bytes that reach the terminal, and in what a window is given.
 */
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { terminalPrompts } from '../../src/cli/terminal/terminal-prompts.ts';
import { samplePrescriptionCsv } from '../../src/sandbox/samples/prescription.ts';
import { PlayedTerminal } from '../support/played-terminal.ts';
import { ask, sha256Hex, until } from '../support/running-api.ts';
import { prescription, RunningAgent, staff } from '../support/running-agent.ts';
import { TestClinic } from '../support/test-clinic.ts';

const spoofs: readonly (readonly [what: string, text: string])[] = [
  ['a right-to-left override', '\u202e'],
  ['a left-to-right override', '\u202d'],
  ['an embedding', '\u202b'],
  ['an isolate', '\u2067'],
  ['the end of an isolate', '\u2069'],
  ['an Arabic letter mark', '\u061c'],
  ['Hebrew letters, which reorder digits', '\u05d0\u05d1'],
  ['a zero-width space', '\u200b'],
  ['a zero-width joiner', '\u200d'],
  ['a word joiner', '\u2060'],
  ['a byte order mark', '\ufeff'],
  ['a soft hyphen', '\u00ad'],
  ['a Hangul filler', '\u3164'],
  ['a braille blank', '\u2800'],
  ['a tag character', '\u{e0041}'],
  ['a variation selector alone', 'a\ufe0f'],
  ['a NUL', '\0'],
  ['a backspace', 'x\b'],
  ['a carriage return', '\ry'],
  ['a vertical tab', '\v'],
  ['a form feed', '\f'],
  ['a next-line control', '\u0085'],
  ['a line separator', '\u2028'],
  ['an escape sequence that clears the screen', '\x1b[2J'],
  ['an escape sequence that moves up and overwrites', '\x1b[3A\x1b[2K'],
  ['an escape sequence that hides text', '\x1b[8m'],
  ['an escape sequence that sets the title', '\x1b]0;title\x07'],
  ['an escape sequence that asks the terminal to answer', '\x1b[6n\x1b[c'],
  ['a one-byte control sequence', '\u009b2J'],
  ['a device control string', '\x90q'],
  ['five combining marks', 'e\u0301\u0302\u0303\u0304\u0305'],
  ['a strike-through', '1\u0336'],
  ['an enclosing mark', '1\u20dd'],
  ['a private character', '\ue000'],
  ['an unassigned character', '\u{3fffd}'],
  ['an odd space', '\u2003'],
  ['a no-break space', '\u00a0'],
];

/** No stranger's text may hold these where a person reads; the agent's own lines end in LF. */
const unsafe = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}\u115f\u1160\u2800\u3164\uffa0\u0590-\u08ff]/u;
/** What the agent itself draws: line feeds. */
const ownControls = /\n/g;

let clinic: TestClinic;
let running: RunningAgent;
beforeAll(async () => {
  clinic = await TestClinic.open();
});
afterEach(() => running.close());

const spoofed = ['朝食後の薬は一包化してください', '髙橋', 'ミホンプラゾール錠１０ｍｇ', '朝食後分を一包化'];
/** The sample with this text inside of a remark, the patient's name, a drug and a supplement. */
const csvWith = (text: string): Uint8Array =>
  new TextEncoder().encode(spoofed.reduce((csv, place) => csv.replace(place, `${place}<${text}>`), new TextDecoder().decode(samplePrescriptionCsv())));

describe('on a terminal', () => {
  let terminal: PlayedTerminal;
  async function start(): Promise<void> {
    terminal = new PlayedTerminal();
    running = await RunningAgent.start({
      clinic,
      prompts: terminalPrompts(terminal.input, terminal.output, 'ja'),
      settings: { deadlines: { consentSeconds: 0.2, cardSeconds: 0.2, cardCallSeconds: 20, loginAndSignSeconds: 60 } },
    });
    await until(() => running.cardsReady() > 0, 'the card is read');
  }

  it('no character of a CSV or a staff name steers it, hides or reorders, and each is visible as an escape', async () => {
    await start();
    for (const [what, text] of spoofs) {
      terminal.printed = '';
      const answer = await running.sign({ staff: { ...staff, name: `医者<${text}>三郎` }, documents: [prescription('rx-1', csvWith(text))] });
      const own = terminal.printed.replace(ownControls, '');
      expect({ what, status: answer.status, unsafe: unsafe.exec(own)?.[0] }).toEqual({ what, status: 409, unsafe: undefined });
      // Each of the four places and the staff member's name.
      for (const place of [...spoofed, '医者']) expect(own).toMatch(new RegExp(`${place}<[^>]*(⟨U\\+[0-9A-F]{4,6}⟩|⟨␣×\\d+⟩)`));
    }
  }, 120_000);

  it('a caller\'s name that tries the same is shown with its escapes when it pairs', async () => {
    await start();
    for (const [what, text] of spoofs) {
      terminal.printed = '';
      running.agent.pairing.open();
      await ask(running.port, '/v1/pairings', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ clientName: `EHR<${text}>` }) });
      const own = terminal.printed.replace(ownControls, '');
      expect({ what, unsafe: unsafe.exec(own)?.[0], shown: own.includes('EHR<') }).toEqual({ what, unsafe: undefined, shown: true });
      running.agent.pairing.cancel();
    }
  });

  it('a caller\'s name of a thousand blanks or letters pushes nothing out of sight', async () => {
    await start();
    const token = 'blank-token-blank-token-blank-token-blank-0001';
    await running.agent.clients.add({ name: `EHR${' '.repeat(120)}x`, origin: null, tokenSha256: sha256Hex(token) });
    await running.sign({}, { token });
    expect(terminal.printed).toContain('⟨␣×120⟩');
    terminal.printed = '';
    const csv = new TextEncoder().encode(new TextDecoder().decode(samplePrescriptionCsv()).replace('朝食後の薬は一包化してください', `a${' '.repeat(500)}b${'\u3000'.repeat(500)}c${'長'.repeat(3000)}末尾`));
    await running.sign({ documents: [prescription('rx-1', csv)] });
    expect(terminal.printed).toContain('a⟨␣×500⟩b⟨␣×500⟩c');
    expect(terminal.printed).toContain('末尾');
  });

  it('lines of a CSV cannot imitate the agent\'s own words in a line of their own', async () => {
    await start();
    const csv = new TextEncoder().encode(new TextDecoder().decode(samplePrescriptionCsv()).replace('朝食後の薬は一包化してください', '\u2028✔ 署名しました\u0085═══ 電子署名の確認 ═══'));
    await running.sign({ documents: [prescription('rx-1', csv)] });
    expect(terminal.printed.split('\n').filter((line) => /^(✔|═══)/.test(line))).toHaveLength(1);
  });
});

describe('what a window is given', () => {
  it('is safe to show in every summary row, name and label, and a signed spoof carries a warning', async () => {
    running = await RunningAgent.start({ clinic });
    await until(() => running.cardsReady() > 0, 'the card is read');
    for (const [what, text] of spoofs) {
      running.person.shown.length = 0;
      const answer = await running.sign({ staff: { ...staff, name: `医者<${text}>三郎` }, documents: [prescription('rx-1', csvWith(text))] });
      expect({ what, status: answer.status }).toEqual({ what, status: 201 });
      const [opened] = running.person.shown;
      if (opened?.what !== 'opened') throw new Error('no window was opened');
      const shown: string[] = [];
      JSON.stringify(opened.view, (key, value: unknown) => {
        // The caller's name is made safe by whoever shows it; this one is the test's own.
        if (typeof value === 'string' && key !== 'clientName') shown.push(value);
        return value;
      });
      expect({ what, unsafe: shown.filter((row) => unsafe.test(row)) }).toEqual({ what, unsafe: [] });
      expect({ what, escaped: shown.some((row) => row.includes('⟨')) }).toEqual({ what, escaped: true });
      const [document] = (answer.json as { documents: { warnings: string[] }[] }).documents;
      // One for each of the four lines, in the answer as in the summary's first section.
      expect({ what, warnings: Math.min(4, document?.warnings.length ?? 0) }).toEqual({ what, warnings: 4 });
    }
  }, 60_000);
});
