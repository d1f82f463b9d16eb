import type { Certificate } from './certificate.ts';
import type { Bilingual } from '../bilingual.ts';
import { worstVerdict, type Verdict } from '../verdict.ts';
import type { CertificateCheck, CertificateCheckId } from './check.ts';
import type { CertificateRevocationList } from './crl.ts';
import { extensionOids, type KeyUsage } from './extensions.ts';
import { sameName } from './name.ts';
import { buildPaths, type CandidatePath, type TrustAnchors } from './path-building.ts';
import { checkTitles, pathTexts } from './path-text.ts';
import { checkRevocation, type VerifySignature } from './revocation.ts';
import { isAcceptedAlgorithm, isAcceptedKey, verifySignedData } from './signed-data.ts';

export interface PathQuestion {
  readonly certificate: Certificate;
  /** Certificates that may help: CAs, roots, in any order. None is trusted by being here. */
  readonly chain: readonly Certificate[];
  readonly anchors: TrustAnchors;
  readonly crls: readonly CertificateRevocationList[];
  /** The time for which everything is checked. */
  readonly at: Date;
  readonly requireKeyUsage?: KeyUsage;
  /** One of these OIDs must be among the end entity's policies. */
  readonly requirePolicies?: readonly string[];
  readonly requireExtendedKeyUsage?: string;
}

export interface PathResult {
  readonly verdict: Verdict;
  /** From the end entity upwards, as far as signatures hold. */
  readonly path: readonly Certificate[];
  /** The trusted certificate at its end, or null. */
  readonly anchor: Certificate | null;
  /** At least one for every kind of check; several where several things are wrong. */
  readonly checks: readonly CertificateCheck[];
}

/**
 * Validates a certification path after RFC 5280 §6, within HPKI's profile: no name constraints, no policy mapping
 * (critical ones are refused). INVALID: bad signature, expired, not yet valid, revoked, unfit. INDETERMINATE: an
 * issuer, its trust or a fresh CRL is missing. Every CA below the anchor needs its own revocation answer too.
 */
export function validatePath(question: PathQuestion, verifySignature: VerifySignature = verifySignedData): PathResult {
  const paths = buildPaths(question.certificate, question.chain, question.anchors, verifySignature);
  const complete = paths.filter(({ end }) => end === 'anchor');
  const results = (complete.length > 0 ? complete : mostTelling(paths)).map((path) => judge(path, question, verifySignature));
  // Any one good path is enough (RFC 5280 §6.1); nothing can be gained by adding bad certificates, nor lost.
  const [best] = results.toSorted((a, b) => rank.indexOf(a.verdict) - rank.indexOf(b.verdict));
  return best ?? judge({ end: 'issuer-missing', certificates: [question.certificate] }, question, verifySignature);
}

const rank: readonly Verdict[] = ['VALID', 'INDETERMINATE', 'INVALID'];

/** Without a complete path: a signature that is proven bad says more than an issuer that was not found. */
function mostTelling(paths: readonly CandidatePath[]): readonly CandidatePath[] {
  const broken = paths.filter(({ end }) => end === 'bad-signature' || end === 'refused-algorithm');
  if (broken.length > 0) return broken;
  return paths.toSorted((a, b) => b.certificates.length - a.certificates.length).slice(0, 1);
}

function judge(candidate: CandidatePath, question: PathQuestion, verifySignature: VerifySignature): PathResult {
  const path = candidate.certificates;
  const checks = [
    ...report('certificate.path', pathFindings(candidate), (): Bilingual => pathTexts.pathGood(path.at(-1) ?? question.certificate)),
    ...report('certificate.validity', validityFindings(path, question.at), () => pathTexts.validityGood(question.at)),
    ...report('certificate.algorithm', algorithmFindings(path, candidate.end === 'anchor'), pathTexts.algorithmGood),
    ...report('certificate.extensions', extensionFindings(path, question), pathTexts.extensionsGood),
    ...usageChecks(question),
    ...policyChecks(question),
    ...report('certificate.revocation', revocationFindings(candidate, question, verifySignature), () => pathTexts.revocationGood(question.at)),
  ];
  return {
    verdict: worstVerdict(checks.map(({ verdict }) => verdict)),
    path,
    anchor: candidate.end === 'anchor' ? (path.at(-1) ?? null) : null,
    checks,
  };
}

interface Finding {
  readonly verdict: Verdict;
  readonly reason: Bilingual;
}

const invalid = (reason: Bilingual): Finding => ({ verdict: 'INVALID', reason });
const indeterminate = (reason: Bilingual): Finding => ({ verdict: 'INDETERMINATE', reason });

/** The findings as checks, or one good check where there are none. */
function report(id: CertificateCheckId, findings: readonly Finding[], good: () => Bilingual): readonly CertificateCheck[] {
  const title = checkTitles[id];
  if (findings.length === 0) return [{ id, verdict: 'VALID', title, reason: good() }];
  return findings.map(({ verdict, reason }) => ({ id, verdict, title, reason }));
}

function pathFindings(candidate: CandidatePath): readonly Finding[] {
  const { certificates } = candidate;
  const findings: Finding[] = [];
  certificates.forEach((ca, index) => {
    if (index === 0) return;
    const mayIssue = ca.version === 3 && ca.basicConstraints?.ca === true && (ca.keyUsage?.has('keyCertSign') ?? true);
    if (!mayIssue) findings.push(invalid(pathTexts.notACa(ca)));
    // RFC 5280 §4.2.1.9: self-issued certificates and the end entity do not count.
    const below = certificates.slice(1, index).filter(({ subject, issuer }) => !sameName(subject, issuer)).length;
    const allowed = ca.basicConstraints?.pathLength ?? null;
    if (allowed !== null && below > allowed) findings.push(invalid(pathTexts.pathLength(ca)));
  });
  return [...findings, ...endFindings(candidate)];
}

function endFindings(candidate: CandidatePath): readonly Finding[] {
  const last = candidate.certificates.at(-1);
  if (last === undefined) return [];
  switch (candidate.end) {
    case 'anchor':
      return [];
    case 'issuer-missing':
      return [indeterminate(pathTexts.issuerMissing(last))];
    case 'root-not-trusted':
      return [indeterminate(pathTexts.rootNotTrusted(last))];
    case 'too-long':
      return [indeterminate(pathTexts.pathTooLong())];
    case 'bad-signature':
      return [invalid(pathTexts.badSignature(last, candidate.issuer))];
    case 'refused-algorithm':
      return [invalid(isAcceptedAlgorithm(last) ? pathTexts.weakKey(candidate.issuer) : pathTexts.weakAlgorithm(last))];
  }
}

function validityFindings(path: readonly Certificate[], at: Date): readonly Finding[] {
  return path.flatMap((certificate) => {
    if (at < certificate.notBefore) return [invalid(pathTexts.notYetValid(certificate, at))];
    return at > certificate.notAfter ? [invalid(pathTexts.expired(certificate, at))] : [];
  });
}

function algorithmFindings(path: readonly Certificate[], anchored: boolean): readonly Finding[] {
  return path.flatMap((certificate, index) => [
    ...(isAcceptedKey(certificate.keyInfo) ? [] : [invalid(pathTexts.weakKey(certificate))]),
    // An anchor is trusted for its key; who signed it, and how, does not matter (RFC 5280 §6.1.1 (d)).
    ...(isAcceptedAlgorithm(certificate) || (anchored && index === path.length - 1) ? [] : [invalid(pathTexts.weakAlgorithm(certificate))]),
  ]);
}

/** Critical extensions whose meaning is heeded here or cannot harm. */
const understood: ReadonlySet<string> = new Set([
  extensionOids.keyUsage,
  extensionOids.basicConstraints,
  extensionOids.certificatePolicies,
  extensionOids.subjectAltName,
  extensionOids.issuerAltName,
  extensionOids.subjectDirectoryAttributes,
  extensionOids.crlDistributionPoints,
  extensionOids.authorityKeyIdentifier,
  extensionOids.subjectKeyIdentifier,
]);

function extensionFindings(path: readonly Certificate[], { requireExtendedKeyUsage }: PathQuestion): readonly Finding[] {
  return path.flatMap((certificate, index) =>
    certificate.extensions
      // SECURITY: RFC 5280 §6.1.4 (g) heeds name constraints whether marked critical or not (test/unit/formats/pki/path.test.ts).
      .filter(({ oid, critical }) => (critical && !understood.has(oid)) || oid === extensionOids.nameConstraints)
      // RFC 5280 §4.2.1.12: a critical purpose restricts, so it must be the one that was asked for.
      .filter(({ oid }) => !(oid === extensionOids.extendedKeyUsage && index === 0 && requireExtendedKeyUsage !== undefined))
      .map(({ oid }) => invalid(pathTexts.unknownCritical(certificate, oid))),
  );
}

function usageChecks({ certificate, requireKeyUsage, requireExtendedKeyUsage }: PathQuestion): readonly CertificateCheck[] {
  const findings: Finding[] = [];
  const required: string[] = [];
  if (requireKeyUsage !== undefined) {
    required.push(requireKeyUsage);
    // Without the extension any use is allowed; HPKI's profile always has it, so its absence is no licence.
    if (certificate.keyUsage?.has(requireKeyUsage) !== true) findings.push(invalid(pathTexts.keyUsageMissing(certificate, requireKeyUsage)));
  }
  if (requireExtendedKeyUsage !== undefined) {
    required.push(requireExtendedKeyUsage);
    if (certificate.extendedKeyUsage?.includes(requireExtendedKeyUsage) !== true) {
      findings.push(invalid(pathTexts.extendedKeyUsageMissing(certificate, requireExtendedKeyUsage)));
    }
  }
  return required.length === 0 ? [] : report('certificate.keyUsage', findings, () => pathTexts.keyUsageGood(required.join(', ')));
}

function policyChecks({ certificate, requirePolicies }: PathQuestion): readonly CertificateCheck[] {
  if (requirePolicies === undefined) return [];
  const stated = requirePolicies.find((policy) => certificate.policies.includes(policy));
  return report(
    'certificate.policy',
    stated === undefined ? [invalid(pathTexts.policyMissing(certificate, requirePolicies))] : [],
    () => pathTexts.policyGood(stated ?? ''),
  );
}

function revocationFindings(candidate: CandidatePath, { crls, at }: PathQuestion, verifySignature: VerifySignature): readonly Finding[] {
  const path = candidate.certificates;
  return path.flatMap((certificate, index) => {
    const issuer = path[index + 1];
    if (issuer !== undefined) {
      const finding = checkRevocation(certificate, issuer, crls, at, verifySignature);
      return finding.verdict === 'VALID' ? [] : [finding];
    }
    // The anchor is beyond revocation; the end of a broken path has no issuer whose list could be believed.
    return candidate.end === 'anchor' ? [] : [indeterminate(pathTexts.noCrl(certificate))];
  });
}
