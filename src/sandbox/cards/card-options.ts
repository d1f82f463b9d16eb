import type { KeyObject } from 'node:crypto';

/** One certificate with its private key, as an application of the card holds it. */
export interface CardIdentity {
  /** End-entity certificate, DER. */
  readonly certificate: Uint8Array;
  /** RSA private key that belongs to it. */
  readonly privateKey: KeyObject;
  readonly ca?: Uint8Array;
  readonly root?: Uint8Array;
}

/** How any virtual card takes and gives bytes. */
export interface VirtualCardOptions {
  /**
   * Default true. Without it, long commands come in chains, and answers to commands with data wait
   * behind 61xx for GET RESPONSE, as under T=0.
   */
  readonly extendedLength?: boolean;
  /** Reading past the end answers 6Cxx with the right length, instead of what is left. Default false. */
  readonly strictReadLength?: boolean;
}

/** How a virtual HPKI card behaves. What is left out behaves like the card in circulation. */
export interface VirtualHpkiCardOptions extends VirtualCardOptions {
  /** Absent: a card without a signing application. */
  readonly signing?: CardIdentity;
  /** Absent: a card without an authentication application. */
  readonly authentication?: CardIdentity;
  /** ASCII, the same for both applications. Default `sandboxPin`. */
  readonly pin?: string;
  /** Where the files lie. Default `circulation`. */
  readonly layout?: 'circulation' | 'annex-b';
  /**
   * `emsa-block`: PSO 00 2A 9E 9A with the padded block. `digest-info`: the older 80 2A 00 80, padded by the card.
   * Default `both`.
   */
  readonly signingForms?: 'both' | 'emsa-block' | 'digest-info';
  /** How a form that the card does not have is refused. Default: MSE answers 6A86. */
  readonly refusal?: {
    readonly at: 'mse' | 'pso';
    readonly status: number;
    /** The refused command takes the verified PIN with it. */
    readonly dropsPin?: boolean;
  };
  /** What an empty VERIFY answers: the tries left, or this status word. Default `tries`. */
  readonly counter?: 'tries' | 0x6300 | 0x6700 | 0x6a86;
  /** What a wrong PIN answers: 63CX, or 6300 without a count. Default `tries`. */
  readonly wrongPin?: 'tries' | 0x6300;
  /** Consecutive wrong PINs until the application is blocked, at most 15. Default 15. */
  readonly maxTries?: number;
}

/** PIN of every sandbox card. It guards nothing: the keys are made for tests. */
export const sandboxPin = '1234';
