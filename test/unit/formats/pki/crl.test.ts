import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseCrl, type CertificateRevocationList } from '../../../../src/formats/pki/crl.ts';
import { DerError, tags } from '../../../../src/formats/pki/der.ts';
import { writeExplicit, writeInteger, writeSequence, writeTime } from '../../../../src/formats/pki/der-writer.ts';
import { createTestCa, type TestCa } from '../../../../src/sandbox/ca/test-ca.ts';
import { algorithmIdentifier, signTbs, writeExtension } from '../../../../src/sandbox/ca/test-certificate.ts';

let ca: TestCa;
const yesterday = new Date('2026-05-31T15:00:00Z');

beforeAll(async () => {
  ca = await createTestCa({ now: new Date('2026-06-02T03:00:00Z') });
});

/** A list whose parts are the test's own. */
const listOf = (entries: readonly Uint8Array[], extensions: readonly Uint8Array[] = []): Uint8Array =>
  signTbs(
    writeSequence(
      writeInteger(1),
      algorithmIdentifier('sha256'),
      ca.signing.certificate.subjectDer,
      writeTime(yesterday),
      writeTime(new Date('2026-06-04T15:00:00Z')),
      ...(entries.length === 0 ? [] : [writeSequence(...entries)]),
      ...(extensions.length === 0 ? [] : [writeExplicit(0, writeSequence(...extensions))]),
    ),
    ca.signing.privateKey,
    'sha256',
  );

const entry = (serialNumber: bigint, ...extensions: readonly Uint8Array[]): Uint8Array =>
  writeSequence(
    writeInteger(serialNumber),
    writeTime(yesterday),
    ...(extensions.length === 0 ? [] : [writeSequence(...extensions)]),
  );

describe('a revocation list of HPKI’s profile', () => {
  it('gives its issuer, number and times, 96 hours apart', () => {
    const crl = ca.crl('signing', { number: 4711n });
    expect(crl.issuer.commonName).toBe('HPKI-01-TestSignCA2-forNonRepudiation');
    expect(crl.crlNumber).toBe(4711n);
    expect(crl.thisUpdate).toEqual(new Date('2026-06-01T15:00:00Z'));
    expect(crl.nextUpdate).toEqual(new Date('2026-06-05T15:00:00Z'));
    expect(crl.authorityKeyIdentifier?.keyId).toEqual(ca.signing.certificate.subjectKeyIdentifier);
    expect(crl.unsupported).toEqual([]);
    expect(crl.revoked.size).toBe(0);
  });

  it('gives every entry with its date, reason and invalidity date', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.bigInt({ min: 1n, max: 1n << 150n }), { maxLength: 20 }),
        fc.constantFrom('keyCompromise' as const, 'superseded' as const, 'certificateHold' as const),
        (serials, reason) => {
          const revoked = serials.map((serialNumber) => ({ serialNumber, at: yesterday, reason, invalidSince: new Date(0) }));
          const crl = ca.crl('signing', { revoked });
          expect([...crl.revoked.values()]).toEqual(
            serials.map((serialNumber) => ({ serialNumber, revocationDate: yesterday, reason, invalidityDate: new Date(0) })),
          );
          expect(crl.unsupported).toEqual([]);
        },
      ),
      { numRuns: 20 },
    );
  });

  it('is for CA certificates only when it is the root’s', () => {
    expect(ca.crl('root').issuingDistributionPoint).toEqual({
      urls: [],
      onlyCaCertificates: true,
      onlyUserCertificates: false,
    });
    expect(ca.crl('root').unsupported).toEqual([]);
  });

  it('keeps the earlier date of a certificate that is listed twice', () => {
    const revoked = [new Date('2026-05-20T00:00:00Z'), new Date('2026-05-10T00:00:00Z')].map((at) => ({ serialNumber: 7n, at }));
    expect(ca.crl('signing', { revoked }).revoked.get(7n)?.revocationDate).toEqual(new Date('2026-05-10T00:00:00Z'));
  });
});

describe('a list that must not be used names why', () => {
  const critical = (oid: string, value = writeInteger(1)): Uint8Array => writeExtension(oid, value, true);
  const scope = (n: number, value: number): Uint8Array => critical('2.5.29.28', writeSequence(Uint8Array.of(0x80 | n, 1, value)));

  it.each<[string, () => Uint8Array]>([
    ['delta CRL', () => listOf([], [critical('2.5.29.27')])],
    ['critical extension 2.999.1', () => listOf([], [critical('2.999.1')])],
    ['critical extension 2.5.29.29', () => listOf([entry(1n, critical('2.5.29.29', writeSequence()))])],
    ['removeFromCRL', () => listOf([entry(1n, writeExtension('2.5.29.21', writeInteger(8, tags.enumerated)))])],
    ['indirect CRL', () => listOf([], [scope(4, 0xff)])],
    ['onlyContainsAttributeCerts', () => listOf([], [scope(5, 0xff)])],
  ])('%s', (why, list) => {
    expect(parseCrl(list()).unsupported).toContain(why);
  });

  it('onlySomeReasons', () => {
    const list = listOf([], [critical('2.5.29.28', writeSequence(Uint8Array.of(0x83, 2, 6, 0x40)))]);
    expect(parseCrl(list).unsupported).toEqual(['onlySomeReasons']);
  });

  it('an extension that is not critical does not harm', () => {
    expect(parseCrl(listOf([], [writeExtension('2.999.1', writeInteger(1))])).unsupported).toEqual([]);
  });
});

describe('bytes that are no list', () => {
  const parseOrRefuse = (bytes: Uint8Array): CertificateRevocationList | null => {
    try {
      return parseCrl(bytes);
    } catch (error) {
      if (error instanceof DerError) return null;
      throw error;
    }
  };

  it('only ever give a DerError', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => parseOrRefuse(bytes) === null), { numRuns: 300 });
  });

  it('only ever give a DerError or a list when a real one was tampered with', () => {
    const { der } = ca.crl('signing', { revoked: [{ serialNumber: 99n, at: yesterday, reason: 'keyCompromise', invalidSince: yesterday }] });
    fc.assert(
      fc.property(fc.nat(der.length - 1), fc.nat(255), fc.nat(der.length), (at, to, cut) => {
        const bytes = Uint8Array.from(der);
        bytes[at] = to;
        const crl = parseOrRefuse(bytes);
        if (crl !== null) expect(crl.der).toEqual(bytes);
        expect(cut === der.length || parseOrRefuse(der.subarray(0, cut)) === null).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it('a certificate is no list', () => {
    expect(() => parseCrl(ca.root.certificate.der)).toThrow(DerError);
  });

  it('an unknown reason code is refused', () => {
    expect(() => parseCrl(listOf([entry(1n, writeExtension('2.5.29.21', writeInteger(7, tags.enumerated)))]))).toThrow(DerError);
  });
});
