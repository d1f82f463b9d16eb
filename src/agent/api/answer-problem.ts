import { randomBytes } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ProblemError, type Problem } from '../../contract/problem.ts';
import { fault, identifier, type Log } from '../log.ts';
import { problemAnswer, problemHeaders, problemMediaType } from './problem-answer.ts';
import { CallerGone } from './read-json.ts';
import { routeName } from './request-log.ts';

/** Answers with application/problem+json (RFC 9457) in the caller's language; not at all where the caller has gone. */
export function answerProblem(error: unknown, request: FastifyRequest, reply: FastifyReply, log: Log): void {
  if (error instanceof CallerGone) {
    reply.hijack();
    reply.raw.destroy();
    return;
  }
  const problem = problemOf(error, request, log);
  const body = problemAnswer(problem, request.passage?.language ?? 'ja');
  reply
    .code(body.status)
    .headers(problemHeaders(problem))
    .header('content-type', problemMediaType)
    .send(JSON.stringify(body));
}

/** What is no ProblemError is our own mistake: the caller gets a reference, the log gets the place. */
function problemOf(error: unknown, request: FastifyRequest, log: Log): Problem {
  if (error instanceof ProblemError) return error.problem;
  // A Content-Type that fastify cannot parse, on a method whose body we do not read.
  if (error instanceof Error && 'code' in error && error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return { code: 'MEDIA_TYPE', detail: null };
  }
  const reference = randomBytes(6).toString('hex');
  log.error('api.internal', { reference: identifier(reference), route: routeName(request), fault: fault(error) });
  return { code: 'INTERNAL', detail: null, reference };
}
