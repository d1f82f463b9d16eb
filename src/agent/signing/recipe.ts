import { ProblemError } from '../../contract/problem.ts';
import type { SignatureProfile } from '../../formats/xades/signature-profile.ts';
import { prepareSignature, type PreparedSignature } from '../../formats/xades/writer.ts';
import type { Recipe } from './journal.ts';
import { sha256 } from './request-fingerprint.ts';
import type { DocumentToSign } from './signature-service.ts';

/** A document with everything but its signature value. */
export interface PreparedDocument {
  readonly input: DocumentToSign;
  readonly prepared: PreparedSignature;
}

export interface RecipeHead {
  readonly id: string;
  readonly client: string;
  readonly key: string;
  readonly body: string;
}

/** Decides signing time, ids and certificate once and for all, and writes down what makes the same bytes again. */
export function writeRecipe(
  head: RecipeHead,
  documents: readonly DocumentToSign[],
  certificate: Uint8Array,
  profile: SignatureProfile,
  at: number,
): { readonly recipe: Recipe; readonly prepared: readonly PreparedDocument[] } {
  const signingTime = Math.floor(at / 1000) * 1000;
  const prepared = documents.map((input) => ({
    input,
    prepared: prepareSignature(input, { certificate, signingTime: new Date(signingTime), profile }),
  }));
  const recipe: Recipe = {
    type: 'recipe',
    at,
    ...head,
    signingTime,
    profile,
    certificate: Buffer.from(certificate).toString('base64'),
    documents: prepared.map((document) => ({
      id: document.input.id,
      type: document.input.type,
      ids: document.prepared.ids,
      documentDigest: Buffer.from(document.prepared.documentDigest).toString('hex'),
      signedInfoSha256: Buffer.from(document.prepared.hash).toString('hex'),
    })),
  };
  return { recipe, prepared };
}

/**
 * Makes the same SignedInfo again from the same documents.
 * SECURITY: one key never has two signatures. Bytes that came out differently (another version of the agent wrote the
 * recipe) are not signed (test/unit/agent/signing/kill-points.test.ts and idempotency.test.ts).
 */
export function followRecipe(recipe: Recipe, documents: readonly DocumentToSign[]): readonly PreparedDocument[] {
  const certificate = certificateOf(recipe);
  return recipe.documents.map((written) => {
    const input = documents.find(({ id }) => id === written.id);
    if (input === undefined) throw cannotRepeat();
    const prepared = prepareSignature(input, {
      certificate,
      signingTime: new Date(recipe.signingTime),
      profile: recipe.profile,
      ids: written.ids,
    });
    if (sha256(prepared.signedInfo) !== written.signedInfoSha256) throw cannotRepeat();
    return { input, prepared };
  });
}

export function certificateOf(recipe: Recipe): Uint8Array {
  return new Uint8Array(Buffer.from(recipe.certificate, 'base64'));
}

function cannotRepeat(): ProblemError {
  return new ProblemError({
    code: 'RESULT_NOT_HELD',
    detail: {
      ja: 'このIdempotency-Keyの署名は別の版のエージェントで行われたため、同じ文書を作り直せません。新しいIdempotency-Keyで送ってください。',
      en: 'Another version of the agent signed under this Idempotency-Key, so the same document cannot be made again. Use a new key.',
    },
  });
}
