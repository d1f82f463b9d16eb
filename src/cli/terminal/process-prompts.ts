import { ReadStream, WriteStream } from 'node:tty';
import type { Prompts } from '../../agent/ports.ts';
import { nobodyAuthenticates } from '../../agent/remote/nobody-authenticates.ts';
import type { Language } from '../language.ts';
import { terminalPrompts } from './terminal-prompts.ts';

/** Prompts in the terminal of this process. Without one nobody can consent: every question counts as cancelled. */
export function processPrompts(language: Language): Prompts {
  const { stdin, stderr } = process;
  if (stdin instanceof ReadStream && stderr instanceof WriteStream) return terminalPrompts(stdin, stderr, language);
  process.stderr.write(
    language === 'ja'
      ? '警告: 端末がないため確認とPINの入力ができず、署名の要求はすべて取り消されます。端末から起動してください。\n'
      : 'Warning: without a terminal nobody can consent or enter a PIN, and every request is cancelled. Start it in a terminal.\n',
  );
  return absentPerson;
}

const absentPerson: Prompts = {
  loginPageTakesCards: true,
  openSignature: () => ({
    waitForCard: () => Promise.resolve('cancelled'),
    chooseCard: () => Promise.resolve('cancelled'),
    confirmBinding: () => Promise.resolve('cancelled'),
    askPin: () => Promise.resolve('cancelled'),
    askConsent: () => Promise.resolve('cancelled'),
    waitForKeypad: () => Promise.resolve('cancelled'),
    keypadLeft: () => undefined,
    throwIfLeft: () => undefined,
    signing: () => undefined,
    waiting: () => undefined,
    close: () => undefined,
  }),
  openAuthentication: () => nobodyAuthenticates,
  // The code is still shown by `hpki-agent pair`, which a person runs in a terminal.
  showPairingCode: (_view, signal) =>
    new Promise((resolve) => {
      signal.addEventListener('abort', () => resolve('refused'));
    }),
  notify: () => undefined,
};
