import { errorCodes, type ErrorCode } from '../../contract/error-codes.ts';
import { problemText } from '../../contract/problem-text.ts';
import { CommandFailure, exitCodes } from '../exit.ts';

/** What the agent refused, with its detail in the language that it was asked in; null for anything else. */
export function agentRefusal(error: unknown): CommandFailure | null {
  if (!(error instanceof Error) || error.name !== 'AgentProblem' || !Object.hasOwn(errorCodes, (error as Error & { code: string }).code)) return null;
  const { code, detail, documents = [] } = (error as unknown as { problem: { code: ErrorCode; detail?: string; documents?: readonly Readonly<Record<string, string | number | null>>[] } }).problem;
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
