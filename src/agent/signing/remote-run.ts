import { networkErrorCodes, type ErrorCode } from '../../contract/error-codes.ts';
import { ProblemError } from '../../contract/problem.ts';
import { parseCertificate } from '../../formats/pki/certificate.ts';
import type { Prompts } from '../ports.ts';
import type { Authentications } from '../remote/authentications.ts';
import { chooseCredential, readCredentials, type ReadCredential } from '../remote/credentials.ts';
import type { RemoteProvider, RemoteToken, ValueSigning } from '../remote/remote-provider.ts';
import type { RemoteSession } from '../remote/remote-session.ts';
import type { RemoteSessionDesk } from '../remote/remote-session-desk.ts';
import { sessionNotices } from '../remote/session-notices.ts';
import { mayRoleSign } from './card-fitness.ts';
import { isAnswerLost, type JournalEntry, type Recipe } from './journal.ts';
import { TakesOtherWay } from './other-way.ts';
import { answerLost, outgoingAgain, outgoingDigests, outgoingValues, type Outgoing } from './outgoing.ts';
import { certificateOf, documentsOf, writeDigestRecipe, writeRecipe, type UnsignedDocument } from './recipe.ts';
import { RemoteAnswers } from './remote-answers.ts';
import { RemoteConsent, type RemoteConsentParts } from './remote-consent.ts';
import { sendOutstanding, type SendingParts } from './remote-sending.ts';
import { signerInElement } from './remote-signer.ts';
import { endOf, problem } from './request-end.ts';
import { signerQuestion, type QuestionedRequest, type SignerQuestion } from './request-question.ts';
import type { ReleasableDocument } from './self-verification.ts';
import type { SignaturePolicy } from './signature-policy.ts';
import type { RequestSigner, SignedAnswers } from './signed-answers.ts';
import type { StaffBindings } from './staff-bindings.ts';

export interface RemoteRunParts extends SendingParts, RemoteConsentParts {
  readonly prompts: Prompts;
  readonly bindings: StaffBindings;
  readonly policy: SignaturePolicy;
  readonly providers: ReadonlyMap<string, RemoteProvider>;
  readonly sessions: RemoteSessionDesk;
  readonly authentications: Authentications;
  /** Assembles and verifies one document. Throws SIGNATURE_MISMATCH. */
  readonly verify: (document: UnsignedDocument, answer: Uint8Array, signer: RequestSigner, signingTime: number) => ReleasableDocument;
}

export interface RemoteOrder extends QuestionedRequest {
  /** What an earlier run under the same key has left. */
  readonly entry: JournalEntry | null;
  /** Whether a card may sign instead: the caller asked for whichever way. */
  readonly canUseCard: boolean;
}

/**
 * From an accepted request to the answers of a provider: with a live token at once, else after an authentication whose
 * window opens by itself. What was sent under one key is never sent again.
 */
export class RemoteRun {
  readonly #parts: RemoteRunParts;
  readonly #order: RemoteOrder;
  readonly #answers: RemoteAnswers;
  readonly #consent: RemoteConsent;
  readonly #verified = new Map<string, ReleasableDocument>();
  readonly #failed = new Map<string, ErrorCode>();
  #recipe: Recipe | null;
  #outgoing: Outgoing | null = null;
  #signer: RequestSigner | null = null;
  #session: RemoteSession | null = null;

  constructor(parts: RemoteRunParts, order: RemoteOrder) {
    this.#parts = parts;
    this.#order = order;
    this.#recipe = order.entry?.recipe ?? null;
    this.#answers = new RemoteAnswers(parts.journal, order.request.identity.id, order.entry);
    this.#consent = new RemoteConsent(parts, order);
  }

  async perform<T>(release: (signed: SignedAnswers) => Promise<T>): Promise<T> {
    this.#verifyEarlierAnswers();
    try {
      this.#refuseWithoutBinding();
      await this.#signOutstanding();
      const signed = await this.#signed();
      const result = await release(signed);
      this.#consent.close({ outcome: 'signed' });
      return result;
    } catch (error) {
      await this.#endSessionAfter(error);
      this.#consent.closeAfter(error);
      throw error;
    }
  }

  /**
   * What an earlier run has left is verified first: for a request that cannot be released nobody authenticates, and nothing
   * more is signed. The session that brought a wrong answer is over already; the one of now is not to blame.
   * SECURITY: test/attacks/row-10-swapped-answers.test.ts
   */
  #verifyEarlierAnswers(): void {
    const recipe = this.#recipe;
    if (recipe === null || this.#answers.all.size === 0) return;
    const documents = documentsOf(recipe, this.#order.plan.accepted.map(({ input }) => input));
    const signer = this.#signerOfEarlierRun(recipe, documents);
    for (const document of documents) {
      const { id } = document.input;
      const answer = this.#answers.all.get(id);
      if (answer !== undefined) this.#verified.set(id, this.#parts.verify(document, answer, signer, recipe.signingTime));
    }
  }

  /** As for cards: where nobody at this desk may bind a person, nobody is asked to authenticate either. */
  #refuseWithoutBinding(): void {
    const { bindings, policy } = this.#parts;
    const { staff } = this.#order.request.identity;
    const hasBinding = bindings.subjectsOf(staff.id).length > 0 || policy.staff.preset.some((entry) => entry.staffId === staff.id);
    if (policy.staff.binding !== 'ask' && !hasBinding) throw problem('STAFF_MISMATCH');
  }

  async #signOutstanding(): Promise<void> {
    const { entry } = this.#order;
    if (entry !== null && isAnswerLost(entry)) {
      this.#giveUpOrThrow(answerLost());
      return;
    }
    for (let refusedTokens = 0; !this.#isAnswered(); ) {
      try {
        this.#session = null;
        const session = (this.#session = await this.#liveSession());
        await this.#signWith(session);
      } catch (error) {
        const isRefused = isTokenRefused(error);
        if (isRefused && this.#session !== null) await this.#parts.sessions.end(this.#session, 'refused');
        refusedTokens += isRefused ? 1 : 0;
        // Once the person is asked to authenticate again; a fresh token that is refused too is a fault elsewhere.
        if (isRefused && refusedTokens === 1) {
          await this.#keepRecipe();
          continue;
        }
        this.#turnToCardAfter(error);
        this.#giveUpOrThrow(error);
        return;
      }
    }
  }

  /** The journal drops a recipe of which nothing was signed. This run goes on with it, so it is written down again. */
  async #keepRecipe(): Promise<void> {
    if (this.#recipe !== null && this.#answers.all.size === 0) await this.#parts.journal.recordDurably(this.#recipe);
  }

  #isAnswered(): boolean {
    return this.#recipe?.documents.every(({ id }) => this.#answers.all.has(id)) === true;
  }

  async #liveSession(): Promise<RemoteSession> {
    const { sessions, authentications } = this.#parts;
    const { request, plan } = this.#order;
    const { caller, staff } = request.identity;
    const live = sessions.find(caller.clientId, staff.id);
    if (live) return live;
    if (authentications.methods.length === 0) throw problem('NOT_AUTHENTICATED', authentications.whyNone);
    // The authentication has a window of its own, and windows come one after another.
    this.#consent.close({ outcome: 'other_way' });
    const canUseCard = this.#canUseCard();
    const landing = await authentications.join({
      caller,
      staff,
      documents: plan.accepted.length,
      canUseCard,
      suggested: null,
      signal: request.signal,
      onStep: (step) => request.dispatch(step),
    });
    if (landing !== 'use_card') return landing;
    throw canUseCard ? new TakesOtherWay('local') : problem('NOT_AUTHENTICATED', choseCard);
  }

  async #signWith(session: RemoteSession): Promise<void> {
    const provider = this.#providerOf(session);
    const { signing } = provider;
    const credential = signing.form === 'value' ? await this.#withToken(session, (token) => this.#credential(signing, token)) : null;
    await this.#consent.ask(session, credential?.certificate ?? null);
    const outgoing = (this.#outgoing ??= await this.#prepare(provider, credential));
    if (credential !== null) this.#signer = signerOf(credential, session);
    const sending = {
      request: this.#order.request,
      answers: this.#answers,
      outgoing,
      session,
      check: (document: UnsignedDocument, answer: Uint8Array) => this.#check(outgoing.recipe, document, answer),
      progress: (done: number, total: number) => this.#consent.signing(done, total),
    };
    await this.#withToken(session, (token) => {
      // SECURITY: who left while the disk or the token was waited for gets no signature (test/unit/agent/signing/remote-requests.test.ts).
      this.#consent.throwIfLeft();
      return sendOutstanding(this.#parts, sending, token);
    });
  }

  #providerOf({ owner }: RemoteSession): RemoteProvider {
    const provider = this.#parts.providers.get(owner.provider);
    // The recipe was begun with a provider that policy has since replaced: only a new key can go on.
    if (provider === undefined || (this.#recipe !== null && this.#recipe.provider !== owner.provider)) throw problem('RESULT_NOT_HELD', otherProvider);
    return provider;
  }

  async #withToken<T>(session: RemoteSession, use: (token: RemoteToken) => Promise<T>): Promise<T> {
    const token = await this.#parts.sessions.token(session);
    if (token === undefined) throw problem('TOKEN_EXPIRED');
    try {
      return await use(token);
    } finally {
      token.secret.fill(0);
    }
  }

  async #credential(signing: ValueSigning, token: RemoteToken): Promise<ReadCredential> {
    const credentials = await readCredentials(signing, token, this.#order.request.signal);
    const answer = chooseCredential(credentials, this.#question());
    if (answer.kind === 'fits') return answer.chosen;
    throw problem(answer.code, answer.code === 'PROVIDER_REFUSED' ? noCredential : null);
  }

  /** The recipe is written once for a key: every later attempt, in this run or after a crash, follows it. */
  async #prepare({ name, signing }: RemoteProvider, credential: ReadCredential | null): Promise<Outgoing> {
    const { request, plan } = this.#order;
    const inputs = plan.accepted.map(({ input }) => input).filter(({ type }) => credential === null || mayRoleSign(credential.certificate, type));
    if (this.#recipe !== null) return outgoingAgain(this.#recipe, inputs, signing, credential);
    const { journal, policy, clock } = this.#parts;
    const { id, key, body, caller } = request.identity;
    const head = { id, key, body, client: caller.clientId };
    const outgoing = ((): Outgoing => {
      if (signing.form === 'element') {
        const { recipe, prepared } = writeDigestRecipe(head, inputs, { provider: name, reference1: signing.reference1 }, clock.now());
        return outgoingDigests(recipe, prepared, signing);
      }
      if (credential === null) throw new Error('a value needs the certificate that it is made with');
      const { recipe, prepared } = writeRecipe(head, inputs, { certificate: credential.certificate.der, provider: name }, policy.signature, clock.now());
      return outgoingValues(recipe, prepared, signing, credential);
    })();
    await journal.recordDurably(outgoing.recipe);
    this.#recipe = outgoing.recipe;
    return outgoing;
  }

  #check(recipe: Recipe, document: UnsignedDocument, answer: Uint8Array): void {
    const signer = (this.#signer ??= this.#signerInElement(document, answer));
    this.#verified.set(document.input.id, this.#parts.verify(document, answer, signer, recipe.signingTime));
  }

  #signerInElement(document: UnsignedDocument, element: Uint8Array): RequestSigner {
    const certificate = signerInElement(document, element, this.#question());
    return { certificate, chain: [], account: accountOf(this.#session) };
  }

  /** Everything is here; before it is released, somebody knows whose certificate it is. */
  async #signed(): Promise<SignedAnswers> {
    const { request, plan, entry } = this.#order;
    const recipe = this.#recipe;
    if (recipe === null) throw new Error('nothing was prepared');
    const documents = this.#outgoing?.documents ?? documentsOf(recipe, plan.accepted.map(({ input }) => input));
    for (const { id } of plan.accepted) if (!recipe.documents.some((document) => document.id === id)) this.#failed.set(id, 'ROLE_NOT_ALLOWED');
    const signer = (this.#signer ??= this.#signerOfEarlierRun(recipe, documents));
    const isFirstUse = await this.#consent.confirmFirstUse(signer.certificate, recipe.provider ?? '');
    // Nothing was sent in this run, or a question has come in between.
    if (request.phase.state !== 'signing') request.dispatch({ type: 'signing_began', total: 0 });
    return {
      recipe,
      isResumed: (entry?.recipe ?? null) !== null,
      documents,
      signer,
      values: this.#answers.all,
      verified: this.#verified,
      failed: this.#failed,
      isFirstUse,
      wasShown: this.#consent.wasShown,
    };
  }

  #signerOfEarlierRun(recipe: Recipe, documents: readonly UnsignedDocument[]): RequestSigner {
    if (recipe.form !== 'element') return { certificate: parseCertificate(certificateOf(recipe)), chain: [], account: null };
    const first = documents.find(({ input }) => this.#answers.all.has(input.id));
    const answer = first && this.#answers.all.get(first.input.id);
    if (first === undefined || answer === undefined) throw new Error('nothing was answered');
    return this.#signerInElement(first, answer);
  }

  /** With `partial`, what was answered is released and the rest has its reason. */
  #giveUpOrThrow(error: unknown): void {
    const { partial, request } = this.#order;
    const end = endOf(error);
    const isMismatch = end?.problem.code === 'SIGNATURE_MISMATCH';
    if (!partial || this.#answers.all.size === 0 || end === null || isMismatch || request.signal.aborted || error instanceof TakesOtherWay) throw error;
    for (const { id } of this.#recipe?.documents ?? []) if (!this.#answers.all.has(id)) this.#failed.set(id, end.problem.code);
  }

  #canUseCard(): boolean {
    return this.#order.canUseCard && this.#answers.all.size === 0 && !this.#order.request.keyUsed;
  }

  /**
   * The network fails and nothing was sent: the card is the fallback, and its window says so by opening. Where a person was
   * asked to authenticate, the card was one click away: who gives up, or is not there, has not chosen it.
   */
  #turnToCardAfter(error: unknown): void {
    if (this.#session === null || !(error instanceof ProblemError) || !this.#canUseCard() || !wayIsClosed.has(error.problem.code)) return;
    this.#parts.prompts.notify(sessionNotices.unreachable(this.#order.request.identity.staff.name));
    throw new TakesOtherWay('local', { cause: error });
  }

  /** SECURITY: whatever came back wrong ends the session (test/unit/agent/signing/remote-requests.test.ts). */
  async #endSessionAfter(error: unknown): Promise<void> {
    const { sessions, prompts, audit } = this.#parts;
    const { caller, staff, id } = this.#order.request.identity;
    const code = error instanceof ProblemError ? error.problem.code : this.#consent.wasBindingRefused ? 'AUTHENTICATED_OTHER_PERSON' : null;
    if (code === null || !endsSession.has(code)) return;
    const session = this.#session ?? sessions.find(caller.clientId, staff.id);
    if (session === undefined) return;
    prompts.notify(code === 'SIGNATURE_MISMATCH' ? sessionNotices.mismatch(staff.name) : sessionNotices.otherPerson(staff.name));
    await audit.append({ event: 'authentication.mismatch', result: code, caller, staffId: staff.id, request: id, method: 'remote' }).catch(() => undefined);
    await sessions.end(session, 'mismatch');
  }

  #question(): SignerQuestion {
    return signerQuestion(this.#parts, this.#order, this.#recipe);
  }
}

function isTokenRefused(error: unknown): boolean {
  return error instanceof ProblemError && error.problem.code === 'TOKEN_EXPIRED';
}

function signerOf({ credential, certificate }: ReadCredential, session: RemoteSession): RequestSigner {
  return { certificate, chain: credential.chain, account: accountOf(session) };
}

function accountOf(session: RemoteSession | null): RequestSigner['account'] {
  return session && { provider: session.owner.provider, subject: session.subject };
}

const wayIsClosed: ReadonlySet<ErrorCode> = new Set(networkErrorCodes.filter((code) => code !== 'REMOTE_ANSWER_LOST'));
const endsSession: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['SIGNATURE_MISMATCH', 'STAFF_MISMATCH', 'AUTHENTICATED_OTHER_PERSON']);

const choseCard = { ja: '認証の画面でカードが選ばれました。', en: 'The card was chosen in the authentication window.' };
const noCredential = { ja: 'この方の署名用証明書がサービスにありません。', en: 'The service holds no signing certificate of this person.' };
const otherProvider = {
  ja: 'このIdempotency-Keyの署名は別のリモート署名サービスで始められました。新しいIdempotency-Keyで送ってください。',
  en: 'Another remote signing service began the signature of this Idempotency-Key. Use a new key.',
};
