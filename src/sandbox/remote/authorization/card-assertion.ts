import { verify } from 'node:crypto';
import { z } from 'zod';
import { parseCertificate, type Certificate } from '../../../formats/pki/certificate.ts';
import { validatePath } from '../../../formats/pki/path.ts';
import type { CertificateRevocationList } from '../../../formats/pki/crl.ts';
import type { ServiceClock } from '../service-clock.ts';

/** Under whom authentication certificates are accepted, and which policy they must state. */
export interface CardAuthority {
  readonly method: 'HPKI' | 'JPKI';
  readonly root: Certificate;
  /** CAs between root and card. */
  readonly chain: readonly Certificate[];
  readonly policies: readonly string[];
  readonly crls: readonly CertificateRevocationList[];
}

export class AssertionRefused extends Error {}

/** An assertion lives for five minutes at most; so long is its `jti` remembered. */
const maxLifetime = 300;
/** A terminal's clock may be off by so many seconds. */
const tolerance = 60;

const header = z.object({ alg: z.literal('RS256'), x5c: z.array(z.base64()).min(1).max(4) });
const claims = z.object({
  iss: z.string().min(1),
  sub: z.string().min(1),
  aud: z.union([z.string(), z.array(z.string())]),
  iat: z.int(),
  exp: z.int(),
  jti: z.string().min(16).max(128),
});

export interface ProvenCard {
  readonly method: 'HPKI' | 'JPKI';
  readonly certificate: Certificate;
}

/**
 * JWT bearer assertions (RFC 7523 §3) signed by the authentication key of a card: RS256, the card's certificate in `x5c`
 * (RFC 7515 §4.1.6). Who it is follows from the certificate alone.
 */
export class CardAssertions {
  readonly #authorities: readonly CardAuthority[];
  readonly #clock: ServiceClock;
  /** `jti` → when it may be forgotten. */
  readonly #seen = new Map<string, number>();

  constructor(authorities: readonly CardAuthority[], clock: ServiceClock) {
    this.#authorities = authorities;
    this.#clock = clock;
  }

  /** Throws AssertionRefused. `audiences`: the issuer and the token endpoint. */
  check(assertion: string, audiences: readonly string[]): ProvenCard {
    const [encodedHeader = '', encodedClaims = '', signature = '', ...rest] = assertion.split('.');
    if (rest.length > 0) throw new AssertionRefused('not a JWS in compact form');
    const { x5c } = parsePart(header, encodedHeader, 'header');
    const { aud, iat, exp, jti } = parsePart(claims, encodedClaims, 'claims');
    const leaf = readLeaf(x5c[0] ?? '');
    const signed = Buffer.from(`${encodedHeader}.${encodedClaims}`, 'ascii');
    if (!verify('RSA-SHA256', signed, leaf.publicKey, Buffer.from(signature, 'base64url'))) throw new AssertionRefused('the signature does not hold');

    const now = this.#clock.seconds();
    if (!audiences.some((audience) => (typeof aud === 'string' ? [aud] : aud).includes(audience))) throw new AssertionRefused('another audience');
    if (exp <= now - tolerance || iat > now + tolerance || exp - iat > maxLifetime) throw new AssertionRefused('expired, from the future, or alive for too long');
    const proven = this.checkCertificate(leaf);
    // Last, so that only an assertion that is good in all else uses up its identifier.
    this.#useOnce(jti, exp + tolerance);
    return proven;
  }

  /** Path to a root of ours at this moment, digitalSignature and the authority's policy. Throws AssertionRefused. */
  checkCertificate(certificate: Certificate): ProvenCard {
    for (const { method, root, chain, policies, crls } of this.#authorities) {
      const result = validatePath({
        certificate,
        chain: [...chain, root],
        anchors: { certificates: [root], fingerprints: new Set() },
        crls,
        at: this.#clock.date(),
        requireKeyUsage: 'digitalSignature',
        requirePolicies: policies,
      });
      // Lists of the start's day run out when a test moves the clock; that leaves a good path INDETERMINATE.
      if (result.anchor !== null && result.verdict !== 'INVALID') return { method, certificate };
    }
    throw new AssertionRefused('the certificate is not a valid authentication certificate of a known authority');
  }

  #useOnce(jti: string, until: number): void {
    const now = this.#clock.seconds();
    for (const [seen, forget] of this.#seen) if (forget < now) this.#seen.delete(seen);
    if (this.#seen.has(jti)) throw new AssertionRefused('the assertion was used before');
    this.#seen.set(jti, until);
  }
}

function parsePart<Part>(schema: z.ZodType<Part>, encoded: string, what: string): Part {
  try {
    return schema.parse(JSON.parse(Buffer.from(encoded, 'base64url').toString('utf8')));
  } catch {
    throw new AssertionRefused(`the ${what} of the assertion do not have the form that is asked for`);
  }
}

function readLeaf(encoded: string): Certificate {
  try {
    return parseCertificate(Buffer.from(encoded, 'base64'));
  } catch {
    throw new AssertionRefused('x5c does not begin with a certificate');
  }
}
