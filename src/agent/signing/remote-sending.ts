import { ProblemError } from '../../contract/problem.ts';
import type { Audit } from '../audit/audit-log.ts';
import { fault, identifier, type Log } from '../log.ts';
import type { Clock } from '../ports.ts';
import type { RemoteToken } from '../remote/remote-provider.ts';
import type { RemoteSession } from '../remote/remote-session.ts';
import { accountNotes } from '../remote/remote-session-desk.ts';
import type { Journal } from './journal.ts';
import { reasonOfAbort } from './lane.ts';
import type { LiveRequest } from './live-request.ts';
import { answerLost, isInDoubt, type Outgoing } from './outgoing.ts';
import type { UnsignedDocument } from './recipe.ts';
import type { RemoteAnswers } from './remote-answers.ts';
import { RequestStopped } from './request-end.ts';

export interface SendingParts {
  readonly journal: Journal;
  readonly audit: Pick<Audit, 'append'>;
  readonly clock: Clock;
  readonly log: Log;
}

export interface SendingOrder {
  readonly request: LiveRequest;
  readonly answers: RemoteAnswers;
  readonly outgoing: Outgoing;
  readonly session: RemoteSession;
  /** Verifies an answer as it comes. Throws SIGNATURE_MISMATCH, and nothing more is sent. */
  readonly check: (document: UnsignedDocument, answer: Uint8Array) => void;
  readonly progress: (done: number, total: number) => void;
}

/**
 * Sends what is not answered yet, once. The journal says so before the first byte leaves, keeps every answer as it comes,
 * and says what certainly was not sent: a document without an answer is otherwise never sent again under its key.
 * SECURITY: test/unit/agent/signing/remote-kill-points.test.ts
 */
export async function sendOutstanding(parts: SendingParts, order: SendingOrder, token: RemoteToken): Promise<void> {
  const { journal, clock } = parts;
  const { request, answers, outgoing, session } = order;
  const open = outgoing.documents.filter(({ input }) => !answers.all.has(input.id));
  await recordUse(parts, order, open.length);
  await journal.recordDurably({ type: 'sending', id: request.identity.id });
  request.keyUsed = true;
  session.usage.take(open.length, clock.monotonic());
  try {
    await takeAnswers(order, open, token);
  } catch (error) {
    if (!isInDoubt(error)) await notSent(parts, order);
    throw named(error, request, parts.log);
  }
  if (!request.signal.aborted) return;
  await notSent(parts, order);
  throw reasonOfAbort(request.signal);
}

async function takeAnswers({ request, answers, outgoing, check, progress }: SendingOrder, open: readonly UnsignedDocument[], token: RemoteToken): Promise<void> {
  request.dispatch({ type: 'signing_began', total: open.length });
  progress(0, open.length);
  const ids = open.map(({ input }) => input.id);
  let done = 0;
  for await (const answer of outgoing.send(token, ids, request.signal)) {
    const document = open[done];
    if (document === undefined) throw new Error('the provider answered more than it was asked');
    await answers.keep(document.input.id, answer);
    done += 1;
    request.dispatch({ type: 'document_signed' });
    progress(done, open.length);
    check(document, answer);
  }
  // A provider that ends before its time without a reason has left us in doubt.
  if (done < open.length && !request.signal.aborted) throw answerLost();
}

async function notSent({ journal }: SendingParts, { request, answers }: SendingOrder): Promise<void> {
  await journal.record({ type: 'not_sent', id: request.identity.id });
  request.keyUsed = answers.all.size > 0;
}

/** A fault of the program between sending and answer leaves the same doubt as a broken connection. */
function named(error: unknown, { identity }: LiveRequest, log: Log): unknown {
  if (error instanceof ProblemError || error instanceof RequestStopped) return error;
  log.error('remote.sending_failed', { request: identifier(identity.id), error: fault(error) });
  return answerLost();
}

function recordUse({ audit }: SendingParts, { request, session }: SendingOrder, documents: number): Promise<unknown> {
  const { id, caller, staff } = request.identity;
  const notes = [...accountNotes(session.owner.provider, session.subject), `documents=${documents}`];
  return audit.append({ event: 'token.used', result: 'ok', caller, staffId: staff.id, request: id, method: 'remote', notes });
}
