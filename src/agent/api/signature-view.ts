import type { SignatureAnswer, SignatureEvent, SignedAnswer } from '../../contract/api.ts';
import { ProblemError, type Problem } from '../../contract/problem.ts';
import type { SignatureResult, SignatureSnapshot } from '../signing/signature-service.ts';
import type { Language } from './language.ts';
import { problemAnswer } from './problem-answer.ts';

/** A request as its EHR sees it. A signed one without its documents is RESULT_NOT_HELD. */
export function signatureView(snapshot: SignatureSnapshot, language: Language): SignatureAnswer {
  switch (snapshot.state) {
    case 'signed':
      if (snapshot.result === null) throw new ProblemError(endingOf(snapshot));
      return signedView(snapshot.id, snapshot.result, language);
    case 'failed':
    case 'cancelled':
    case 'expired':
      return { id: snapshot.id, state: snapshot.state, problem: problemAnswer(endingOf(snapshot), language) };
    case 'received':
    case 'awaiting_card':
    case 'awaiting_consent':
    case 'awaiting_pin':
    case 'awaiting_phone':
    case 'signing':
      return { id: snapshot.id, state: snapshot.state, reason: snapshot.reason?.[language] ?? null };
  }
}

/** Why an ended request has no documents to give. */
export function endingOf(snapshot: SignatureSnapshot): Problem {
  if (snapshot.problem !== null) return snapshot.problem;
  switch (snapshot.state) {
    case 'signed':
      return { code: 'RESULT_NOT_HELD', detail: null };
    case 'cancelled':
      return { code: 'CANCELLED_BY_USER', detail: null };
    case 'expired':
      return { code: 'EXPIRED', detail: null };
    default:
      throw new Error(`a request that is ${snapshot.state} has no problem`);
  }
}

export function hasEnded(snapshot: SignatureSnapshot): boolean {
  return ['signed', 'failed', 'cancelled', 'expired'].includes(snapshot.state);
}

export function signatureEvent(snapshot: SignatureSnapshot, language: Language): SignatureEvent {
  return {
    id: snapshot.id,
    state: snapshot.state,
    reason: snapshot.reason?.[language] ?? null,
    code: snapshot.problem?.code ?? null,
  };
}

function signedView(id: string, result: SignatureResult, language: Language): SignedAnswer {
  return {
    id,
    state: 'signed',
    method: result.method,
    signer: {
      name: result.signer.name,
      role: result.signer.role,
      certificateSha256: result.signer.certificateSha256,
      notAfter: result.signer.notAfter.toISOString(),
    },
    signedAt: result.signedAt.toISOString(),
    audit: { seq: result.audit.seq, hash: result.audit.hash },
    documents: result.documents.map((document) =>
      document.state === 'signed'
        ? {
            id: document.id,
            state: document.state,
            xml: Buffer.from(document.xml.buffer, document.xml.byteOffset, document.xml.byteLength).toString('base64'),
            sha256: document.sha256,
            warnings: document.warnings.map((warning) => warning[language]),
          }
        : { id: document.id, state: document.state, problem: problemAnswer(document.problem, language) },
    ),
  };
}
