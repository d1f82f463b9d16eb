import { ProblemError } from '../../contract/problem.ts';
import { CardError, type CardHost, type PinSessionId, type PinTries } from '../../native/host/card-host.ts';
import type { BindingView, CardNeed, Clock, DialogOutcome, HoldPin, PinQuestion, PinRefusal, Prompts, SignatureDialog, SignatureDialogView } from '../ports.ts';
import { askUntil, DeadlinePassed } from './ask-until.ts';
import { cardsChanged } from './card-changes.ts';
import { viewCard, viewCertificate, type ReadCard } from './card-fitness.ts';
import { lookForCard, type CardAnswer, type CardQuestion } from './card-question.ts';
import { holderOf } from './hold-pin.ts';
import { KeypadWatch } from './keypad-watch.ts';
import type { LiveRequest } from './live-request.ts';
import type { PinSessions } from './pin-sessions.ts';
import { TakesOtherWay } from './other-way.ts';
import { outcomeAfter } from './outcome-after.ts';
import { cancelledBy, expired, isAway, problem } from './request-end.ts';
import type { SignaturePolicy } from './signature-policy.ts';

export interface WindowParts {
  readonly prompts: Prompts;
  readonly cards: CardHost;
  readonly pinSessions: PinSessions;
  readonly clock: Clock;
  readonly policy: Pick<SignaturePolicy, 'deadlines'>;
}

/** What a person agreed to: this card, with this PIN. */
export interface Authorization {
  readonly card: ReadCard;
  readonly session: PinSessionId;
  /** The person confirmed that this card belongs to this staff member. */
  readonly isFirstUse: boolean;
  /** The PIN is entered on the reader's own keys, anew for each document. */
  readonly isAtKeypad: boolean;
}

/** What may serve the request. */
export interface WindowChoice {
  /** Asked anew at each look, because time passes and bindings change. */
  readonly card: () => CardQuestion;
  /** The person may turn to remote signing, until the card may have signed. */
  readonly canAuthenticate: boolean;
}

/** How long a card that was pulled is waited for before the request ends, if the deadline for cards is not shorter. */
const pulledCardMs = 15_000;

/** A reader's event follows the failed call within this time, or the failure was something else. */
const removalShowsMs = 2000;

/** Why there is no signature yet, and how many tries the card said were left. */
export interface Refusal {
  readonly why: PinRefusal;
  readonly triesLeft: number | null;
}

/**
 * One window for one request: first the card, then consent and PIN. Every question has its deadline and ends when the
 * card it is about is pulled, when the request is cancelled, or when it is answered.
 */
export class SignatureWindow {
  readonly #parts: WindowParts;
  readonly #request: LiveRequest;
  readonly #dialog: SignatureDialog;
  readonly #choice: WindowChoice;
  readonly #documents: number;
  /** Doctor or pharmacist as the first CSV names them. */
  readonly #personInDocument: string;
  #cardWasThere = false;
  /** With no card being read: what is inserted from then on is an answer to the window. */
  #hasAskedForCard = false;
  #waiting: readonly string[];
  #confirmed: string | null = null;
  /** While a PIN is entered on the reader's own keys. */
  #keypad: KeypadWatch | null = null;

  constructor(parts: WindowParts, request: LiveRequest, view: SignatureDialogView, choice: WindowChoice) {
    this.#parts = parts;
    this.#request = request;
    this.#choice = choice;
    this.#documents = view.documents.length;
    this.#waiting = view.waiting;
    this.#personInDocument = view.documents[0]?.summary.signer.name ?? '';
    this.#dialog = parts.prompts.openSignature(view);
  }

  /** Finds the card and asks for the PIN, again from the start when the card is pulled meanwhile. */
  async authorize(refusal: Refusal | null): Promise<Authorization> {
    for (;;) {
      const card = await this.#findCard();
      const agreed = card === null ? null : await this.#askPin(card, refusal);
      if (card !== null && agreed !== null) return { card, ...agreed, isFirstUse: this.#confirmed === card.certificate.sha256 };
    }
  }

  throwIfLeft(): void {
    this.#dialog.throwIfLeft();
  }

  signing(done: number, total: number): void {
    if (this.#keypad === null || done === total) this.#dialog.signing(done, total);
    else this.#keypad.show(done, total);
  }

  /** From here on the reader asks for the PIN. Returns the function that says that it does so no more. */
  watchKeypad({ card, session }: Authorization): () => void {
    const { pinSessions, clock } = this.#parts;
    const watch = new KeypadWatch({ dialog: this.#dialog, request: this.#request, card: viewCard(card, clock.now()), end: () => pinSessions.end(session) });
    this.#keypad = watch;
    return () => {
      watch.close();
      this.#keypad = null;
    };
  }

  /** Tells who waits behind this request, where it is not the same as before. */
  waiting(names: readonly string[]): void {
    if (names.length === this.#waiting.length && names.every((name, at) => name === this.#waiting[at])) return;
    this.#waiting = names;
    this.#dialog.waiting(names);
  }

  close(end: DialogOutcome): void {
    this.#dialog.close(end);
  }

  closeAfter(error: unknown): void {
    this.close(outcomeAfter(error));
  }

  /** Null where the cards changed while a person was choosing: then it is looked at again. */
  async #findCard(): Promise<ReadCard | null> {
    const { clock, policy } = this.#parts;
    const ms = policy.deadlines.cardSeconds * 1000;
    const until = clock.monotonic() + (this.#cardWasThere ? Math.min(ms, pulledCardMs) : ms);
    for (;;) {
      const answer = this.#look();
      if (answer.kind === 'refuse') throw problem(answer.code);
      if (answer.kind === 'fits') {
        this.#cardWasThere = true;
        return this.#settleOn(answer.cards);
      }
      await this.#waitForCard(answer, until - clock.monotonic());
    }
  }

  async #waitForCard({ need, code }: Extract<CardAnswer, { kind: 'wait' }>, ms: number): Promise<void> {
    const shown: CardNeed = this.#cardWasThere && need === 'no_card' ? 'card_removed' : need;
    this.#request.dispatch({ type: 'card_needed', need: shown });
    this.#hasAskedForCard ||= !this.#isReading();
    const missing = this.#cardWasThere && code === 'NO_CARD' ? 'CARD_REMOVED' : code;
    try {
      const end = await askUntil(this.#request.signal, ms, (signal) =>
        Promise.race([this.#dialog.waitForCard(shown, this.#canAuthenticate, signal), this.#changed(signal, () => !this.#stillNeeds(need))]),
      );
      if (end === 'cancelled') throw cancelledBy('person');
      if (end !== 'authenticate') return;
    } catch (error) {
      throw error instanceof DeadlinePassed ? problem(missing) : error;
    }
    // SECURITY: whatever the window answers, the cloud signs neither what was asked of a card alone, nor once more what the
    // card may have signed under this key (test/unit/agent/signing/remote-requests.test.ts).
    throw this.#canAuthenticate ? new TakesOtherWay('remote') : problem(missing);
  }

  get #canAuthenticate(): boolean {
    return this.#choice.canAuthenticate && !this.#request.keyUsed;
  }

  async #settleOn(cards: readonly [ReadCard, ...ReadCard[]]): Promise<ReadCard | null> {
    const card = cards.length === 1 ? cards[0] : await this.#choose(cards);
    if (card === null) return null;
    const { sha256 } = card.certificate;
    if (this.#choice.card().ownership(card) !== 'unbound' || this.#confirmed === sha256) return card;
    return (await this.#confirmBinding(card)) ? card : null;
  }

  async #choose(cards: readonly ReadCard[]): Promise<ReadCard | null> {
    this.#request.dispatch({ type: 'consent_asked', question: 'card_choice' });
    const at = this.#parts.clock.now();
    const views = cards.map((card) => viewCard(card, at));
    try {
      const chosen = await this.#askWhileInserted(cards, (signal) => this.#dialog.chooseCard(views, signal));
      if (chosen === 'cancelled') throw cancelledBy('person');
      if (chosen === 'gone') return null;
      // SECURITY: only a card that was offered, whatever the window answers.
      return cards.find(({ card }) => card.certificateSha256 === chosen.certificateSha256) ?? null;
    } catch (error) {
      throw error instanceof DeadlinePassed ? problem('CARD_AMBIGUOUS') : error;
    }
  }

  async #confirmBinding(card: ReadCard): Promise<boolean> {
    this.#request.dispatch({ type: 'consent_asked', question: 'binding' });
    const { staff } = this.#request.identity;
    const certificate = viewCertificate(card.certificate, this.#parts.clock.now());
    const view: BindingView = { staff, personInDocument: this.#personInDocument, certificate, place: { kind: 'card', reader: card.card.reader } };
    const answer = await this.#askWhileInserted([card], (signal) => this.#dialog.confirmBinding(view, signal)).catch(orExpired);
    if (answer === 'cancelled') throw cancelledBy('person');
    if (answer === 'gone') return false;
    this.#confirmed = card.certificate.sha256;
    return true;
  }

  /** Null where the card was pulled instead. */
  async #askPin(card: ReadCard, refusal: Refusal | null): Promise<Pick<Authorization, 'session' | 'isAtKeypad'> | null> {
    const tries = await this.#readTries(card);
    if (tries === null) return null;
    if (tries.triesLeft === 0) throw new ProblemError({ code: 'PIN_LOCKED', detail: null, triesLeft: 0 });
    this.#request.dispatch({ type: 'pin_asked', refused: refusal !== null });
    const question: PinQuestion = {
      card: viewCard(card, this.#parts.clock.now()),
      tries,
      refused: refusal?.why ?? null,
      signatures: this.#documents,
    };
    const held = new Set<PinSessionId>();
    const atKeypad = new Set<PinSessionId>();
    let accepted: PinSessionId | undefined;
    try {
      const answer = await this.#askWhileInserted([card], (signal) => this.#dialog.askPin(question, this.#holder(card, held, atKeypad, signal), signal));
      if (answer === 'cancelled') throw givenUp(refusal) ?? cancelledBy('person');
      if (answer === 'gone') return null;
      // SECURITY: only a PIN that was typed for this very question (test/unit/agent/signing/signature-requests.test.ts).
      if (!held.has(answer)) throw new Error('the window answered with a PIN session that was not opened for it');
      accepted = answer;
      return { session: answer, isAtKeypad: atKeypad.has(answer) };
    } catch (error) {
      if (error instanceof CardError && isGone(error)) return await this.#waitUntilGone(card, error);
      if (error instanceof DeadlinePassed) throw givenUp(refusal) ?? expired();
      throw isAway(error) ? (givenUp(refusal) ?? error) : error;
    } finally {
      for (const session of held) if (session !== accepted) await this.#parts.pinSessions.end(session);
    }
  }

  #holder({ card }: ReadCard, held: Set<PinSessionId>, atKeypad: Set<PinSessionId>, signal: AbortSignal): HoldPin {
    const { cards, pinSessions } = this.#parts;
    const order = () => ({ certificateSha256: card.certificateSha256, ...pinSessions.boundsFor(this.#documents) });
    return holderOf(cards, order, held, signal, card.keypad === true ? atKeypad : undefined);
  }

  async #readTries(card: ReadCard): Promise<PinTries | null> {
    try {
      return await this.#parts.cards.pinTries(card.card.certificateSha256);
    } catch (error) {
      if (error instanceof CardError && isGone(error)) return this.#waitUntilGone(card, error);
      throw error;
    }
  }

  /** A call learns of a removal before the readers' state shows it. Throws the call's error where it never does. */
  async #waitUntilGone(card: ReadCard, error: CardError): Promise<null> {
    try {
      await askUntil(this.#request.signal, removalShowsMs, (signal) => this.#changed(signal, () => !this.#areInserted([card])));
      return null;
    } catch (cause) {
      throw cause instanceof DeadlinePassed ? error : cause;
    }
  }

  /** Asks a person about cards; `gone` as soon as one of them has left its reader. */
  #askWhileInserted<Answer>(
    cards: readonly ReadCard[],
    question: (signal: AbortSignal) => Promise<Answer>,
  ): Promise<Answer | 'gone'> {
    return askUntil(this.#request.signal, this.#parts.policy.deadlines.consentSeconds * 1000, (signal) =>
      Promise.race([question(signal), this.#changed(signal, () => !this.#areInserted(cards)).then(() => 'gone' as const)]),
    );
  }

  #changed(signal: AbortSignal, happened: () => boolean): Promise<'changed'> {
    return cardsChanged(this.#parts.cards, signal, happened);
  }

  #look(): CardAnswer {
    return lookForCard(this.#parts.cards, this.#choice.card(), this.#hasAskedForCard);
  }

  #isReading(): boolean {
    const { cards } = this.#parts;
    const state = cards.state();
    return cards.isStarting() || (state.service === 'running' && state.readers.some((reader) => reader.state === 'reading'));
  }

  #stillNeeds(need: CardNeed): boolean {
    const answer = this.#look();
    return answer.kind === 'wait' && answer.need === need;
  }

  #areInserted(cards: readonly ReadCard[]): boolean {
    const state = this.#parts.cards.state();
    if (state.service !== 'running') return false;
    return cards.every(({ card }) =>
      state.readers.some((reader) => reader.state === 'ready' && reader.card.certificateSha256 === card.certificateSha256),
    );
  }
}

/** Who stops after a wrong PIN, or goes away, stops because of it. Where none came from the reader, nothing was wrong. */
function givenUp(refusal: Refusal | null): ProblemError | null {
  return refusal?.why === 'incorrect' ? new ProblemError({ code: 'PIN_INCORRECT', detail: null, triesLeft: refusal.triesLeft }) : null;
}

function orExpired(error: unknown): never {
  throw error instanceof DeadlinePassed ? expired() : error;
}

/** The card left between two looks: it is waited for again, and the wait has its own deadline and name. */
function isGone({ code }: CardError): boolean {
  return code === 'CARD_REMOVED' || code === 'NO_CARD' || code === 'NO_READER' || code === 'CARD_UNKNOWN' || code === 'NO_CARD_SERVICE';
}
