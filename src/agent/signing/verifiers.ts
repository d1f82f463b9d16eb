import { createVerifier, type VerificationOptions, type Verifier } from '../../formats/xades/verifier.ts';
import type { SigningCard } from '../../native/host/card-host.ts';

/** What is trusted now. The same object is returned as long as nothing has changed. */
export type TrustSource = () => Omit<VerificationOptions, 'at'>;

const cardsRemembered = 8;

/** Verifiers that remember checked paths, one for each card, because a card brings its own CA certificates. */
export class Verifiers {
  readonly #trust: TrustSource;
  readonly #now: () => number;
  #trusted: Omit<VerificationOptions, 'at'> | undefined;
  #plain: Verifier | undefined;
  readonly #byCard = new Map<string, Verifier>();

  constructor(trust: TrustSource, now: () => number) {
    this.#trust = trust;
    this.#now = now;
  }

  /** With configured trust alone. */
  plain(): Verifier {
    this.#refresh();
    return (this.#plain ??= this.#create([]));
  }

  forCard(card: SigningCard): Verifier {
    this.#refresh();
    const known = this.#byCard.get(card.certificateSha256);
    if (known) return known;
    const verifier = this.#create(card.chain);
    const [oldest] = this.#byCard.keys();
    if (oldest !== undefined && this.#byCard.size >= cardsRemembered) this.#byCard.delete(oldest);
    this.#byCard.set(card.certificateSha256, verifier);
    return verifier;
  }

  #refresh(): void {
    const trust = this.#trust();
    if (trust === this.#trusted) return;
    this.#trusted = trust;
    this.#plain = undefined;
    this.#byCard.clear();
  }

  /** The time of a verifier made earlier would stand still: every verification is given its own. */
  #create(chain: readonly Uint8Array[]): Verifier {
    const trust = this.#trust();
    const verifier = createVerifier({ ...trust, chain: [...trust.chain, ...chain], at: new Date(this.#now()) });
    return {
      verify: (xml, at = new Date(this.#now())) => verifier.verify(xml, at),
      checkNestedPrescription: (xml, at = new Date(this.#now())) => verifier.checkNestedPrescription(xml, at),
    };
  }
}
