import { ProblemError } from '../../contract/problem.ts';
import { releaseObstacles } from '../../formats/xades/release.ts';
import { ElementRefused } from '../../formats/xades/signature-splice.ts';
import type { VerificationReport } from '../../formats/xades/report.ts';
import type { Verifier } from '../../formats/xades/verifier.ts';
import { undecidedChecks, type DocumentWarning } from './accept-documents.ts';
import type { UnsignedDocument } from './recipe.ts';
import { sha256 } from './request-fingerprint.ts';

/** A document that may leave the agent. */
export interface ReleasableDocument {
  readonly id: string;
  readonly xml: Uint8Array;
  readonly sha256: string;
  /** As the signer claims it. */
  readonly signingTime: Date;
  /** Checks of our own signature that were INDETERMINATE: no CRL, an issuer that nobody trusts yet. */
  readonly warnings: readonly DocumentWarning[];
}

/**
 * Puts the signer's answer into the document and verifies the bytes that come out, by the same verifier that reads
 * strangers' files: the CSV inside is what the person saw, the certificate is the one of the card or of the person in the
 * cloud, its role may sign, digests and value hold. Throws SIGNATURE_MISMATCH.
 * SECURITY: test/unit/agent/signing/self-verification.test.ts
 */
export function releaseDocument(
  document: UnsignedDocument,
  answer: Uint8Array,
  certificateSha256: string,
  verifier: Verifier,
  at: Date,
): ReleasableDocument {
  const { input } = document;
  const xml = assemble(document, answer);
  const { report, document: inside } = verifier.examine(xml, at);
  const [obstacle] = releaseObstacles(report);
  if (obstacle) throw mismatch(obstacle.reason, report);
  if (report.documentType !== input.type) throw mismatch(otherContent, report);
  if (report.signer?.certificateSha256 !== certificateSha256) throw mismatch(otherCertificate, report);
  if (inside === null || Buffer.compare(inside.csv, input.csv) !== 0) throw mismatch(otherContent, report);
  if (report.signingTime === null) throw mismatch(noTime, report);
  return { id: input.id, xml, sha256: sha256(xml), signingTime: report.signingTime, warnings: undecidedChecks(report, '') };
}

const otherCertificate = { ja: '署名者の証明書がご本人のものと異なります', en: "The signer is not the person's certificate" };
const otherContent = { ja: '署名された内容が表示した内容と異なります', en: 'What was signed is not what was shown' };
const noValue = { ja: '署名値がありません', en: 'There is no signature value' };
const noTime = { ja: '署名時刻がありません', en: 'There is no signing time' };

/** Throws SIGNATURE_MISMATCH for an answer that does not go into a file. */
export function assemble(document: UnsignedDocument, answer: Uint8Array): Uint8Array {
  if (answer.length === 0) throw mismatch(noValue);
  try {
    return document.assemble(answer);
  } catch (error) {
    throw error instanceof ElementRefused ? mismatch(error.reason) : error;
  }
}

export function mismatch(what: { readonly ja: string; readonly en: string }, report?: VerificationReport): ProblemError {
  return new ProblemError({
    code: 'SIGNATURE_MISMATCH',
    detail: { ja: what.ja.replace(/。?$/, '。'), en: what.en.replace(/\.?$/, '.') },
    ...(report === undefined ? {} : { report }),
  });
}
