import type { ReadStream, WriteStream } from 'node:tty';
import type { AuthenticationCardView, AuthenticationDialog, AuthenticationDialogView, AuthenticationExit, AuthenticationOutcome } from '../../agent/ports.ts';
import { problemText } from '../../contract/problem-text.ts';
import { showSafely } from '../../formats/prescription/display-safety.ts';
import type { Language } from '../language.ts';
import { authenticationTexts } from './authentication-texts.ts';
import { clockTime } from './clock-time.ts';
import { receiveCallback } from './one-shot-callback.ts';
import { qrLines } from './qr-lines.ts';
import { readCancel, readPin } from './read-pin.ts';
import { terminalTexts } from './terminal-texts.ts';

/** Whatever comes first; the other one is stopped, and both are over when this is. */
async function firstOf<A, B>(signal: AbortSignal, one: (until: AbortSignal) => Promise<A>, other: (until: AbortSignal) => Promise<B>): Promise<A | B> {
  const over = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  const both = [one(until), other(until)] as const;
  try {
    return await Promise.race(both);
  } finally {
    over.abort(new Error('answered'));
    await Promise.allSettled(both);
  }
}

/** Another program has the port, or this user may not (below 1024): the address can still be pasted. */
const isPortNotHad = (error: unknown): boolean => error instanceof Error && ['EADDRINUSE', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '');

interface Terminal {
  readonly input: ReadStream;
  readonly output: WriteStream;
  readonly language: Language;
  readonly print: (line: string) => void;
  readonly askLine: (question: string, signal: AbortSignal) => Promise<string | null>;
  readonly confirm: (question: string, signal: AbortSignal) => Promise<boolean>;
  readonly eraseLine: string;
}

type Choice<Answer> = readonly [Answer, string];

/** One authentication at the terminal: every way out is a number that is shown, and Enter alone cancels. */
export function authenticationDialog(view: AuthenticationDialogView, terminal: Terminal): AuthenticationDialog {
  const { input, output, language, print, askLine, confirm, eraseLine } = terminal;
  const t = authenticationTexts[language];
  const common = terminalTexts[language];
  print('');
  print(`═══ ${t.title} ═══`);
  print(`${common.staffInEhr}: ${showSafely(view.staff.name)} (${showSafely(view.staff.id)})`);
  print(`${common.caller}: ${showSafely(view.caller.clientName)}`);
  if (view.facility !== null) print(`${t.facility}: ${showSafely(view.facility)}`);
  print(`${t.terminal}: ${showSafely(view.terminal)}`);
  if (view.documents > 0) print(t.documents(view.documents));

  const exits: readonly Choice<'other_method' | 'use_card'>[] = [
    ...(view.methods.length > 1 ? [['other_method', t.otherMethod] as const] : []),
    ...(view.canUseCard ? [['use_card', t.useCard] as const] : []),
  ];
  /** Asks until a number that was offered, or nothing, is typed. What is no number is not taken for a cancellation. */
  const choose = async <Answer extends string>(choices: readonly Choice<Answer>[], signal: AbortSignal): Promise<Answer | 'cancelled'> => {
    choices.forEach(([, text], index) => print(`  ${index + 1}) ${text}`));
    for (;;) {
      const typed = await askLine(`(${t.cancel}) > `, signal);
      if (typed === null || typed === '') return 'cancelled';
      const chosen = choices[Number(typed) - 1];
      if (chosen !== undefined) return chosen[0];
    }
  };
  const leave = (signal: AbortSignal): Promise<AuthenticationExit> => choose(exits, signal);

  return {
    async chooseMethod({ methods, suggested, problem }, signal) {
      if (problem !== null) print(`✖ ${problemText(problem, language)}`);
      print(t.chooseMethod);
      const inOrder = [suggested, ...methods.filter((method) => method !== suggested)];
      const card = view.canUseCard ? [['use_card', t.useCard] as const] : [];
      return choose([...inOrder.map((method) => [method, t.methods[method]] as const), ...card], signal);
    },
    async showCode(code, signal) {
      for (const line of await qrLines(code.uri)) print(line);
      print(t.scan);
      if (code.number !== null) print(`${t.number}: ${code.number}`);
      print(`${t.address}: ${code.uri}`);
      print(`${t.userCode}: ${code.userCode}`);
      print(`${t.until}: ${clockTime(code.expiresAt)}`);
      return leave(signal);
    },
    codeRanOut(signal) {
      print(`✖ ${t.ranOut}`);
      return choose([['again', t.again], ...exits], signal);
    },
    waitForCard(kind, need, signal) {
      const missing = need === 'no_card' || need === 'unknown_card';
      print(`… ${need === 'several_cards' ? t.severalCards : missing ? t.noAuthenticationCard[kind] : common.cardNeeds[need]}`);
      return leave(signal);
    },
    async askPin({ card, tries, refused }, hold, signal) {
      if (refused !== null) print(`✖ ${common.pinRefused[refused]}`);
      print(cardLine(card, language));
      print(`${common.triesLeft}: ${tries.triesLeft === 'unknown' ? common.triesUnknown : tries.triesLeft}`);
      if (tries.consentNeeded && !(await confirm(t.lastTries[card.kind], signal))) return 'cancelled';
      if (hold.atReader !== undefined) {
        print(common.keypadQuestion(1));
        const answer = (await askLine(`${common.typeYesOrHere} > `, signal))?.toLowerCase() ?? '';
        if (common.yes.includes(answer)) return hold.atReader({ spendLastTries: tries.consentNeeded });
        if (!common.here.includes(answer)) return 'cancelled';
      }
      print(t.enterPin[card.kind]);
      output.write('PIN: ');
      const pin = await readPin(input, (length) => output.write(`\r${eraseLine}PIN: ${'●'.repeat(length)}`), signal);
      print('');
      if (pin === null) return 'cancelled';
      try {
        return await hold({ pin, spendLastTries: tries.consentNeeded });
      } finally {
        pin.fill(0);
      }
    },
    async waitForKeypad(_card, signal) {
      print(common.enterAtReader(1, 1));
      await readCancel(input, signal);
      return 'cancelled';
    },
    keypadLeft: () => print(`✖ ${common.keypadLeft}`),
    async showLogin({ page }, signal) {
      print(t.openLogin);
      print(page.url.href);
      if (page.listens === true && page.redirectUrl.protocol === 'http:') {
        print(t.waitForBrowser);
        try {
          return await firstOf(signal, (until) => receiveCallback(page, t.backToTerminal, until), (until) => choose([], until));
        } catch (error) {
          if (signal.aborted || !isPortNotHad(error)) throw error;
          print('');
          print(`✖ ${t.portNotHad(page.redirectUrl.port || '80')}`);
        }
      }
      for (;;) {
        print(t.pasteAddress);
        const typed = await askLine('> ', signal);
        if (typed === null || typed === '') return 'cancelled';
        const address = URL.parse(typed);
        if (address !== null) return address;
        print(`✖ ${t.notAnAddress}`);
      }
    },
    progress(step, signal) {
      print(`… ${t.progress[step]}`);
      // Nothing is read meanwhile: Enter was meant for the question before.
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve('cancelled'), { once: true }));
    },
    close: (end) => print(endLine(end, language)),
  };
}

function cardLine({ kind, name, reader }: AuthenticationCardView, language: Language): string {
  const { cards } = authenticationTexts[language];
  return `${cards[kind]}${name === null ? '' : `: ${showSafely(name)}`} [${showSafely(reader)}]`;
}

function endLine(end: AuthenticationOutcome, language: Language): string {
  const t = authenticationTexts[language];
  switch (end.outcome) {
    case 'authenticated':
      return `✔ ${t.authenticated(clockTime(end.until))}`;
    case 'use_card':
      return t.cardInstead;
    case 'cancelled':
      return `✖ ${t.ended.cancelled}`;
    case 'failed':
    case 'expired':
      return `✖ ${t.ended[end.outcome]} ${problemText(end.problem, language)}`;
  }
}
