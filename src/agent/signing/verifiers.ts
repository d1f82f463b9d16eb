import { createVerifier, type VerificationOptions, type Verifier } from '../../formats/xades/verifier.ts';

/** What is trusted now. The same object is returned as long as nothing has changed. */
export type TrustSource = () => Omit<VerificationOptions, 'at'>;

const signersRemembered = 8;

/** Verifiers that remember checked paths, one for each signer, because a card or a provider brings CA certificates along. */
export class Verifiers {
  readonly #trust: TrustSource;
  readonly #now: () => number;
  #trusted: Omit<VerificationOptions, 'at'> | undefined;
  #plain: Verifier | undefined;
  readonly #bySigner = new Map<string, Verifier>();

  constructor(trust: TrustSource, now: () => number) {
    this.#trust = trust;
    this.#now = now;
  }

  /** With configured trust alone. */
  plain(): Verifier {
    this.#refresh();
    return (this.#plain ??= this.#create([]));
  }

  /** With CA certificates (DER) that came with the signer's; none is trusted by that. */
  forSigner(certificateSha256: string, chain: readonly Uint8Array[]): Verifier {
    this.#refresh();
    const known = this.#bySigner.get(certificateSha256);
    if (known) return known;
    const verifier = this.#create(chain);
    const [oldest] = this.#bySigner.keys();
    if (oldest !== undefined && this.#bySigner.size >= signersRemembered) this.#bySigner.delete(oldest);
    this.#bySigner.set(certificateSha256, verifier);
    return verifier;
  }

  #refresh(): void {
    const trust = this.#trust();
    if (trust === this.#trusted) return;
    this.#trusted = trust;
    this.#plain = undefined;
    this.#bySigner.clear();
  }

  /** The time of a verifier made earlier would stand still: every verification is given its own. */
  #create(chain: readonly Uint8Array[]): Verifier {
    const trust = this.#trust();
    const verifier = createVerifier({ ...trust, chain: [...trust.chain, ...chain], at: new Date(this.#now()) });
    return {
      verify: (xml, at = new Date(this.#now())) => verifier.verify(xml, at),
      examine: (xml, at = new Date(this.#now())) => verifier.examine(xml, at),
      checkNestedPrescription: (xml, at = new Date(this.#now())) => verifier.checkNestedPrescription(xml, at),
    };
  }
}
