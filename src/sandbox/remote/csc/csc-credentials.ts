import type { Certificate } from '../../../formats/pki/certificate.ts';
import type { TestCa } from '../../ca/test-ca.ts';
import type { RemotePerson } from '../people.ts';
import type { ServiceClock } from '../service-clock.ts';
import type { SigningDesk } from '../signing-desk.ts';
import { cscError, optionalBoolean, requiredString } from './csc-errors.ts';

/** Each person has one credential. */
const credentialIdOf = ({ subject }: RemotePerson): string => `hpki-second-${subject}`;

/** Algorithms of the keys: RSA with the hash named beside it, and RSA with SHA-256. */
export const rsaEncryption = '1.2.840.113549.1.1.1';
export const sha256WithRsa = '1.2.840.113549.1.1.11';

type Body = Readonly<Record<string, unknown>>;

export interface CredentialParts {
  readonly ca: TestCa;
  readonly signing: SigningDesk;
  readonly clock: ServiceClock;
  /** Signatures that one authorization may be for. */
  readonly multisign: number;
}

/** credentialID of the body, which must be the person's own. */
export function ownCredential(body: Body, person: RemotePerson): string {
  const id = requiredString(body, 'credentialID');
  if (id !== credentialIdOf(person)) throw cscError('Invalid parameter credentialID');
  return id;
}

/** CSC API v2 §11.4. */
export async function listCredentials(parts: CredentialParts, person: RemotePerson, body: Body): Promise<unknown> {
  // The token is a person's: nobody may ask for somebody else.
  if (body['userID'] !== undefined && body['userID'] !== null) throw cscError('userID parameter MUST be null');
  const credentialID = credentialIdOf(person);
  const onlyValid = optionalBoolean(body, 'onlyValid');
  const withInfo = optionalBoolean(body, 'credentialInfo');
  const info = await describeCredential(parts, person, body, 'csc.credentials.list');
  const listed = !onlyValid || info.cert.status === 'valid';
  return {
    credentialIDs: listed ? [credentialID] : [],
    ...(withInfo ? { credentialInfos: listed ? [{ credentialID, ...info }] : [] } : {}),
    ...(onlyValid ? { onlyValid } : {}),
  };
}

/** CSC API v2 §11.5. */
export async function credentialInfo(parts: CredentialParts, person: RemotePerson, body: Body): Promise<unknown> {
  ownCredential(body, person);
  return describeCredential(parts, person, body, 'csc.credentials.info');
}

async function describeCredential({ ca, signing, clock, multisign }: CredentialParts, person: RemotePerson, body: Body, endpoint: string) {
  const certificates = body['certificates'] ?? 'single';
  if (certificates !== 'none' && certificates !== 'single' && certificates !== 'chain') throw cscError('Invalid parameter certificates');
  const { certificate } = await signing.identity(person, endpoint);
  const chain = certificates === 'chain' ? [certificate, ca.signing.certificate, ca.root.certificate] : [certificate];
  return {
    description: `HPKIセカンド電子証明書（試験用） ${person.name}`,
    key: { status: 'enabled', algo: [rsaEncryption, sha256WithRsa], len: 2048 },
    cert: {
      status: statusOf(certificate, clock.date()),
      ...(certificates === 'none' ? {} : { certificates: chain.map(({ der }) => Buffer.from(der).toString('base64')) }),
      ...(optionalBoolean(body, 'certInfo') ? detailsOf(certificate) : {}),
    },
    // "explicit" without objects: the person has authenticated for the day, and no further secret is asked for (§11.6).
    auth: { mode: 'explicit', ...(optionalBoolean(body, 'authInfo') ? { objects: [] } : {}) },
    SCAL: '2',
    multisign,
    lang: 'ja-JP',
  };
}

export function statusOf({ notBefore, notAfter }: Certificate, at: Date): 'valid' | 'expired' {
  return at >= notBefore && at <= notAfter ? 'valid' : 'expired';
}

function detailsOf(certificate: Certificate): Readonly<Record<string, string>> {
  return {
    issuerDN: certificate.issuer.text,
    serialNumber: certificate.serialNumberHex,
    subjectDN: certificate.subject.text,
    validFrom: generalizedTime(certificate.notBefore),
    validTo: generalizedTime(certificate.notAfter),
  };
}

/** YYYYMMDDHHmmssZ. */
const generalizedTime = (time: Date): string => `${time.toISOString().slice(0, 19).replace(/\D/g, '')}Z`;
