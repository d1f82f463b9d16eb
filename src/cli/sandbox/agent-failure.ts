import { errorCodes, type ErrorCode } from '../../contract/error-codes.ts';
import { problemText } from '../../contract/problem-text.ts';
import { CommandFailure, exitCodes } from '../exit.ts';

interface AgentProblem extends Error {
  readonly problem: { readonly code: ErrorCode; readonly detail?: string; readonly documents?: readonly Readonly<Record<string, string | number | null>>[] };
}

/** By its name: the sandbox's EHR, whose error it is, is loaded only where it plays. */
function isAgentProblem(error: unknown): error is AgentProblem {
  return error instanceof Error && error.name === 'AgentProblem' && Object.hasOwn(errorCodes, (error as Error & { code: string }).code);
}

export function isRefusedWith(error: unknown, code: ErrorCode): boolean {
  return isAgentProblem(error) && error.problem.code === code;
}

/** What the agent refused, with its detail in the language that it was asked in; null for anything else. */
export function agentRefusal(error: unknown): CommandFailure | null {
  if (!isAgentProblem(error)) return null;
  const { code, detail, documents = [] } = error.problem;
  const places = documents.map(({ line, record, field, reason }) => `\n  ${[line, record, field, reason].filter((part) => part !== null && part !== undefined).join(' / ')}`).join('');
  const text = (language: 'ja' | 'en'): string => problemText({ code, detail: detail === undefined ? null : { ja: detail, en: detail } }, language) + places;
  return new CommandFailure({ ja: text('ja'), en: text('en') }, exitCodes.failed, { cause: error });
}

/** The same, or that another program is on the port. */
export function agentFailure(error: unknown, port: number): unknown {
  const refusal = agentRefusal(error);
  if (refusal !== null) return refusal;
  // Undici's own, what is no JSON, and a refusal in JSON that is not the agent's.
  if (error instanceof TypeError || error instanceof SyntaxError || (error instanceof Error && ['NotOurAgent', 'AgentProblem'].includes(error.name))) {
    return new CommandFailure(
      { ja: `ポート${port}でエージェントが応答しません。起動しているか、hpki-agent status でポートを確かめてください。`, en: `No agent answers on port ${port}. See whether it runs, and on which port, with hpki-agent status.` },
      exitCodes.failed,
      { cause: error },
    );
  }
  return error;
}
