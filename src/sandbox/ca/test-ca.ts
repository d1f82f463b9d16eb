import type { KeyObject } from 'node:crypto';
import type { Certificate } from '../../formats/pki/certificate.ts';
import type { CertificateRevocationList } from '../../formats/pki/crl.ts';
import type { KeyUsage } from '../../formats/pki/extensions.ts';
import type { HcActorToWrite } from '../../formats/pki/hc-role.ts';
import { authenticationCaPolicy, authenticationPolicy, signingCaPolicy, signingPolicy } from '../../formats/pki/policies.ts';
import {
  alternativeDirectoryName,
  authorityKeyIdentifier,
  basicConstraints,
  certificatePolicies,
  crlDistributionPoint,
  hcRoles,
  issuerKeyIdentifier,
  issuerOf,
  keyIdentifier,
  keyUsage,
  randomSerialNumber,
  subjectKeyIdentifier,
  writeCertificate,
  type CertifiedKey,
  type TestHash,
} from './test-certificate.ts';
import { writeCrl, type CrlContent, type RevocationEntry } from './test-crl.ts';
import { generateTestKey, type TestKey } from './test-keys.ts';
import { jstMidnight } from './jst-midnight.ts';
import { testCaNames, writeKanjiName, writePersonName, type PersonName } from './test-names.ts';

/** Nothing is served there: `.example` never resolves (RFC 2606). */
const sandboxHost = 'http://hpki-sandbox.example';
const caCrlUrl = `${sandboxHost}/root.crl`;
const cps = `${sandboxHost}/cps`;

export type CertificateKind = 'signing' | 'authentication';
export type AuthorityName = 'root' | CertificateKind;

export interface CertificateRequest extends PersonName {
  readonly kind: CertificateKind;
  /** hcRole in HPKI's scheme; null for staff without a licence. */
  readonly role: string | null;
  readonly kanjiName?: string;
  /** Default: yesterday's midnight in Japan. */
  readonly notBefore?: Date;
  /** Default: two years after notBefore. */
  readonly notAfter?: Date;
  /** What follows departs from the profile, for tests. */
  readonly hcActors?: readonly HcActorToWrite[];
  readonly policies?: readonly string[];
  readonly keyUsage?: readonly KeyUsage[];
  readonly serialNumber?: bigint;
  readonly hash?: TestHash;
  /** Whole extensions to be added, as writeExtension gives them. */
  readonly extraExtensions?: readonly Uint8Array[];
  /** Whom the certificate names as its issuer's certificate, in place of the one whose key signs. */
  readonly claimedIssuer?: CertifiedKey;
}

export interface IssuedCertificate extends CertifiedKey {
  readonly pkcs8: Uint8Array;
}

export interface TestCaOptions {
  /** The day on which everything is valid. Default: now. */
  readonly now?: Date;
  /** Keys to be used instead of new ones. */
  readonly keys?: Partial<Readonly<Record<AuthorityName, TestKey>>>;
}

export interface TestCa {
  readonly now: Date;
  readonly root: CertifiedKey;
  readonly signing: CertifiedKey;
  readonly authentication: CertifiedKey;
  /** Root, signing CA, authentication CA. */
  readonly certificates: readonly Certificate[];
  /** A new key and its certificate. With `key`, that key is used: making one takes 0.1 s and more. */
  issue(request: CertificateRequest, key?: TestKey): Promise<IssuedCertificate>;
  /** A certificate for a key that somebody else holds: a token, a card. */
  certify(request: CertificateRequest, publicKey: KeyObject): Certificate;
  /** One list of one authority. Default: today's. */
  crl(authority: AuthorityName, content?: Partial<CrlContent>): CertificateRevocationList;
  /** Today's lists of all three authorities, the root's as ARL; `revoked` goes to the signing CA's. */
  crls(revoked?: readonly RevocationEntry[]): readonly CertificateRevocationList[];
}

/** A hierarchy in the image of HPKI, with names that say TEST. */
export async function createTestCa(options: TestCaOptions = {}): Promise<TestCa> {
  const { now = new Date(), keys = {} } = options;
  const [rootKey, signingKey, authenticationKey] = await Promise.all([
    keys.root ?? generateTestKey(),
    keys.signing ?? generateTestKey(),
    keys.authentication ?? generateTestKey(),
  ]);
  const root = { certificate: certifyRoot(rootKey, now), privateKey: rootKey.privateKey };
  const signing = { certificate: certifyCa('signing', signingKey, root, now), privateKey: signingKey.privateKey };
  const authentication = {
    certificate: certifyCa('authentication', authenticationKey, root, now),
    privateKey: authenticationKey.privateKey,
  };
  const authorities = { root, signing, authentication };
  const certify = (request: CertificateRequest, publicKey: KeyObject): Certificate =>
    certifyPerson(request, publicKey, authorities[request.kind], now);
  const crl = (authority: AuthorityName, content: Partial<CrlContent> = {}): CertificateRevocationList =>
    writeCrl(
      { thisUpdate: jstMidnight(now), ...(authority === 'root' ? { only: 'ca' as const } : {}), ...content },
      authorities[authority],
    );
  return {
    now,
    ...authorities,
    certificates: [root.certificate, signing.certificate, authentication.certificate],
    certify,
    crl,
    crls: (revoked = []) => [crl('signing', { revoked }), crl('authentication'), crl('root')],
    async issue(request, key) {
      const { publicKey, privateKey } = key ?? (await generateTestKey());
      const pkcs8 = new Uint8Array(privateKey.export({ type: 'pkcs8', format: 'der' }));
      return { certificate: certify(request, publicKey), privateKey, pkcs8 };
    },
  };
}

function certifyRoot({ publicKey, privateKey }: TestKey, now: Date): Certificate {
  const serialNumber = randomSerialNumber();
  return writeCertificate(
    {
      serialNumber,
      subject: testCaNames.root,
      publicKey,
      notBefore: jstMidnight(now, -8),
      notAfter: jstMidnight(now, 22),
      extensions: [
        authorityKeyIdentifier(keyIdentifier(publicKey), testCaNames.root, serialNumber),
        subjectKeyIdentifier(publicKey),
        basicConstraints(true),
        keyUsage(['keyCertSign', 'cRLSign']),
      ],
    },
    { name: testCaNames.root, privateKey },
  );
}

function certifyCa(kind: CertificateKind, { publicKey }: TestKey, root: CertifiedKey, now: Date): Certificate {
  return writeCertificate(
    {
      subject: testCaNames[kind],
      publicKey,
      notBefore: jstMidnight(now, -7),
      notAfter: jstMidnight(now, 13),
      extensions: [
        issuerKeyIdentifier(root),
        subjectKeyIdentifier(publicKey),
        basicConstraints(true),
        keyUsage(['keyCertSign', 'cRLSign']),
        certificatePolicies([kind === 'signing' ? signingCaPolicy : authenticationCaPolicy], cps),
        crlDistributionPoint(caCrlUrl),
      ],
    },
    issuerOf(root),
  );
}

function certifyPerson(request: CertificateRequest, publicKey: KeyObject, issuer: CertifiedKey, now: Date): Certificate {
  const { kind, role, kanjiName, hash, serialNumber, extraExtensions = [], claimedIssuer = issuer } = request;
  const notBefore = request.notBefore ?? new Date(jstMidnight(now).getTime() - 86_400_000);
  const usages: readonly KeyUsage[] = request.keyUsage ?? [kind === 'signing' ? 'nonRepudiation' : 'digitalSignature'];
  const policies = request.policies ?? [kind === 'signing' ? signingPolicy : authenticationPolicy];
  const actors = request.hcActors ?? (role === null ? [] : [{ role }]);
  return writeCertificate(
    {
      ...(serialNumber === undefined ? {} : { serialNumber }),
      ...(hash === undefined ? {} : { hash }),
      subject: writePersonName(request),
      publicKey,
      notBefore,
      notAfter: request.notAfter ?? jstMidnight(notBefore, 2),
      extensions: [
        issuerKeyIdentifier(claimedIssuer),
        keyUsage(usages),
        ...(kanjiName === undefined ? [] : [alternativeDirectoryName(writeKanjiName(kanjiName))]),
        ...(actors.length === 0 ? [] : [hcRoles(actors)]),
        certificatePolicies(policies),
        crlDistributionPoint(`${sandboxHost}/${kind}.crl`),
        ...extraExtensions,
      ],
    },
    issuerOf(issuer),
  );
}
