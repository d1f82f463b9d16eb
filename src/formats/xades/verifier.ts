import type { Certificate } from '../pki/certificate.ts';
import { parseCrl } from '../pki/crl.ts';
import { DerError } from '../pki/der.ts';
import { describeRoles } from '../pki/hc-role.ts';
import { PathValidator } from '../pki/path-validator.ts';
import { signingPolicy } from '../pki/policies.ts';
import { worstVerdict } from '../verdict.ts';
import { readXml } from '../xml/reader.ts';
import { XmlRefusal } from '../xml/refusal.ts';
import { carryingObstacle, findPrescription } from './carried-prescription.ts';
import { checkNamedCertificate, checkRole, checkSigningTime, isNamed } from './certificate-checks.ts';
import { check, stopsNesting } from './checks.ts';
import { contentOf, type ExtractedDocument } from './extract.ts';
import { parseSignature, type ParsedSignature } from './parsed-signature.ts';
import { pathChecks, type Trust } from './path-checks.ts';
import { checkReferences } from './reference-checks.ts';
import type { ReportedSigner, VerificationCheck, VerificationReport } from './report.ts';
import { locateSignedDocument, type SignedWrapper } from './signed-wrapper.ts';
import { StructureRefused } from './structure.ts';
import { checkUnsignedProperties, readUnsignedProperties } from './unsigned-properties.ts';
import { checkSignatureValue } from './value-check.ts';

export interface VerificationOptions {
  /** Trusted roots, DER. */
  readonly anchors: readonly Uint8Array[];
  /** SHA-256 in lower-case hex of roots that are trusted wherever they turn up. */
  readonly anchorFingerprints?: ReadonlySet<string>;
  /** Certificates that may help to build a path, DER. None is trusted by being here. */
  readonly chain: readonly Uint8Array[];
  /** Revocation lists, DER. */
  readonly crls: readonly Uint8Array[];
  /** The time for which paths are checked. */
  readonly at: Date;
  /** One of these policies must be in the signer's certificate. HPKI's signing policy by default. */
  readonly policies?: readonly string[];
}

export interface Verifier {
  /** Never throws: a file that cannot be read is INVALID with its reason. */
  verify(xml: Uint8Array, at?: Date): VerificationReport;
  /** As {@link verify}, with what is inside from the same reading. Never throws. */
  examine(xml: Uint8Array, at?: Date): ExaminedDocument;
  checkNestedPrescription(xml: Uint8Array, at?: Date): NestedPrescriptionAnswer;
}

export interface ExaminedDocument {
  readonly report: VerificationReport;
  /** Null where the file could not be read as a signed document. */
  readonly document: ExtractedDocument | null;
}

export interface NestedPrescriptionAnswer extends ExaminedDocument {
  readonly gate: 'accept' | 'refuse';
}

/** Verifies one file. For many files under the same trust make a verifier and keep it: it remembers certificates and paths. */
export function verifySignedDocument(xml: Uint8Array, options: VerificationOptions): VerificationReport {
  return createVerifier(options).verify(xml);
}

/**
 * Whether a pharmacist's dispensing result may nest this prescription. Refused only for its structure, a digest, the signature
 * value or the role; what else the report says is for the person to see.
 */
export function checkNestedPrescription(xml: Uint8Array, options: VerificationOptions): NestedPrescriptionAnswer {
  return createVerifier(options).checkNestedPrescription(xml);
}

/** Certificates and lists that cannot be read help nobody and are passed over: what is missing then shows as INDETERMINATE. */
export function createVerifier(options: VerificationOptions): Verifier {
  const validator = new PathValidator();
  const trust: Trust = {
    validator,
    anchors: { certificates: readable(options.anchors, (der) => validator.parse(der)), fingerprints: options.anchorFingerprints ?? new Set() },
    chain: readable(options.chain, (der) => validator.parse(der)),
    crls: readable(options.crls, parseCrl),
    policies: options.policies ?? [signingPolicy],
  };
  return {
    verify: (xml, at = options.at) => examineFile(xml, trust, at).report,
    examine: (xml, at = options.at) => examineFile(xml, trust, at),
    checkNestedPrescription: (xml, at = options.at) => verifyForNesting(xml, trust, at),
  };
}

function readable<T>(encoded: readonly Uint8Array[], read: (der: Uint8Array) => T): readonly T[] {
  return encoded.flatMap((der) => {
    try {
      return [read(der)];
    } catch (error) {
      if (error instanceof DerError) return [];
      throw error;
    }
  });
}

function examineFile(xml: Uint8Array, trust: Trust, at: Date): ExaminedDocument {
  try {
    const wrapper = locateSignedDocument(readXml(xml).root);
    return { report: verifyWrapper(wrapper, trust, at, false), document: contentOf(wrapper) };
  } catch (error) {
    return { report: refusedReport(error, at), document: null };
  }
}

function verifyForNesting(xml: Uint8Array, trust: Trust, at: Date): NestedPrescriptionAnswer {
  let report: VerificationReport;
  let document: ExtractedDocument | null = null;
  try {
    const { root } = readXml(xml);
    const wrapper = locateSignedDocument(root);
    document = contentOf(wrapper);
    report = withChecks(verifyWrapper(wrapper, trust, at, true), nestingChecks(wrapper, findPrescription(root)));
  } catch (error) {
    report = refusedReport(error, at);
  }
  return { gate: report.checks.some(stopsNesting) ? 'refuse' : 'accept', report, document };
}

function nestingChecks(wrapper: SignedWrapper, prescription: ReturnType<typeof findPrescription>): readonly VerificationCheck[] {
  if (wrapper.type !== 'prescription' || prescription === null) {
    return [check('document.structure', 'INVALID', '処方箋ではなく調剤結果のファイルです。医師が署名した処方箋を指定してください。', 'This is a dispensing result, not a prescription. Please give the prescription that the doctor signed.')];
  }
  const obstacle = carryingObstacle(prescription);
  return obstacle === null
    ? [check('nested.carriable', 'VALID', 'そのままの形で調剤結果に組み込めます。', 'It can be nested in a dispensing result as it is.')]
    : [check('nested.carriable', 'INVALID', obstacle.ja, obstacle.en)];
}

function verifyWrapper(wrapper: SignedWrapper, trust: Trust, at: Date, nested: boolean): VerificationReport {
  const structureGood = check('document.structure', 'VALID', '文書の構造は規定のとおりです。', 'The document has the prescribed structure.');
  const inner = wrapper.nested === null ? null : verifyWrapper(wrapper.nested, trust, at, true);
  const base = { documentType: wrapper.type, checkedAt: at, nested: inner };
  let signature: ParsedSignature;
  try {
    signature = parseSignature(wrapper.signature);
  } catch (error) {
    const { checks } = refusedReport(error, at);
    return { ...base, verdict: 'INVALID', level: null, signer: null, signingTime: null, checks: [structureGood, ...checks] };
  }
  const unsigned = readUnsignedProperties(signature.unsigned);
  const checks: VerificationCheck[] = [
    structureGood,
    check('signature.algorithms', 'VALID', '署名のアルゴリズムは基準を満たしています。', 'The algorithms of the signature meet the requirements.'),
    ...checkReferences(wrapper, signature),
  ];
  const certificate = readSigner(signature, trust);
  if (certificate === null) {
    checks.push(check('certificate.read', 'INVALID', '添付された証明書を読み取れません。', 'The attached certificate cannot be read.'));
  } else {
    checks.push(
      checkSignatureValue(signature, certificate),
      checkNamedCertificate(signature, certificate),
      checkSigningTime(signature, certificate),
      checkRole(certificate, wrapper.type),
      ...pathChecks(certificate, {
        trust,
        embedded: readable([...signature.certificates, ...unsigned.certificates], (der) => trust.validator.parse(der)),
        at,
        // What has happened to the certificate since is for the time-stamp to outweigh, or for the pharmacist to see.
        claimedTime: nested || unsigned.level !== 'BES' ? signature.signingTime : null,
      }),
    );
  }
  checks.push(...checkUnsignedProperties(unsigned));
  return withChecks(
    {
      ...base,
      verdict: 'VALID',
      level: unsigned.level,
      signer: certificate === null ? null : describeSigner(certificate),
      signingTime: signature.signingTime,
      checks: [],
    },
    checks,
  );
}

function withChecks(report: VerificationReport, more: readonly VerificationCheck[]): VerificationReport {
  const checks = [...report.checks, ...more];
  const verdicts = checks.map(({ verdict }) => verdict);
  if (report.nested !== null) verdicts.push(report.nested.verdict);
  return { ...report, verdict: worstVerdict(verdicts), checks };
}

/** SECURITY: of several certificates only the one that the signed properties name can be the signer's (test/unit/formats/xades/foreign-samples.test.ts). */
function readSigner(signature: ParsedSignature, trust: Trust): Certificate | null {
  const der = signature.certificates.find((one) => signature.namedCertificate !== null && isNamed(one, signature.namedCertificate)) ?? signature.certificates[0];
  return der === undefined ? null : readable([der], (one) => trust.validator.parse(one))[0] ?? null;
}

function describeSigner(certificate: Certificate): ReportedSigner {
  return {
    name: certificate.subject.commonName ?? certificate.subject.text,
    kanjiName: certificate.kanjiName,
    role: describeRoles(certificate.hcActors),
    certificateSha256: certificate.sha256,
    notBefore: certificate.notBefore,
    notAfter: certificate.notAfter,
  };
}

/** The report of a file that was refused. Anything but a refusal is a fault of ours and goes on. */
function refusedReport(error: unknown, at: Date): VerificationReport {
  const refused = { verdict: 'INVALID', documentType: null, level: null, signer: null, signingTime: null, checkedAt: at, nested: null } as const;
  if (error instanceof XmlRefusal) return { ...refused, checks: [check('document.read', 'INVALID', error.reason.ja, error.reason.en)] };
  if (error instanceof StructureRefused) return { ...refused, checks: [check(error.check, 'INVALID', error.reason.ja, error.reason.en)] };
  throw error;
}
