import type { Certificate } from './certificate.ts';
import { sameName } from './name.ts';
import type { VerifySignature } from './revocation.ts';

/** Certificates that are trusted without proof. */
export interface TrustAnchors {
  readonly certificates: readonly Certificate[];
  /** SHA-256 fingerprints, lower-case hex, of roots that are trusted wherever they turn up in the chain. */
  readonly fingerprints: ReadonlySet<string>;
}

/** One way up. `certificates` starts at the end entity; each one's signature was verified with the next one's key. */
export type CandidatePath =
  | { readonly end: 'anchor'; readonly certificates: readonly Certificate[] }
  | { readonly end: 'root-not-trusted' | 'issuer-missing' | 'too-long'; readonly certificates: readonly Certificate[] }
  /** The named issuer is there, and its key did not make the last certificate's signature. */
  | { readonly end: 'bad-signature' | 'refused-algorithm'; readonly certificates: readonly Certificate[]; readonly issuer: Certificate };

/** HPKI's paths have three certificates. */
const maxPathLength = 8;
/**
 * SECURITY: a chain of cross-signed certificates could be searched for ever; after so many steps it is given up
 * (test/unit/formats/pki/path.test.ts).
 */
const maxSteps = 64;

/** All ways from the end entity to an anchor or as far as the given certificates lead. Never empty. */
export function buildPaths(
  endEntity: Certificate,
  chain: readonly Certificate[],
  anchors: TrustAnchors,
  verifySignature: VerifySignature,
): readonly CandidatePath[] {
  const anchored = new Set(anchors.certificates.map(({ sha256 }) => sha256));
  const pool = unique([...anchors.certificates, ...chain]);
  const found: CandidatePath[] = [];
  let steps = 0;

  const climb = (path: readonly Certificate[], current: Certificate): void => {
    steps += 1;
    if (steps > maxSteps || path.length >= maxPathLength) {
      found.push({ end: 'too-long', certificates: path });
      return;
    }
    const named = pool.filter(
      (candidate) => sameName(candidate.subject, current.issuer) && !path.some(({ sha256 }) => sha256 === candidate.sha256),
    );
    const selfSigned = path.length > 1 && sameName(current.subject, current.issuer);
    let climbed = false;
    for (const issuer of named.toSorted((a, b) => keyIdMatch(b, current) - keyIdMatch(a, current))) {
      const answer = verifySignature(current, issuer);
      if (answer === 'good') {
        climbed = true;
        const longer = [...path, issuer];
        if (anchored.has(issuer.sha256) || anchors.fingerprints.has(issuer.sha256)) found.push({ end: 'anchor', certificates: longer });
        else climb(longer, issuer);
      } else if (keyIdMatch(issuer, current) >= 0 && !selfSigned) {
        // Another key of the same name is no evidence; the key that the certificate itself names is.
        climbed = true;
        found.push({ end: answer === 'bad' ? 'bad-signature' : 'refused-algorithm', certificates: path, issuer });
      }
    }
    if (!climbed) found.push({ end: selfSigned ? 'root-not-trusted' : 'issuer-missing', certificates: path });
  };

  climb([endEntity], endEntity);
  return found;
}

/** 1: the key that the subject's AKI names; 0: one of the two says nothing; -1: another key. */
function keyIdMatch(issuer: Certificate, subject: Certificate): -1 | 0 | 1 {
  const wanted = subject.authorityKeyIdentifier?.keyId;
  const has = issuer.subjectKeyIdentifier;
  if (wanted === undefined || wanted === null || has === null) return 0;
  return Buffer.compare(wanted, has) === 0 ? 1 : -1;
}

function unique(certificates: readonly Certificate[]): readonly Certificate[] {
  return [...new Map(certificates.map((certificate) => [certificate.sha256, certificate])).values()];
}
