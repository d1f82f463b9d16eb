import {
  idempotencyKey,
  maximumWaitSeconds,
  pendingAnswer,
  signatureAnswer,
  signatureRequest,
  signedAnswer,
  waitQuery,
} from '../../../contract/api.ts';
import { networkErrorCodes } from '../../../contract/error-codes.ts';
import { ProblemError } from '../../../contract/problem.ts';
import { showSafely } from '../../../formats/prescription/display-safety.ts';
import type { Caller } from '../../ports.ts';
import type { SignatureRequest, SignatureService, SignatureSnapshot } from '../../signing/signature-service.ts';
import { parseRequest } from '../parse-request.ts';
import { problemAnswer, problemHeaders, problemMediaType } from '../problem-answer.ts';
import type { Answer, ApiCall, ClientRoute } from '../route.ts';
import { endingOf, hasEnded, signatureView } from '../signature-view.ts';

/** A question that is open closes at once. Who cancels is to hear that, and not what was true before. */
const cancelSeconds = 5;

const waitDescription = `Seconds to wait for the end, at most ${maximumWaitSeconds}`;

export function signatureRoutes(signatures: SignatureService): readonly ClientRoute[] {
  return [
    {
      method: 'POST',
      path: '/v1/signatures',
      access: 'client',
      bodyLimit: 'policy',
      description: {
        summary: { ja: '署名を要求します。', en: 'Asks for signatures.' },
        request: signatureRequest,
        query: { wait: waitDescription },
        headers: {
          'Idempotency-Key': {
            required: true,
            description: '1–128 visible ASCII characters, new for each new body. Within 24 hours the same key and body join a running request, and give a signed one again as it was; what ended before a key was used runs anew, and its Retry-After is that of the new run.',
          },
          Prefer: { required: false, description: `wait=n (RFC 7240): ${waitDescription}` },
        },
        answers: {
          201: { description: 'Signed and verified by the agent', schema: signedAnswer },
          202: { description: 'Not ended yet: look at Location', schema: pendingAnswer },
        },
        problems: signingProblems,
      },
      async handle(call, caller) {
        const key = readIdempotencyKey(call);
        const wait = waitOf(call);
        const request = toRequest(parseRequest(signatureRequest, call.body, 'body'));
        const begun = await signatures.submit(caller, key, request);
        return answerToPost(await waitForEnd(signatures, call, caller, begun, wait), call);
      },
    },
    {
      method: 'GET',
      path: '/v1/signatures/:id',
      access: 'client',
      description: {
        summary: { ja: '署名要求の状態または結果。', en: 'State or result of a request.' },
        query: { wait: waitDescription },
        answers: { 200: { description: 'The request now', schema: signatureAnswer } },
        problems: ['RESULT_NOT_HELD', 'INTERRUPTED'],
      },
      async handle(call, caller) {
        const wait = waitOf(call);
        const found = signatures.get(caller, call.params['id'] ?? '');
        if (found === undefined) throw notFound();
        return answerToGet(await waitForEnd(signatures, call, caller, found, wait), call);
      },
    },
    {
      method: 'DELETE',
      path: '/v1/signatures/:id',
      access: 'client',
      description: {
        summary: { ja: '署名要求を取り消します。', en: 'Cancels a request.' },
        answers: {
          200: {
            description: `How it ended: what is signed stays signed. One that has not ended within ${cancelSeconds} seconds, because a card works or a card reader waits for keys, is told as it stands, and ends when that is over`,
            schema: signatureAnswer,
          },
        },
        problems: ['RESULT_NOT_HELD', 'INTERRUPTED'],
      },
      async handle(call, caller) {
        const found = signatures.cancel(caller, call.params['id'] ?? '');
        if (found === undefined) throw notFound();
        return answerToGet(await waitForEnd(signatures, call, caller, found, cancelSeconds), call);
      },
    },
  ];
}

const signingProblems = [
  'DOCUMENT_INVALID', 'ROLE_NOT_ALLOWED', 'STAFF_MISMATCH', 'CERTIFICATE_EXPIRED',
  'NO_CARD_SERVICE', 'NO_READER', 'NO_CARD', 'CARD_UNKNOWN', 'CARD_AMBIGUOUS', 'CARD_IN_USE', 'CARD_REMOVED', 'CARD_MODULE_FAILED',
  'PIN_INCORRECT', 'PIN_LOCKED',
  'IDEMPOTENCY_CONFLICT', 'CANCELLED_BY_USER', 'EXPIRED', 'BUSY', 'RESULT_NOT_HELD',
  'NOT_AUTHENTICATED', 'AUTHENTICATION_NOT_OFFERED', 'AUTHENTICATION_EXPIRED', 'AUTHENTICATION_REFUSED', 'AUTHENTICATED_OTHER_PERSON', 'TERMINAL_DOES_NOT_SIGN',
  'TOKEN_EXPIRED', 'TOKEN_BOUND_REACHED', 'PROVIDER_REFUSED', 'CLOCK_WRONG', ...networkErrorCodes,
  'SIGNATURE_MISMATCH', 'STORAGE_FAILED',
] as const;

function readIdempotencyKey({ headers }: ApiCall): string {
  const parsed = idempotencyKey.safeParse(headers['idempotency-key']);
  if (parsed.success) return parsed.data;
  throw new ProblemError({
    code: 'REQUEST_INVALID',
    detail: {
      ja: 'Idempotency-Keyヘッダー（表示可能なASCII 1〜128文字）が必要です。',
      en: 'The header Idempotency-Key (1–128 visible ASCII characters) is required.',
    },
  });
}

/** `?wait=` counts before `Prefer: wait=`; a preference beyond the maximum is cut to it (RFC 7240 §4.3). */
function waitOf({ query, headers }: ApiCall): number {
  const { wait } = parseRequest(waitQuery, query, 'query');
  if (wait !== undefined) return wait;
  const prefer = headers['prefer'];
  const preferred = /(?:^|[,;])\s*wait\s*=\s*"?([0-9]{1,6})"?\s*(?:$|[,;])/i.exec(typeof prefer === 'string' ? prefer : '')?.[1];
  return Math.min(Number(preferred ?? 0), maximumWaitSeconds);
}

function toRequest(body: ReturnType<typeof signatureRequest.parse>): SignatureRequest {
  return {
    staff: { id: body.staff.id, name: showSafely(body.staff.name) },
    method: body.method,
    partial: body.partial,
    documents: body.documents.map((document) =>
      document.type === 'prescription'
        ? { id: document.id, type: document.type, csv: Buffer.from(document.csv, 'base64') }
        : {
            id: document.id,
            type: document.type,
            csv: Buffer.from(document.csv, 'base64'),
            prescription: Buffer.from(document.prescription, 'base64'),
          },
    ),
  };
}

async function waitForEnd(
  signatures: SignatureService,
  call: ApiCall,
  caller: Caller,
  snapshot: SignatureSnapshot,
  waitSeconds: number,
): Promise<SignatureSnapshot> {
  if (waitSeconds === 0 || hasEnded(snapshot)) return snapshot;
  const live = call.stayOpen('poll');
  try {
    const later = await signatures.settled(caller, snapshot.id, waitSeconds * 1000, live.signal);
    if (live.endedBy() === 'revoked') throw new ProblemError({ code: 'NOT_PAIRED', detail: null });
    return later ?? snapshot;
  } finally {
    live.release();
  }
}

function answerToPost(snapshot: SignatureSnapshot, call: ApiCall): Answer {
  const location = `/v1/signatures/${snapshot.id}`;
  if (snapshot.state === 'signed' && snapshot.result !== null) {
    return { status: 201, headers: { location }, body: signatureView(snapshot, call.language) };
  }
  if (hasEnded(snapshot)) return endedAnswer(snapshot, call);
  return { status: 202, headers: { location, 'retry-after': '1' }, body: signatureView(snapshot, call.language) };
}

function answerToGet(snapshot: SignatureSnapshot, call: ApiCall): Answer {
  if (snapshot.state === 'signed' && snapshot.result === null) return endedAnswer(snapshot, call);
  return { status: 200, body: signatureView(snapshot, call.language) };
}

/** The problem of a request, with its id and state beside it. */
function endedAnswer(snapshot: SignatureSnapshot, call: ApiCall): Answer {
  const ending = endingOf(snapshot);
  const problem = problemAnswer(ending, call.language, `/v1/signatures/${snapshot.id}`);
  return {
    status: problem.status,
    headers: { ...problemHeaders(ending), 'content-type': problemMediaType },
    body: { ...problem, id: snapshot.id, state: snapshot.state },
  };
}

function notFound(): ProblemError {
  return new ProblemError({ code: 'NOT_FOUND', detail: null });
}
