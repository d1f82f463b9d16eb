import { createPrivateKey, randomBytes, X509Certificate } from 'node:crypto';

export interface HpkiToken {
  readonly modulePath: string;
  readonly certificate: Buffer;
  readonly privateKey: Buffer;
  readonly chain: readonly Buffer[];
  readonly pin: string;
  readonly label: string;
  readonly alwaysAuthenticate: boolean;
}

/** Object names of an HPKI module (JAHIS 24-002). */
const hpkiObjectNames = {
  privateKey: 'Private key of HPKI',
  endEntity: 'HPKI END ENTITY CERTIFICATE',
  rootCa: 'HPKI ROOT CA CERTIFICATE',
  mhlwCa: 'MHLW CA CERTIFICATE',
  ca: 'HPKI CA CERTIFICATE',
} as const;

const objectId = Buffer.of(1);

/**
 * Writes a new token into the SoftHSM that SOFTHSM2_CONF names. Like a card it holds the private key and
 * certificates, and no public-key object.
 */
export async function writeHpkiToken(token: HpkiToken): Promise<void> {
  const { default: graphene } = await import('graphene-pk11');
  const module = graphene.Module.load(token.modulePath);
  const { lib } = module;
  lib.C_Initialize();
  try {
    const free = lib.C_GetSlotList(true).find((slot) => (lib.C_GetTokenInfo(slot).flags & graphene.TokenFlag.TOKEN_INITIALIZED) === 0);
    if (free === undefined) throw new Error('SoftHSM offers no free slot');
    const officerPin = randomBytes(8).toString('hex');
    // Not graphene's slot.initToken(): it throws after it has succeeded.
    lib.C_InitToken(free, officerPin, token.label.padEnd(32));

    const session = lib.C_OpenSession(free, graphene.SessionFlag.SERIAL_SESSION | graphene.SessionFlag.RW_SESSION);
    lib.C_Login(session, graphene.UserType.SO, officerPin);
    lib.C_InitPIN(session, token.pin);
    lib.C_Logout(session);
    lib.C_Login(session, graphene.UserType.USER, token.pin);
    lib.C_CreateObject(session, privateKeyTemplate(token));
    lib.C_CreateObject(session, certificateTemplate(token.certificate, hpkiObjectNames.endEntity));
    for (const authority of token.chain) lib.C_CreateObject(session, certificateTemplate(authority, authorityName(authority)));
    lib.C_Logout(session);
    lib.C_CloseSession(session);
  } finally {
    lib.C_Finalize();
  }
}

type Template = { type: number; value: Buffer | number | boolean | string }[];

/** Attribute numbers of PKCS#11 v2.40 (pkcs11t.h). */
const CKA = {
  CLASS: 0x0,
  TOKEN: 0x1,
  PRIVATE: 0x2,
  LABEL: 0x3,
  VALUE: 0x11,
  CERTIFICATE_TYPE: 0x80,
  KEY_TYPE: 0x100,
  SUBJECT: 0x101,
  ID: 0x102,
  SENSITIVE: 0x103,
  SIGN: 0x108,
  MODULUS: 0x120,
  PUBLIC_EXPONENT: 0x122,
  PRIVATE_EXPONENT: 0x123,
  PRIME_1: 0x124,
  PRIME_2: 0x125,
  EXPONENT_1: 0x126,
  EXPONENT_2: 0x127,
  COEFFICIENT: 0x128,
  EXTRACTABLE: 0x162,
  ALWAYS_AUTHENTICATE: 0x202,
} as const;

function certificateTemplate(der: Buffer, label: string): Template {
  return [
    { type: CKA.CLASS, value: 1 },
    { type: CKA.CERTIFICATE_TYPE, value: 0 },
    { type: CKA.TOKEN, value: true },
    { type: CKA.PRIVATE, value: false },
    { type: CKA.LABEL, value: label },
    // A real module may leave the subject empty; nothing may depend on it.
    { type: CKA.SUBJECT, value: Buffer.alloc(0) },
    { type: CKA.ID, value: label === hpkiObjectNames.endEntity ? objectId : Buffer.alloc(0) },
    { type: CKA.VALUE, value: der },
  ];
}

function privateKeyTemplate(token: HpkiToken): Template {
  const jwk = createPrivateKey({ key: token.privateKey, format: 'der', type: 'pkcs8' }).export({ format: 'jwk' });
  const number = (value: string | undefined): Buffer => {
    if (value === undefined) throw new Error('the private key is no RSA key');
    return Buffer.from(value, 'base64url');
  };
  return [
    { type: CKA.CLASS, value: 3 },
    { type: CKA.KEY_TYPE, value: 0 },
    { type: CKA.TOKEN, value: true },
    { type: CKA.PRIVATE, value: true },
    { type: CKA.SENSITIVE, value: true },
    { type: CKA.EXTRACTABLE, value: false },
    { type: CKA.SIGN, value: true },
    { type: CKA.ALWAYS_AUTHENTICATE, value: token.alwaysAuthenticate },
    { type: CKA.LABEL, value: hpkiObjectNames.privateKey },
    { type: CKA.ID, value: objectId },
    { type: CKA.MODULUS, value: number(jwk.n) },
    { type: CKA.PUBLIC_EXPONENT, value: number(jwk.e) },
    { type: CKA.PRIVATE_EXPONENT, value: number(jwk.d) },
    { type: CKA.PRIME_1, value: number(jwk.p) },
    { type: CKA.PRIME_2, value: number(jwk.q) },
    { type: CKA.EXPONENT_1, value: number(jwk.dp) },
    { type: CKA.EXPONENT_2, value: number(jwk.dq) },
    { type: CKA.COEFFICIENT, value: number(jwk.qi) },
  ];
}

function authorityName(der: Buffer): string {
  const certificate = new X509Certificate(der);
  if (certificate.issuer !== certificate.subject) return hpkiObjectNames.ca;
  return /MHLW|Ministry of Health/i.test(certificate.subject) ? hpkiObjectNames.mhlwCa : hpkiObjectNames.rootCa;
}
