import { hash } from 'node:crypto';
import { parseCertificate, type Certificate } from './certificate.ts';
import { validatePath, type PathQuestion, type PathResult } from './path.ts';
import type { VerifySignature } from './revocation.ts';
import { verifySignedData, type SignatureAnswer } from './signed-data.ts';

/** Enough for the certificates that one clinic meets, at about 10 KB each. */
const defaultEntries = 512;

/**
 * Validates paths and remembers what does not depend on the time: parsed certificates and verified signatures.
 * SECURITY: remembered by the SHA-256 of the whole signed object and of the whole signer, never by names or key ids
 * (test/unit/formats/pki/path-validator.test.ts).
 */
export class PathValidator {
  readonly #entries: number;
  readonly #certificates = new Map<string, Certificate>();
  readonly #answers = new Map<string, SignatureAnswer>();
  #last: { readonly question: PathQuestion; readonly result: PathResult } | null = null;

  constructor(entries: number = defaultEntries) {
    this.#entries = entries;
  }

  /** As parseCertificate, but the same bytes are read only once. Throws DerError. */
  parse(der: Uint8Array): Certificate {
    return this.#remember(this.#certificates, hash('sha256', der), () => parseCertificate(der));
  }

  /** The signatures of one request are all judged for one moment and by the same certificates: the same question is answered once. */
  validate(question: PathQuestion): PathResult {
    if (this.#last !== null && isSameQuestion(this.#last.question, question)) return this.#last.result;
    const result = validatePath(question, this.#verify);
    this.#last = { question, result };
    return result;
  }

  /** How much is remembered, for tests and diagnosis. */
  get size(): { readonly certificates: number; readonly signatures: number } {
    return { certificates: this.#certificates.size, signatures: this.#answers.size };
  }

  readonly #verify: VerifySignature = (signed, signer) =>
    this.#remember(this.#answers, `${signed.sha256}:${signer.sha256}`, () => verifySignedData(signed, signer));

  /** Least recently used goes first. */
  #remember<V>(memory: Map<string, V>, key: string, compute: () => V): V {
    const known = memory.get(key);
    const value = known ?? compute();
    if (known !== undefined) memory.delete(key);
    else if (memory.size >= this.#entries) {
      const oldest = memory.keys().next().value;
      if (oldest !== undefined) memory.delete(oldest);
    }
    memory.set(key, value);
    return value;
  }
}

/** By the identity of everything that is asked about; nothing of it is ever changed. */
function isSameQuestion(one: PathQuestion, other: PathQuestion): boolean {
  return (
    one.certificate === other.certificate &&
    one.at.getTime() === other.at.getTime() &&
    one.anchors === other.anchors &&
    one.crls === other.crls &&
    one.requireKeyUsage === other.requireKeyUsage &&
    one.requireExtendedKeyUsage === other.requireExtendedKeyUsage &&
    one.requirePolicies === other.requirePolicies &&
    one.chain.length === other.chain.length &&
    one.chain.every((certificate, index) => certificate === other.chain[index])
  );
}
