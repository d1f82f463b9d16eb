import { errorCodes, type ErrorCodeEntry } from '../../contract/error-codes.ts';
import type { ProblemAnswer } from '../../contract/api.ts';
import type { Problem } from '../../contract/problem.ts';
import { inLanguage, type Language } from './language.ts';

export const problemMediaType = 'application/problem+json; charset=utf-8';

/** A problem as JSON for one reader (RFC 9457 §3). `instance` names the thing concerned, where there is one. */
export function problemAnswer(problem: Problem, language: Language, instance?: string): ProblemAnswer {
  const entry: ErrorCodeEntry = errorCodes[problem.code];
  return {
    type: `urn:hpki-agent:problem:${problem.code}`,
    title: entry[language],
    status: entry.status,
    code: problem.code,
    number: entry.number,
    ...(problem.detail === null ? {} : { detail: problem.detail[language] }),
    remedy: entry.remedy[language],
    retriable: entry.retriable,
    ...(instance === undefined ? {} : { instance }),
    ...(problem.triesLeft === undefined ? {} : { triesLeft: problem.triesLeft }),
    ...(problem.documents === undefined
      ? {}
      : { documents: problem.documents.map((document) => ({ ...document, reason: document.reason[language] })) }),
    ...(problem.report === undefined ? {} : { report: inLanguage(problem.report, language) }),
    ...(problem.reference === undefined ? {} : { reference: problem.reference }),
  };
}

/** Headers that belong to a code, besides those of every answer. */
export function problemHeaders(problem: Problem): Record<string, string> {
  if (problem.code === 'NOT_PAIRED') return { 'www-authenticate': 'Bearer realm="hpki-agent"' };
  return problem.retryAfterSeconds === undefined ? {} : { 'retry-after': String(problem.retryAfterSeconds) };
}
