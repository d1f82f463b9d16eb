/** What an answer has to say of an error code, for the tests that reach every entry of the table. */
import { expect } from 'vitest';
import { problemAnswer } from '../../src/contract/api.ts';
import { errorCodes, type ErrorCode, type ErrorCodeEntry, type NetworkErrorCode } from '../../src/contract/error-codes.ts';
import type { HttpAnswer } from './running-api.ts';

/** Only an agent with a provider of remote signing says them. */
export type RemoteCode =
  | NetworkErrorCode
  | 'TOKEN_EXPIRED'
  | 'TOKEN_BOUND_REACHED'
  | 'PROVIDER_REFUSED'
  | 'AUTHENTICATION_EXPIRED'
  | 'AUTHENTICATION_REFUSED'
  | 'AUTHENTICATED_OTHER_PERSON'
  | 'AUTHENTICATION_NOT_OFFERED'
  | 'TERMINAL_DOES_NOT_SIGN'
  | 'CLOCK_WRONG';

/** The answer is a problem, or a request that holds one. */
export function expectAsTheTableSays(code: ErrorCode, answer: HttpAnswer): void {
  const entry: ErrorCodeEntry = errorCodes[code];
  const body = answer.json as { problem?: unknown };
  const problem = problemAnswer.parse(body.problem ?? body);
  expect(problem).toMatchObject({ code, number: entry.number, status: entry.status, retriable: entry.retriable, type: `urn:hpki-agent:problem:${code}` });
  expect([entry.ja, entry.en]).toContain(problem.title);
  expect([entry.remedy.ja, entry.remedy.en]).toContain(problem.remedy);
  if (body.problem === undefined) {
    expect(answer.status).toBe(entry.status);
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
  }
  expect(answer.headers['www-authenticate'] === undefined).toBe(code !== 'NOT_PAIRED');
  if (code === 'INTERNAL') expect(problem.reference).toMatch(/./);
}
