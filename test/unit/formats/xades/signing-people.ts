import { sign } from 'node:crypto';
import { createTestCa, type CertificateRequest, type IssuedCertificate, type TestCa } from '../../../../src/sandbox/ca/test-ca.ts';
import { generateTestKey } from '../../../../src/sandbox/ca/test-keys.ts';
import { sampleProfile, type SignatureProfile } from '../../../../src/formats/xades/signature-profile.ts';
import { createVerifier, type VerificationOptions, type Verifier } from '../../../../src/formats/xades/verifier.ts';
import { prepareSignature, type DocumentInput, type PreparedSignature } from '../../../../src/formats/xades/writer.ts';

/** A test CA, a doctor and a pharmacist, and everything that is needed to sign and verify as they do. */
export interface SigningPeople {
  readonly ca: TestCa;
  readonly doctor: IssuedCertificate;
  readonly pharmacist: IssuedCertificate;
  readonly trust: VerificationOptions;
  readonly verifier: Verifier;
  issue(request: Partial<CertificateRequest>): Promise<IssuedCertificate>;
}

export const signingTime = (ca: TestCa): Date => new Date(Math.floor(ca.now.getTime() / 1000) * 1000);

export async function createSigningPeople(): Promise<SigningPeople> {
  const [ca, doctorKey, pharmacistKey] = await Promise.all([createTestCa(), generateTestKey(), generateTestKey()]);
  const trust: VerificationOptions = {
    anchors: [ca.root.certificate.der],
    chain: [ca.signing.certificate.der],
    crls: ca.crls().map(({ der }) => der),
    at: ca.now,
  };
  return {
    ca,
    trust,
    doctor: await ca.issue({ kind: 'signing', role: 'Medical Doctor', commonName: 'TEST Saburo Isha', kanjiName: 'テスト医者　三郎' }, doctorKey),
    pharmacist: await ca.issue({ kind: 'signing', role: 'Pharmacist', commonName: 'TEST Shiro Yakuzai' }, pharmacistKey),
    verifier: createVerifier(trust),
    issue: (request) => ca.issue({ kind: 'signing', role: 'Medical Doctor', commonName: 'TEST Other', ...request }, doctorKey),
  };
}

export interface SigningChoices {
  readonly profile?: Partial<SignatureProfile>;
  readonly signingTime?: Date;
}

export function prepareAs(person: IssuedCertificate, input: DocumentInput, choices: SigningChoices = {}): PreparedSignature {
  return prepareSignature(input, {
    certificate: person.certificate.der,
    signingTime: choices.signingTime ?? new Date(Math.floor(Date.now() / 1000) * 1000),
    profile: { ...sampleProfile, ...choices.profile },
  });
}

export function signAs(person: IssuedCertificate, input: DocumentInput, choices: SigningChoices = {}): Buffer {
  const prepared = prepareAs(person, input, choices);
  return Buffer.from(prepared.assemble(sign('sha256', prepared.signedInfo, person.privateKey)));
}

export const prescriptionCsv = Buffer.from(
  'SJ1\n1,1,1234567,13,テスト医院\n5,,ｲｼｬ ｻﾌﾞﾛｳ,医者　三郎\n11,,患者　髙子①,ｶﾝｼﾞｬ ﾀｶｺ\n12,2\n13,19500101\n51,20260401\n101,1,1,内服,7\n111,1,3,1013044400000000,１日３回毎食後,3\n201,1,1,1,2,620000001,アムロジピン錠５ｍｇ,3,1,錠',
);
export const dispensingCsv = Buffer.from('CJ1,\n1,患者　髙子①,2,19500101\n5,20260401\n15,薬剤　四郎\n201,1,アムロジピン錠５ｍｇ,3,錠');

/** Every choice that a profile offers. */
export const allProfiles: readonly SignatureProfile[] = (['inclusive', 'exclusive'] as const).flatMap((reference1) =>
  [false, true].flatMap((issuerSerialV2) =>
    (['+00:00', '+09:00'] as const).map((signingTimeZone) => ({ reference1, issuerSerialV2, signingTimeZone })),
  ),
);

/** Ids of the checks that are not VALID, for sentences about what exactly was found. */
export function complaints(report: { readonly checks: readonly { readonly id: string; readonly verdict: string }[] }): readonly string[] {
  return report.checks.filter(({ verdict }) => verdict !== 'VALID').map(({ id, verdict }) => `${id} ${verdict}`);
}
