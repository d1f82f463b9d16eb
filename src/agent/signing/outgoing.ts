import type { ErrorCode } from '../../contract/error-codes.ts';
import { ProblemError } from '../../contract/problem.ts';
import type { ReadCredential } from '../remote/credentials.ts';
import type { ElementSigning, RemoteToken, ValueSigning } from '../remote/remote-provider.ts';
import { followDigestRecipe, followRecipe, type DigestedDocument, type PreparedDocument, type UnsignedDocument } from './recipe.ts';
import type { DigestRecipe, Recipe, SignedInfoRecipe } from './journal.ts';
import type { DocumentToSign } from './signature-service.ts';

/** Documents of one request on their way to a provider: as it takes them, and how it is asked. */
export interface Outgoing {
  readonly recipe: Recipe;
  readonly documents: readonly UnsignedDocument[];
  /** Yields one answer for each document of `ids`, in their order. */
  send(token: RemoteToken, ids: readonly string[], signal: AbortSignal): AsyncGenerator<Uint8Array, void, void>;
}

export function outgoingValues(recipe: SignedInfoRecipe, documents: readonly PreparedDocument[], signing: ValueSigning, { credential }: ReadCredential): Outgoing {
  return {
    recipe,
    documents,
    send: (token, ids, signal) => signing.sign(token, credential, pick(documents, ids).map(({ prepared }) => prepared.hash), signal),
  };
}

export function outgoingDigests(recipe: DigestRecipe, documents: readonly DigestedDocument[], signing: ElementSigning): Outgoing {
  return {
    recipe,
    documents,
    send: (token, ids, signal) =>
      signing.sign(token, pick(documents, ids).map(({ input, documentDigest }) => ({ type: input.type, digest: documentDigest })), signal),
  };
}

/** The same again from a recipe, for what is not answered yet. Throws where policy has changed the provider's form. */
export function outgoingAgain(recipe: Recipe, inputs: readonly DocumentToSign[], signing: ValueSigning | ElementSigning, credential: ReadCredential | null): Outgoing {
  if (recipe.form === 'element' && signing.form === 'element') return outgoingDigests(recipe, followDigestRecipe(recipe, inputs), signing);
  if (recipe.form === 'value' && signing.form === 'value' && credential !== null) return outgoingValues(recipe, followRecipe(recipe, inputs), signing, credential);
  throw new ProblemError({ code: 'RESULT_NOT_HELD', detail: null });
}

function pick<D extends UnsignedDocument>(documents: readonly D[], ids: readonly string[]): readonly D[] {
  return documents.filter(({ input }) => ids.includes(input.id));
}

/** The one error after which documents without an answer may have been signed all the same. */
export function isInDoubt(error: unknown): boolean {
  return !(error instanceof ProblemError) || error.problem.code === 'REMOTE_ANSWER_LOST';
}

export function answerLost(): ProblemError {
  return new ProblemError({ code: 'REMOTE_ANSWER_LOST' satisfies ErrorCode, detail: null });
}
