import { debuglog } from 'node:util';
import { NoFreePort } from '../agent/api/no-free-port.ts';
import { AgentNotRunning, ControlFailure, OtherVersionRuns } from '../agent/control/control-client.ts';
import { ProblemError } from '../contract/problem.ts';
import { problemText, sentences } from '../contract/problem-text.ts';
import { CommandFailure, exitCodes } from './exit.ts';
import { fileErrorText } from './named-files.ts';

/** What ended a command, for the person at the terminal: cause and remedy, both languages, never a stack. */
export function explainFailure(error: unknown): { readonly text: { readonly ja: string; readonly en: string }; readonly exitCode: number } {
  if (error instanceof CommandFailure) return { text: error.text, exitCode: error.exitCode };
  if (error instanceof NoFreePort) {
    const { title, remedy } = error;
    return { text: { ja: sentences([title.ja, remedy.ja], 'ja'), en: sentences([title.en, remedy.en], 'en') }, exitCode: exitCodes.failed };
  }
  if (error instanceof ControlFailure || error instanceof OtherVersionRuns) return { text: error.text, exitCode: exitCodes.failed };
  // What failed first, where closing failed after it.
  if (error instanceof SuppressedError) return explainFailure(error.suppressed);
  if (error instanceof ProblemError && isLocked(error)) {
    return {
      text: {
        ja: 'この利用者のエージェントはすでに起動しています。状態は hpki-agent status で分かります。',
        en: 'An agent of this user is running already. See hpki-agent status.',
      },
      exitCode: exitCodes.failed,
    };
  }
  if (error instanceof ProblemError) return { text: { ja: problemText(error.problem, 'ja'), en: problemText(error.problem, 'en') }, exitCode: exitCodes.failed };
  if (error instanceof AgentNotRunning) {
    return {
      text: {
        ja: 'エージェントが起動していません。hpki-agent serve で起動してください。',
        en: 'The agent is not running. Start it with hpki-agent serve.',
      },
      exitCode: exitCodes.failed,
    };
  }
  const file = fileErrorText(error);
  if (file !== null) return { text: file, exitCode: exitCodes.failed };
  debug('%s', error instanceof Error ? error.stack : error);
  const what = error instanceof Error ? nameOf(error) : String(error);
  return {
    text: {
      ja: `プログラムの誤りで止まりました（${what}）。もう一度実行し、続く場合は NODE_DEBUG=hpki-agent を付けて実行した結果を添えて報告してください。`,
      en: `A fault in the program ended it (${what}). Try again; if it stays, report what it prints with NODE_DEBUG=hpki-agent.`,
    },
    exitCode: exitCodes.failed,
  };
}

/** SECURITY: a parser's message quotes what it met, which may be a patient's. test/unit/cli/wrong-input.test.ts */
function nameOf(error: Error): string {
  return error instanceof SyntaxError ? error.name : `${error.name}: ${error.message.split('\n', 1)[0]}`;
}

/** The stack of a fault of our own, for whoever looks for it: a person at the command line cannot use one. */
const debug = debuglog('hpki-agent');

/** Another process is the one writer of these records (src/agent/audit/file-lock.ts). */
function isLocked({ cause }: ProblemError): boolean {
  return cause instanceof Error && (cause as NodeJS.ErrnoException).code === 'ELOCKED';
}
