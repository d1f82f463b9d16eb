import type { ErrorCode } from '../../contract/error-codes.ts';
import { CardError, type PinSessionId } from '../../native/host/card-host.ts';
import { isKeypadEnd } from '../../native/host/keypad.ts';
import type { Signer } from '../signers/signer.ts';
import type { DocumentPlan } from './accept-documents.ts';
import { mayRoleSign, readCard, type ReadCard } from './card-fitness.ts';
import { lookForCard, type CardQuestion } from './card-question.ts';
import type { Journal, SignedInfoRecipe } from './journal.ts';
import { reasonOfAbort, type Lane } from './lane.ts';
import type { LiveRequest } from './live-request.ts';
import type { OpenPinSession, SessionOwner } from './pin-sessions.ts';
import { followRecipe, writeRecipe, type PreparedDocument, type UnsignedDocument } from './recipe.ts';
import { whyRefused } from './pin-refusal.ts';
import { cardProblem, mayHaveSigned, problem } from './request-end.ts';
import { cardQuestion, dialogViewOf } from './request-question.ts';
import type { SignaturePolicy } from './signature-policy.ts';
import type { ReleasableDocument } from './self-verification.ts';
import type { RequestSigner, SignedAnswers } from './signed-answers.ts';
import { SignatureWindow, type Authorization, type Refusal, type WindowParts } from './signature-window.ts';
import type { StaffBindings } from './staff-bindings.ts';

export interface RunParts extends WindowParts {
  readonly journal: Journal;
  readonly bindings: StaffBindings;
  readonly signer: Signer<PinSessionId>;
  readonly policy: SignaturePolicy;
  /** Windows come one after another. */
  readonly windows: Lane;
  /** Signatures on one card, request by request. */
  readonly cardLane: (certificateSha256: string) => Lane;
  readonly waitingCallers: (except: LiveRequest) => readonly string[];
  /** Calls back when {@link waitingCallers} may have changed. Returns the unsubscribe function. */
  readonly onQueueChange: (listener: () => void) => () => void;
  /** Assembles and verifies one document ahead of its release; null where it may not leave, which the release says. */
  readonly verifyAhead: (document: UnsignedDocument, value: Uint8Array, signer: RequestSigner, signingTime: number) => ReleasableDocument | null;
}

export interface RunOrder {
  readonly request: LiveRequest;
  readonly plan: DocumentPlan;
  readonly partial: boolean;
  /** In force from an earlier run under the same key. */
  readonly recipe: SignedInfoRecipe | null;
  /** Whether the person may turn to remote signing instead. */
  readonly canAuthenticate: boolean;
}

/**
 * From an accepted request to its signature values: with an open PIN session without a window, else in one. The
 * recipe is on the disk before the first hash goes to the card.
 */
export class SignatureRun {
  readonly #parts: RunParts;
  readonly #order: RunOrder;
  readonly #owner: SessionOwner;
  readonly #values = new Map<string, Uint8Array>();
  readonly #verified = new Map<string, ReleasableDocument>();
  readonly #failed = new Map<string, ErrorCode>();
  #recipe: SignedInfoRecipe | null;
  #prepared: readonly PreparedDocument[] | null = null;

  constructor(parts: RunParts, order: RunOrder) {
    this.#parts = parts;
    this.#order = order;
    this.#recipe = order.recipe;
    this.#owner = { clientId: order.request.identity.caller.clientId, staffId: order.request.identity.staff.id };
  }

  /** Signs, then hands the values to `release` while the window, if any, is still there to say how it ended. */
  async perform<T>(release: (signed: SignedAnswers) => Promise<T>): Promise<T> {
    for (;;) {
      const quiet = await this.#signWithoutWindow();
      if (quiet) return this.#releaseOrDrop(release, quiet);
      const leave = await this.#parts.windows.enter(this.#order.request.signal);
      try {
        // The request before this one may have opened a session that serves this one too.
        if (!this.#openSession()) return await this.#signInWindow(release);
      } finally {
        leave();
      }
    }
  }

  /** A signature that could not be released ends the session: whatever was wrong, a person looks at the next one. */
  async #releaseOrDrop<T>(release: (signed: SignedAnswers) => Promise<T>, signed: SignedAnswers): Promise<T> {
    try {
      return await release(signed);
    } catch (error) {
      await this.#parts.pinSessions.drop(this.#owner);
      throw error;
    }
  }

  async #signWithoutWindow(): Promise<SignedAnswers | null> {
    const open = this.#openSession();
    if (!open) return null;
    this.#parts.pinSessions.use(this.#owner, this.#order.plan.accepted.length);
    const refusal = await this.#signAll(open.card, open.session.id, null);
    if (refusal === null) return this.#signed(open.card, false, null);
    // The card or its host has ended the session: a person is asked again, in a window.
    await this.#parts.pinSessions.drop(this.#owner);
    return null;
  }

  /** An open session counts only while its card is in the reader and would still be chosen. */
  #openSession(): { readonly session: OpenPinSession; readonly card: ReadCard } | null {
    const session = this.#parts.pinSessions.peek(this.#owner, this.#order.plan.accepted.length);
    const card = session ? readCard(session.card) : null;
    if (!session || !card) return null;
    const question = this.#question();
    const answer = lookForCard(this.#parts.cards, question);
    const isChosen =
      answer.kind === 'fits' &&
      answer.cards.some((fit) => fit.certificate.sha256 === card.certificate.sha256 && question.ownership(fit) === 'bound');
    return isChosen ? { session, card } : null;
  }

  async #signInWindow<T>(release: (signed: SignedAnswers) => Promise<T>): Promise<T> {
    this.#refuseWhatNoWindowMends();
    // A key that may have signed stays with the card that it is on.
    const canAuthenticate = this.#order.canAuthenticate && this.#recipe === null;
    const view = dialogViewOf(this.#order, this.#parts.waitingCallers(this.#order.request));
    const window = new SignatureWindow(this.#parts, this.#order.request, view, { card: () => this.#question(), canAuthenticate });
    const forgetQueue = this.#parts.onQueueChange(() => window.waiting(this.#parts.waitingCallers(this.#order.request)));
    try {
      const authorization = await this.#signUntilAccepted(window);
      const { card, session, isFirstUse, isAtKeypad } = authorization;
      // Nobody holds a PIN that was entered on the reader: it serves no other request.
      if (!isAtKeypad) await this.#parts.pinSessions.finish(this.#owner, { id: session, card: card.card }, this.#order.plan.accepted.length);
      const result = await this.#releaseOrDrop(release, this.#signed(card, isFirstUse, window));
      window.close({ outcome: 'signed' });
      return result;
    } catch (error) {
      window.closeAfter(error);
      throw error;
    } finally {
      forgetQueue();
    }
  }

  async #signUntilAccepted(window: SignatureWindow): Promise<Authorization> {
    for (let refusal: Refusal | null = null; ; ) {
      const authorization = await window.authorize(refusal);
      const stopWatching = authorization.isAtKeypad ? window.watchKeypad(authorization) : null;
      try {
        const outcome = await this.#signAll(authorization.card, authorization.session, window, authorization.isAtKeypad);
        if (outcome === null) return authorization;
        refusal = outcome.refusal;
      } finally {
        stopWatching?.();
        if (authorization.isAtKeypad) await this.#parts.pinSessions.end(authorization.session);
      }
    }
  }

  /** Before a window opens: a wrong card or a missing binding is said at once, and no PIN is asked for it. */
  #refuseWhatNoWindowMends(): void {
    const { bindings, policy, cards } = this.#parts;
    const { staffId } = this.#owner;
    const hasBinding = bindings.subjectsOf(staffId).length > 0 || policy.staff.preset.some((entry) => entry.staffId === staffId);
    if (policy.staff.binding !== 'ask' && !hasBinding) throw problem('STAFF_MISMATCH');
    const answer = lookForCard(cards, this.#question());
    if (answer.kind === 'refuse') throw problem(answer.code);
  }

  /**
   * Null when every document has its value or, with `partial`, its reason. Otherwise the PIN was refused or its session
   * is over, nothing was presented twice, and a person has to be asked.
   */
  async #signAll(
    card: ReadCard,
    session: PinSessionId,
    window: SignatureWindow | null,
    isAtKeypad = false,
  ): Promise<{ readonly refusal: Refusal | null } | null> {
    const { request } = this.#order;
    const leave = await this.#parts.cardLane(card.certificate.sha256).enter(request.signal);
    try {
      const open = await this.#remaining(card);
      // SECURITY: who left while the card's turn or the disk was waited for gets no signature (test/unit/agent/signing/signature-requests.test.ts).
      window?.throwIfLeft();
      // The EHR hears of a signature when the card makes one; before, the PIN is waited for as in a window.
      if (!isAtKeypad || open.length === 0) request.dispatch({ type: 'signing_began', total: open.length });
      window?.signing(0, open.length);
      await this.#signEach(card, session, open, window);
      if (request.signal.aborted) throw reasonOfAbort(request.signal);
      return null;
    } catch (thrown) {
      if (isAtKeypad && request.signal.aborted) throw reasonOfAbort(request.signal);
      const error = this.#named(thrown, card);
      if (error instanceof CardError && asksAgain(error)) {
        return { refusal: refusalOf(error) };
      }
      await this.#parts.pinSessions.end(session);
      if (window === null) await this.#parts.pinSessions.drop(this.#owner);
      if (!(error instanceof CardError) || !this.#order.partial || this.#values.size === 0) throw error;
      this.#giveUpRest(cardProblem(error).code);
      return null;
    } finally {
      leave();
    }
  }

  /** A session that ended because its card was pulled is a pulled card: the EHR is told so at once. */
  #named(error: unknown, { certificate }: ReadCard): unknown {
    if (!(error instanceof CardError) || error.code !== 'PIN_SESSION_ENDED') return error;
    const state = this.#parts.cards.state();
    const isInserted =
      state.service === 'running' &&
      state.readers.some((reader) => reader.state === 'ready' && reader.card.certificateSha256 === certificate.sha256);
    return isInserted ? error : new CardError('CARD_REMOVED', 'the PIN session ended with its card', undefined, { cause: error });
  }

  async #signEach(card: ReadCard, session: PinSessionId, open: readonly PreparedDocument[], window: SignatureWindow | null): Promise<void> {
    const { request } = this.#order;
    const hashes = open.map(({ prepared }) => prepared.hash);
    let done = 0;
    try {
      for await (const value of this.#parts.signer.sign(session, hashes, request.signal)) {
        request.keyUsed = true;
        const document = open[done];
        if (document) this.#values.set(document.input.id, value);
        if (request.phase.state !== 'signing') request.dispatch({ type: 'signing_began', total: open.length });
        done += 1;
        request.dispatch({ type: 'document_signed' });
        window?.signing(done, open.length);
        if (document) this.#verifyAhead(document, value, card);
      }
    } catch (error) {
      // SECURITY: in doubt the key has signed, and the recipe stays (test/unit/agent/signing/idempotency.test.ts).
      if (mayHaveSigned(error)) request.keyUsed = true;
      throw error;
    }
  }

  #verifyAhead(document: PreparedDocument, value: Uint8Array, card: ReadCard): void {
    if (this.#recipe === null) return;
    const verified = this.#parts.verifyAhead(document, value, signerOf(card), this.#recipe.signingTime);
    if (verified) this.#verified.set(document.input.id, verified);
  }

  async #remaining(card: ReadCard): Promise<readonly PreparedDocument[]> {
    const prepared = (this.#prepared ??= await this.#prepare(card));
    return prepared.filter(({ input }) => !this.#values.has(input.id));
  }

  /** The recipe is written once for a key: every later attempt, in this run or after a crash, follows it. */
  async #prepare(card: ReadCard): Promise<readonly PreparedDocument[]> {
    const { request, plan } = this.#order;
    const inputs = plan.accepted.map(({ input }) => input).filter(({ type }) => mayRoleSign(card.certificate, type));
    if (this.#recipe) return followRecipe(this.#recipe, inputs);
    const { id, key, body, caller } = request.identity;
    const { journal, policy, clock } = this.#parts;
    const head = { id, key, body, client: caller.clientId };
    const { recipe, prepared } = writeRecipe(head, inputs, { certificate: card.card.certificate, provider: null }, policy.signature, clock.now());
    await journal.recordDurably(recipe);
    this.#recipe = recipe;
    return prepared;
  }

  #giveUpRest(code: ErrorCode): void {
    for (const { input } of this.#prepared ?? []) if (!this.#values.has(input.id)) this.#failed.set(input.id, code);
  }

  #signed(card: ReadCard, isFirstUse: boolean, window: SignatureWindow | null): SignedAnswers {
    if (this.#recipe === null || this.#prepared === null) throw new Error('nothing was prepared');
    for (const { id, input } of this.#order.plan.accepted) {
      if (!mayRoleSign(card.certificate, input.type)) this.#failed.set(id, 'ROLE_NOT_ALLOWED');
    }
    const isResumed = this.#order.recipe !== null;
    return {
      recipe: this.#recipe,
      isResumed,
      documents: this.#prepared,
      signer: signerOf(card),
      values: this.#values,
      verified: this.#verified,
      failed: this.#failed,
      isFirstUse,
      wasShown: window !== null,
    };
  }

  #question(): CardQuestion {
    return cardQuestion(this.#parts, this.#order, this.#recipe);
  }
}

function signerOf({ card, certificate }: ReadCard): RequestSigner {
  return { certificate, chain: card.chain, account: null };
}

function asksAgain(error: CardError): boolean {
  const { code } = error;
  return code === 'PIN_INCORRECT' || code === 'PIN_CONSENT_NEEDED' || code === 'PIN_SESSION_ENDED' || isKeypadEnd(error);
}

function refusalOf(error: CardError): Refusal | null {
  const why = whyRefused(error);
  return why === null ? null : { why, triesLeft: why === 'incorrect' ? (cardProblem(error).triesLeft ?? null) : null };
}
