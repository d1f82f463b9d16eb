import { createHash, privateEncrypt, verify, type KeyObject } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { loginPinOrder, openCardAssertionKey } from '../../../../src/agent/remote/card-assertion-key.ts';
import { digestInfo } from '../../../../src/formats/pki/emsa-pkcs1.ts';
import { CardError, type AuthenticationCard } from '../../../../src/native/host/card-host.ts';
import { createTestCa, type CertificateRequest, type IssuedCertificate, type TestCa } from '../../../../src/sandbox/ca/test-ca.ts';

const assertion = Buffer.from('header.claims');
const hash = createHash('sha256').update(assertion).digest();
const rs256 = (key: KeyObject, value: Uint8Array): Uint8Array => privateEncrypt(key, digestInfo(value));

let ca: TestCa;
let login: IssuedCertificate;
let documents: IssuedCertificate;

beforeAll(async () => {
  ca = await createTestCa();
  const doctor: CertificateRequest = { kind: 'authentication', commonName: 'TEST ISHA SABURO', role: 'Medical Doctor' };
  [login, documents] = await Promise.all([ca.issue(doctor), ca.issue({ ...doctor, kind: 'signing' })]);
});

const cardOf = ({ certificate }: IssuedCertificate): AuthenticationCard => ({
  kind: 'hpki',
  reader: 'Reader 1',
  certificateSha256: certificate.sha256,
  certificate: certificate.der,
  driver: 'direct',
});

function cardsThat(sign: (hash: Uint8Array) => Uint8Array) {
  const used: string[] = [];
  return {
    used,
    sign: (session: string, value: Uint8Array) => {
      used.push(`sign by ${session}`);
      return new Promise<Uint8Array>((resolve) => resolve(sign(value)));
    },
    endPinSession: (session: string) => {
      used.push(`end ${session}`);
      return Promise.resolve();
    },
  };
}

describe("the card's key for a login", () => {
  it('signs what RS256 wants (RFC 7518 §3.3), and ends its PIN session with the login', async () => {
    const cards = cardsThat((value) => rs256(login.privateKey, value));
    const key = openCardAssertionKey(cards, cardOf(login), 'session');
    expect(key.certificate).toEqual(login.certificate.der);
    expect(verify('sha256', assertion, login.certificate.publicKey, await key.sign(hash))).toBe(true);
    await key.close();
    expect(cards.used).toEqual(['sign by session', 'end session']);
  });

  it('has its PIN asked for as that of a login, for a few signatures within two minutes', () => {
    expect(loginPinOrder(cardOf(login))).toEqual({ certificateSha256: login.certificate.sha256, purpose: 'authentication', maxSignatures: 3, lifetimeMs: 120_000 });
  });

  it.each([
    ['by another key', (value: Uint8Array) => rs256(documents.privateKey, value)],
    ['of another hash', () => rs256(login.privateKey, new Uint8Array(32))],
    ['that is none', () => new Uint8Array(256)],
  ])('hands out no signature %s', async (_what, sign) => {
    const key = openCardAssertionKey(cardsThat(sign), cardOf(login), 'session');
    await expect(key.sign(hash)).rejects.toMatchObject({ code: 'CARD_MODULE_FAILED' });
  });

  it('passes what the card says of the PIN', async () => {
    const refuse = (): never => {
      throw new CardError('PIN_INCORRECT', 'SW 63C2', 2);
    };
    const key = openCardAssertionKey(cardsThat(refuse), cardOf(login), 'session');
    await expect(key.sign(hash)).rejects.toMatchObject({ code: 'PIN_INCORRECT', triesLeft: 2 });
  });

  it.each<[string, () => AuthenticationCard]>([
    ['a certificate for documents', () => cardOf(documents)],
    ['a certificate for both, as the signing one of a My Number card', () => cardOf({ ...login, certificate: ca.certify({ kind: 'authentication', commonName: 'TEST', role: null, keyUsage: ['digitalSignature', 'nonRepudiation'] }, login.certificate.publicKey) })],
    ['a certificate that is not the one it is called by', () => ({ ...cardOf(login), certificateSha256: documents.certificate.sha256 })],
    ['something that is no certificate', () => ({ ...cardOf(login), certificate: Uint8Array.of(0x30, 0x00) })],
  ])('is not made of %s', (_what, card) => {
    expect(() => openCardAssertionKey(cardsThat(() => new Uint8Array(256)), card(), 'session')).toThrow(expect.objectContaining({ code: 'CARD_UNKNOWN', pinNotPresented: true }) as Error);
  });
});
