import { NoFreePort } from '../agent/api/no-free-port.ts';
import type { ErrorCode } from '../contract/error-codes.ts';
import { errorCodes } from '../contract/error-codes.ts';
import type { AgentView } from '../contract/ipc/home.ts';
import { messages } from '../contract/messages/messages.ts';
import { ProblemError } from '../contract/problem.ts';

type Problem = AgentView['problems'][number];

/** Why the agent does not run, as the tray and the home window say it; each with a button to start it again. */
export function explainStartFailure(error: unknown): Problem {
  // What failed first, where closing failed after it.
  if (error instanceof SuppressedError) return explainStartFailure(error.suppressed);
  if (error instanceof NoFreePort) return { code: 'PORT_TAKEN', title: { ...error.title }, remedy: { ...error.remedy }, action: 'start_again' };
  if (error instanceof ProblemError && isLocked(error)) {
    const { ja, en } = messages;
    return {
      code: 'ALREADY_RUNNING',
      title: { ja: ja.home.status.alreadyRunning.title, en: en.home.status.alreadyRunning.title },
      remedy: { ja: ja.home.status.alreadyRunning.remedy, en: en.home.status.alreadyRunning.remedy },
      action: 'start_again',
    };
  }
  return explain(error instanceof ProblemError ? error.problem.code : 'INTERNAL');
}

/** Another process is the one writer of these records (src/agent/audit/file-lock.ts). */
function isLocked({ cause }: ProblemError): boolean {
  return (cause as NodeJS.ErrnoException | undefined)?.code === 'ELOCKED';
}

function explain(code: ErrorCode): Problem {
  const { ja, en, remedy } = errorCodes[code];
  return { code, title: { ja, en }, remedy: { ...remedy }, action: 'start_again' };
}
