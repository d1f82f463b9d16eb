import { ProblemError } from '../../contract/problem.ts';
import { CardError, type AuthenticationCard, type CardHost, type PinSessionId, type ReaderState } from '../../native/host/card-host.ts';
import type { AuthenticationCardView, AuthenticationDialog, Clock, HoldPin, PinRefusal } from '../ports.ts';
import { askUntil, DeadlinePassed } from '../signing/ask-until.ts';
import { cardsChanged } from '../signing/card-changes.ts';
import { holderOf } from '../signing/hold-pin.ts';
import { whyRefused } from '../signing/pin-refusal.ts';
import { expired, problem } from '../signing/request-end.ts';
import type { AuthenticationStep } from './authentication-step.ts';
import { loginPinOrder, openCardAssertionKey, type OpenCardKey } from './card-assertion-key.ts';
import { LeftAuthentication } from './left-authentication.ts';
import { lookForLoginCard, viewLoginCard } from './login-card.ts';

export interface CardLoginParts {
  readonly dialog: AuthenticationDialog;
  readonly cards: CardHost;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly deadlines: { readonly consentSeconds: number; readonly cardSeconds: number };
  /** Whether the card in this reader may be this person's. */
  readonly mayUse: (reader: ReaderState) => boolean;
  readonly report: (step: AuthenticationStep) => void;
}

/** A card's key, and the card where its PIN is entered on the reader's own keys with the signature. */
export interface OpenedKey {
  readonly key: OpenCardKey;
  readonly keypadOf: AuthenticationCardView | null;
}

/** The card leg of an authentication: finds the card, asks for its PIN and hands out its key. Each PIN goes to the card once. */
export class CardLogin {
  readonly #parts: CardLoginParts;

  constructor(parts: CardLoginParts) {
    this.#parts = parts;
  }

  /** Throws LeftAuthentication, or a ProblemError that names what was missing. */
  async find(kind: AuthenticationCard['kind'], signal: AbortSignal): Promise<AuthenticationCard> {
    const { dialog, clock, deadlines, report } = this.#parts;
    const until = clock.monotonic() + deadlines.cardSeconds * 1000;
    for (;;) {
      const answer = this.#look(kind);
      if (answer.kind === 'fits') return answer.card;
      const { need, code } = answer;
      report({ type: 'card_needed', need: need === 'several_cards' ? 'unknown_card' : need });
      try {
        const end = await askUntil(signal, until - clock.monotonic(), (question) =>
          Promise.race([dialog.waitForCard(kind, need, question), this.#changed(question, () => !this.#stillNeeds(kind, need))]),
        );
        if (end !== 'changed') throw new LeftAuthentication(end);
      } catch (error) {
        throw error instanceof DeadlinePassed ? problem(code) : error;
      }
    }
  }

  /** `refused`: why there was no login with the PIN before. Throws CardError too. */
  async open(kind: AuthenticationCard['kind'], refused: PinRefusal | null, signal: AbortSignal): Promise<OpenedKey> {
    for (;;) {
      const card = await this.find(kind, signal);
      const agreed = await this.#askPin(card, refused, signal);
      if (agreed === 'gone') continue;
      const { session, isAtKeypad } = agreed;
      try {
        return { key: openCardAssertionKey(this.#parts.cards, card, session), keypadOf: isAtKeypad ? viewLoginCard(card) : null };
      } catch (error) {
        await this.#parts.cards.endPinSession(session).catch(() => undefined);
        throw error;
      }
    }
  }

  async #askPin(card: AuthenticationCard, refused: PinRefusal | null, signal: AbortSignal): Promise<{ readonly session: PinSessionId; readonly isAtKeypad: boolean } | 'gone'> {
    const { cards, dialog, deadlines, report } = this.#parts;
    const tries = await cards.pinTries(card.certificateSha256);
    if (tries.triesLeft === 0) throw new ProblemError({ code: 'PIN_LOCKED', detail: null, triesLeft: 0 });
    report({ type: 'pin_asked', refused: refused !== null });
    const held = new Set<PinSessionId>();
    const atKeypad = new Set<PinSessionId>();
    let accepted: PinSessionId | undefined;
    try {
      const answer = await askUntil(signal, deadlines.consentSeconds * 1000, (question) => {
        const hold: HoldPin = holderOf(cards, () => loginPinOrder(card), held, question, card.keypad === true ? atKeypad : undefined);
        const asked = dialog.askPin({ card: viewLoginCard(card), tries, refused }, hold, question);
        return Promise.race([asked, this.#changed(question, () => !this.#isInserted(card)).then(() => 'gone' as const)]);
      });
      if (answer === 'gone') return answer;
      if (answer === 'other_method' || answer === 'use_card' || answer === 'cancelled') throw new LeftAuthentication(answer);
      // SECURITY: only a PIN that was typed for this very question (test/unit/agent/remote/authentication.test.ts).
      if (!held.has(answer)) throw new Error('the window answered with a PIN session that was not opened for it');
      accepted = answer;
      return { session: answer, isAtKeypad: atKeypad.has(answer) };
    } catch (error) {
      throw error instanceof DeadlinePassed ? expired() : error;
    } finally {
      for (const session of held) if (session !== accepted) await cards.endPinSession(session).catch(() => undefined);
    }
  }

  #look(kind: AuthenticationCard['kind']): ReturnType<typeof lookForLoginCard> {
    return lookForLoginCard(this.#parts.cards.state(), kind, this.#parts.mayUse);
  }

  #stillNeeds(kind: AuthenticationCard['kind'], need: string): boolean {
    const answer = this.#look(kind);
    return answer.kind === 'wait' && answer.need === need;
  }

  #isInserted(card: AuthenticationCard): boolean {
    const answer = this.#look(card.kind);
    return answer.kind === 'fits' && answer.card.certificateSha256 === card.certificateSha256;
  }

  #changed(signal: AbortSignal, happened: () => boolean): Promise<'changed'> {
    return cardsChanged(this.#parts.cards, signal, happened);
  }
}

/** A PIN that was wrong, or that the reader did not get, is asked for again; whatever else a card says ends the attempt. */
export function isWrongPin(error: unknown): error is CardError {
  return error instanceof CardError && (whyRefused(error) !== null || error.code === 'PIN_CONSENT_NEEDED');
}
