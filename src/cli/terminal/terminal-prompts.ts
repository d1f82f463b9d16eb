import type { ReadStream, WriteStream } from 'node:tty';
import type {
  BindingView,
  CardNeed,
  CardView,
  CertificateView,
  ConsentQuestion,
  DialogOutcome,
  HoldPin,
  KeypadWait,
  PairingView,
  PinQuestion,
  Prompts,
  SignatureDialog,
  SignatureDialogView,
} from '../../agent/ports.ts';
import type { PairingEnd } from '../../agent/api/pairing.ts';
import { errorCodes, type ErrorCodeEntry } from '../../contract/error-codes.ts';
import { sentences } from '../../contract/problem-text.ts';
import { nameDifferences } from '../../agent/signing/name-differences.ts';
import { showSafely } from '../../formats/prescription/display-safety.ts';
import type { Language } from '../language.ts';
import { authenticationDialog } from './terminal-authentication.ts';
import { authenticationTexts } from './authentication-texts.ts';
import { clockTime } from './clock-time.ts';
import { readAnswer, readCancel, readPin } from './read-pin.ts';
import { summaryLines } from './show-summary.ts';
import { pairingEnds, terminalTexts } from './terminal-texts.ts';

/** Meets the person in the terminal in which `serve`, `sign` or `demo` runs. */
export function terminalPrompts(input: ReadStream, output: WriteStream, language: Language): Prompts {
  const t = terminalTexts[language];
  const print = (line: string): void => {
    output.write(`${line}\n`);
  };
  const askLine = (question: string, signal: AbortSignal): Promise<string | null> => {
    output.write(question);
    return readAnswer(input, signal, () => output.write(`${t.typedTooEarly}\n${question}`));
  };
  const confirm = async (question: string, signal: AbortSignal): Promise<boolean> => {
    const answer = await askLine(`${question} ${t.typeYes} > `, signal);
    return answer !== null && t.yes.includes(answer.toLowerCase());
  };
  return {
    // It is opened in a browser, whose user has set up the card there.
    loginPageTakesCards: true,
    openSignature: (view) => signatureDialog(view, { input, output, language, print, askLine, confirm }),
    openAuthentication: (view) => authenticationDialog(view, { input, output, language, print, askLine, confirm, eraseLine }),
    async showPairingCode(view: PairingView, signal: AbortSignal) {
      print('');
      print(`═══ ${t.pairingTitle} ═══`);
      print(`${t.caller}: ${showSafely(view.clientName)} ${callerPlace(view)}`);
      print(`${t.pairingCode}:  ${view.code.slice(0, 3)} ${view.code.slice(3)}`);
      print(t.pairingHow);
      await aborted(signal);
      print(pairingEnds[signal.reason as PairingEnd][language]);
      return 'refused';
    },
    notify: (notice) => print(`● ${notice.text[language]}`),
  };
}

/** CSI K (ECMA-48 §8.3.41): what stood right of the cursor goes. */
const eraseLine = '\x1b[K';

interface Terminal {
  readonly input: ReadStream;
  readonly output: WriteStream;
  readonly language: Language;
  readonly print: (line: string) => void;
  /** One line of the person's; null when the question is over. */
  readonly askLine: (question: string, signal: AbortSignal) => Promise<string | null>;
  readonly confirm: (question: string, signal: AbortSignal) => Promise<boolean>;
}

function signatureDialog(view: SignatureDialogView, terminal: Terminal): SignatureDialog {
  const { input, output, language, print, askLine, confirm } = terminal;
  const t = terminalTexts[language];
  printRequest(view, terminal);
  const certificateLine = ({ name, role, daysLeft }: CertificateView): string => `${showSafely(name)} ${role ?? t.noRole} ${t.daysLeft(daysLeft)}`;
  const cardLine = (card: CardView): string => `${certificateLine(card)} [${showSafely(card.card.reader)}]`;
  return {
    async waitForCard(need: CardNeed, canAuthenticate: boolean, signal: AbortSignal) {
      print(`… ${t.cardNeeds[need]}${canAuthenticate ? '' : t.escCancels}`);
      if (!canAuthenticate) {
        await readCancel(input, signal);
        return 'cancelled';
      }
      return (await confirm(t.authenticateInstead, signal)) ? 'authenticate' : 'cancelled';
    },
    async chooseCard(cards, signal) {
      print(t.chooseCard);
      cards.forEach((card, index) => print(`  ${index + 1}) ${cardLine(card)}`));
      const chosen = cards[Number(await askLine('> ', signal)) - 1];
      return chosen === undefined ? 'cancelled' : chosen.card;
    },
    async confirmBinding(binding: BindingView, signal) {
      const { certificate, place } = binding;
      print(t.bindingTitle[place.kind]);
      print(`  ${t.staffInEhr}:    ${showSafely(binding.staff.name)} (${showSafely(binding.staff.id)})`);
      print(`  ${t.personInDocument}: ${showSafely(binding.personInDocument)}`);
      print(`  ${t.places[place.kind]}: ${certificateLine(certificate)} [${showSafely(place.kind === 'card' ? place.reader : place.provider)}]`);
      for (const pair of nameDifferences(binding)) print(`⚠ ${t.namesDiffer[pair]}`);
      return (await confirm(t.bindingQuestion, signal)) ? 'confirmed' : 'cancelled';
    },
    async askPin(question: PinQuestion, hold: HoldPin, signal) {
      if (question.refused !== null) print(`✖ ${t.pinRefused[question.refused]}`);
      print(`${t.card}: ${cardLine(question.card)}`);
      print(`${t.triesLeft}: ${question.tries.triesLeft === 'unknown' ? t.triesUnknown : question.tries.triesLeft}`);
      if (question.tries.consentNeeded && !(await confirm(t.lastTries, signal))) return 'cancelled';
      if (hold.atReader !== undefined) {
        print(t.keypadQuestion(question.signatures));
        const answer = (await askLine(`${t.typeYesOrHere} > `, signal))?.toLowerCase() ?? '';
        if (t.yes.includes(answer)) return hold.atReader({ spendLastTries: question.tries.consentNeeded });
        if (!t.here.includes(answer)) return 'cancelled';
      }
      print(t.enterPin(question.signatures));
      // On a line of its own: a line that a narrow terminal has wrapped cannot be drawn again.
      output.write('PIN: ');
      const pin = await readPin(input, (length) => output.write(`\r${eraseLine}PIN: ${'●'.repeat(length)}`), signal);
      print('');
      if (pin === null) return 'cancelled';
      try {
        return await hold({ pin, spendLastTries: question.tries.consentNeeded });
      } finally {
        pin.fill(0);
      }
    },
    async waitForKeypad({ done, total }: KeypadWait, signal) {
      print(t.enterAtReader(done + 1, total));
      await readCancel(input, signal);
      return 'cancelled';
    },
    keypadLeft: () => print(`✖ ${t.keypadLeft}`),
    // Nothing is read between two questions.
    throwIfLeft: () => undefined,
    async askConsent({ why, documents, session }: ConsentQuestion, signal) {
      print(t.consentWhy[why]);
      print(t.sessionUntil(authenticationTexts[language].methods[session.method], clockTime(session.until)));
      return (await confirm(t.consentQuestion(documents), signal)) ? 'confirmed' : 'cancelled';
    },
    signing: (done, total) => {
      if (total > 1) output.write(`\r${t.signing} ${done}/${total} `);
      if (total > 1 && done === total) print('');
    },
    waiting: (names) => {
      if (names.length > 0) print(`${t.waiting}: ${names.map(showSafely).join('、')}`);
    },
    close(end: DialogOutcome) {
      if (end.outcome === 'signed') print(`✔ ${t.signed}`);
      else if (end.outcome !== 'other_way') print(`✖ ${endText(end, language)}`);
    },
  };
}

/** How it ended; a failure says why and what to do, as the EHR is told. */
function endText({ outcome, code, detail }: Exclude<DialogOutcome, { outcome: 'signed' | 'other_way' }>, language: Language): string {
  const { ended } = terminalTexts[language];
  const entry = outcome === 'failed' ? Object.entries<ErrorCodeEntry>(errorCodes).find(([known]) => known === code)?.[1] : undefined;
  if (entry === undefined) return `${sentences([ended[outcome], detail?.[language]], language)} (${code})`;
  return sentences([ended[outcome], `${entry[language]} (${code})`, detail?.[language], entry.remedy[language]], language);
}

/** What is asked, by whom and for whom, with every document in full. */
export function printRequest(view: SignatureDialogView, { print, language }: Pick<Terminal, 'print' | 'language'>): void {
  const t = terminalTexts[language];
  print('');
  print(`═══ ${t.requestTitle(view.documents.length)} ═══`);
  print(`${t.caller}: ${showSafely(view.caller.clientName)} ${callerPlace(view.caller)}`);
  print(`${t.staffInEhr}: ${showSafely(view.staff.name)} (${showSafely(view.staff.id)})`);
  for (const document of view.documents) {
    print('');
    print(`── ${t.documentTypes[document.summary.type]} ${document.id} ──`);
    for (const line of summaryLines(document.summary, language)) print(line);
    for (const warning of document.warnings) print(`   ⚠ ${warning[language]}`);
  }
  for (const notice of view.notices) print(`⚠ ${notice[language]}`);
  if (view.waiting.length > 0) print(`${t.waiting}: ${view.waiting.map(showSafely).join('、')}`);
  print('');
}

function callerPlace(caller: { readonly origin: string | null; readonly program: string | null }): string {
  if (caller.origin !== null) return `<${caller.origin}>`;
  return caller.program === null ? '' : `<${showSafely(caller.program)}>`;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
