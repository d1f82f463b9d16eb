import { X509Certificate } from 'node:crypto';

export interface CertificateObject {
  readonly label: string;
  readonly der: Uint8Array;
}

export interface CardCertificates {
  readonly endEntity: X509Certificate;
  /** The others, unordered and not yet trusted. */
  readonly chain: readonly Uint8Array[];
}

/** Label of the signer's own certificate in an HPKI module (JAHIS 24-002). A hint only: labels may be blank. */
const endEntityLabel = 'HPKI END ENTITY CERTIFICATE';

/**
 * The signer's certificate among all that a token holds, by what the certificates say: it is no CA and
 * has issued none of the others. The label decides only between several. `undefined` when none or more remain.
 */
export function pickEndEntity(objects: readonly CertificateObject[]): CardCertificates | undefined {
  const parsed = objects.flatMap((object) => {
    const certificate = parse(object.der);
    return certificate === undefined ? [] : [{ certificate, label: object.label }];
  });
  const unique = [...new Map(parsed.map((one) => [one.certificate.fingerprint256, one])).values()];
  const candidates = unique.filter(
    ({ certificate }) => !certificate.ca && !unique.some((other) => other.certificate.checkIssued(certificate)),
  );
  const labelled = candidates.filter(({ label }) => label === endEntityLabel);
  const [chosen, ...more] = labelled.length > 0 ? labelled : candidates;
  if (chosen === undefined || more.length > 0) return undefined;
  return {
    endEntity: chosen.certificate,
    chain: unique.filter((one) => one !== chosen).map((one) => new Uint8Array(one.certificate.raw)),
  };
}

/**
 * As {@link pickEndEntity}, but the same objects, byte for byte, are thought through once: a token is asked for its
 * certificates in the session of every signature.
 */
export class EndEntityPicker {
  #objects: readonly CertificateObject[] = [];
  #picked: CardCertificates | undefined;

  /** The same answer is the same object. */
  pick(objects: readonly CertificateObject[]): CardCertificates | undefined {
    if (!areSame(this.#objects, objects)) {
      this.#picked = pickEndEntity(objects);
      this.#objects = objects;
    }
    return this.#picked;
  }
}

function areSame(some: readonly CertificateObject[], others: readonly CertificateObject[]): boolean {
  return (
    some.length === others.length &&
    some.every(({ label, der }, index) => {
      const other = others[index];
      return other !== undefined && label === other.label && Buffer.compare(der, other.der) === 0;
    })
  );
}

function parse(der: Uint8Array): X509Certificate | undefined {
  try {
    return new X509Certificate(der);
  } catch {
    // A token may hold things that are no X.509 certificate; they are not the signer's.
    return undefined;
  }
}
