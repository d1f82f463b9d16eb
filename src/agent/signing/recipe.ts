import { ProblemError } from '../../contract/problem.ts';
import type { SignatureProfile } from '../../formats/xades/signature-profile.ts';
import { prepareSplice, type DocumentToSplice } from '../../formats/xades/signature-splice.ts';
import { prepareSignature, type PreparedSignature } from '../../formats/xades/writer.ts';
import type { DigestRecipe, Recipe, SignedInfoRecipe } from './journal.ts';
import { sha256 } from './request-fingerprint.ts';
import type { DocumentToSign } from './signature-service.ts';

/** A document that becomes a whole file with what a signer answers: a signature value, or an element. */
export interface UnsignedDocument {
  readonly input: DocumentToSign;
  readonly assemble: (answer: Uint8Array) => Uint8Array;
}

/** A document with everything but its signature value. */
export interface PreparedDocument extends UnsignedDocument {
  readonly prepared: Omit<PreparedSignature, 'assemble'>;
}

/** A document with everything but its signature. */
export interface DigestedDocument extends UnsignedDocument {
  readonly documentDigest: Uint8Array;
}

export interface RecipeHead {
  readonly id: string;
  readonly client: string;
  readonly key: string;
  readonly body: string;
}

/** Whose key signs: the certificate's on a card, or in the cloud of a provider. */
export interface RecipeSigner {
  /** DER. */
  readonly certificate: Uint8Array;
  readonly provider: string | null;
}

/** Decides signing time, ids and certificate once and for all, and writes down what makes the same bytes again. */
export function writeRecipe(
  head: RecipeHead,
  documents: readonly DocumentToSign[],
  { certificate, provider }: RecipeSigner,
  profile: SignatureProfile,
  at: number,
): { readonly recipe: SignedInfoRecipe; readonly prepared: readonly PreparedDocument[] } {
  const signingTime = wholeSeconds(at);
  const prepared = documents.map((input) =>
    unsigned(input, prepareSignature(input, { certificate, signingTime: new Date(signingTime), profile })),
  );
  const recipe: SignedInfoRecipe = {
    type: 'recipe',
    form: provider === null ? 'card' : 'value',
    provider,
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
export function followRecipe(recipe: SignedInfoRecipe, documents: readonly DocumentToSign[]): readonly PreparedDocument[] {
  const certificate = certificateOf(recipe);
  return recipe.documents.map((written) => {
    const input = inputOf(written.id, documents);
    const prepared = prepareSignature(input, {
      certificate,
      signingTime: new Date(recipe.signingTime),
      profile: recipe.profile,
      ids: written.ids,
    });
    if (sha256(prepared.signedInfo) !== written.signedInfoSha256) throw cannotRepeat();
    return unsigned(input, prepared);
  });
}

/** What a provider is asked that makes whole elements: the digests, and by which canonicalization they are made. */
export function writeDigestRecipe(
  head: RecipeHead,
  documents: readonly DocumentToSign[],
  { provider, reference1 }: Pick<DigestRecipe, 'provider' | 'reference1'>,
  at: number,
): { readonly recipe: DigestRecipe; readonly prepared: readonly DigestedDocument[] } {
  const prepared = documents.map((input) => digested(input, prepareSplice(input, reference1)));
  const recipe: DigestRecipe = {
    type: 'recipe',
    form: 'element',
    provider,
    at,
    ...head,
    signingTime: wholeSeconds(at),
    reference1,
    documents: prepared.map(({ input, documentDigest }) => ({ id: input.id, type: input.type, documentDigest: Buffer.from(documentDigest).toString('hex') })),
  };
  return { recipe, prepared };
}

export function followDigestRecipe(recipe: DigestRecipe, documents: readonly DocumentToSign[]): readonly DigestedDocument[] {
  return recipe.documents.map((written) => {
    const document = digested(inputOf(written.id, documents), prepareSplice(inputOf(written.id, documents), recipe.reference1));
    if (Buffer.from(document.documentDigest).toString('hex') !== written.documentDigest) throw cannotRepeat();
    return document;
  });
}

export function documentsOf(recipe: Recipe, documents: readonly DocumentToSign[]): readonly UnsignedDocument[] {
  return recipe.form === 'element' ? followDigestRecipe(recipe, documents) : followRecipe(recipe, documents);
}

function unsigned(input: DocumentToSign, { assemble, ...prepared }: PreparedSignature): PreparedDocument {
  return { input, prepared, assemble };
}

function digested(input: DocumentToSign, { documentDigest, splice }: DocumentToSplice): DigestedDocument {
  return { input, documentDigest, assemble: splice };
}

function inputOf(id: string, documents: readonly DocumentToSign[]): DocumentToSign {
  const input = documents.find((document) => document.id === id);
  if (input === undefined) throw cannotRepeat();
  return input;
}

function wholeSeconds(at: number): number {
  return Math.floor(at / 1000) * 1000;
}

export function certificateOf(recipe: SignedInfoRecipe): Uint8Array {
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
