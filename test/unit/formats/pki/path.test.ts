import { sign } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseCertificate, type Certificate } from '../../../../src/formats/pki/certificate.ts';
import type { CertificateCheckId } from '../../../../src/formats/pki/check.ts';
import type { Verdict } from '../../../../src/formats/verdict.ts';
import { writeBitString, writeExplicit, writeSequence } from '../../../../src/formats/pki/der-writer.ts';
import { validatePath, type PathQuestion, type PathResult } from '../../../../src/formats/pki/path.ts';
import { signingPolicy } from '../../../../src/formats/pki/policies.ts';
import { jstMidnight } from '../../../../src/sandbox/ca/jst-midnight.ts';
import { createTestCa, type IssuedCertificate, type TestCa } from '../../../../src/sandbox/ca/test-ca.ts';
import {
  basicConstraints,
  issuerKeyIdentifier,
  issuerOf,
  keyUsage,
  subjectKeyIdentifier,
  writeCertificate,
  writeExtension,
  type CertifiedKey,
} from '../../../../src/sandbox/ca/test-certificate.ts';
import { generateTestKey, type TestKey } from '../../../../src/sandbox/ca/test-keys.ts';
import { writePersonName } from '../../../../src/sandbox/ca/test-names.ts';

const now = new Date('2026-06-02T03:00:00Z');
const hour = 3_600_000;
let ca: TestCa;
let key: TestKey;
let doctor: IssuedCertificate;

beforeAll(async () => {
  [ca, key] = await Promise.all([createTestCa({ now }), generateTestKey()]);
  doctor = await ca.issue({ kind: 'signing', role: 'Medical Doctor', commonName: 'TEST Taro' }, key);
});

/** The whole, good question, but for what a test changes. */
function ask(changes: Partial<PathQuestion> = {}): PathResult {
  return validatePath({
    certificate: doctor.certificate,
    chain: [ca.signing.certificate],
    anchors: { certificates: [ca.root.certificate], fingerprints: new Set() },
    crls: ca.crls(),
    at: now,
    requireKeyUsage: 'nonRepudiation',
    requirePolicies: [signingPolicy],
    ...changes,
  });
}

/** Checks that are not VALID, by id. */
const complaints = (result: PathResult): Partial<Record<CertificateCheckId, Verdict>> =>
  Object.fromEntries(result.checks.filter(({ verdict }) => verdict !== 'VALID').map(({ id, verdict }) => [id, verdict]));

/** An authority below another, as a test wants it. */
function authority(issuer: CertifiedKey, name: string, key: TestKey, extensions: readonly Uint8Array[]): CertifiedKey {
  const certificate = writeCertificate(
    {
      subject: writePersonName({ commonName: `TEST ${name}` }),
      publicKey: key.publicKey,
      notBefore: jstMidnight(now, -1),
      notAfter: jstMidnight(now, 1),
      extensions: [issuerKeyIdentifier(issuer), subjectKeyIdentifier(key.publicKey), ...extensions],
    },
    issuerOf(issuer),
  );
  return { certificate, privateKey: key.privateKey };
}

const person = (issuer: CertifiedKey, extensions: readonly Uint8Array[] = []): Certificate =>
  writeCertificate(
    {
      subject: writePersonName({ commonName: 'TEST Person' }),
      publicKey: key.publicKey,
      notBefore: jstMidnight(now, -1),
      notAfter: jstMidnight(now, 1),
      extensions: [issuerKeyIdentifier(issuer), keyUsage(['nonRepudiation']), ...extensions],
    },
    issuerOf(issuer),
  );

describe('a good path', () => {
  it('is VALID, with the path and one check of each kind', () => {
    const result = ask();
    expect(result.verdict).toBe('VALID');
    expect(result.path.map(({ sha256 }) => sha256)).toEqual(
      [doctor.certificate, ca.signing.certificate, ca.root.certificate].map(({ sha256 }) => sha256),
    );
    expect(result.anchor?.sha256).toBe(ca.root.certificate.sha256);
    expect(result.checks.map(({ id }) => id)).toEqual([
      'certificate.path', 'certificate.validity', 'certificate.algorithm', 'certificate.extensions',
      'certificate.keyUsage', 'certificate.policy', 'certificate.revocation',
    ]);
  });

  it('may end at a root that is found in the chain and known by its fingerprint', () => {
    const anchors = { certificates: [], fingerprints: new Set([ca.root.certificate.sha256]) };
    expect(ask({ anchors, chain: [ca.signing.certificate, ca.root.certificate] }).verdict).toBe('VALID');
    expect(complaints(ask({ anchors }))).toEqual({ 'certificate.path': 'INDETERMINATE', 'certificate.revocation': 'INDETERMINATE' });
  });

  it('may end at an authority in between that the caller trusts', () => {
    const result = ask({ anchors: { certificates: [ca.signing.certificate], fingerprints: new Set() }, chain: [] });
    expect(result.verdict).toBe('VALID');
    expect(result.path).toHaveLength(2);
  });

  it('is found whatever else lies in the chain, in any order', async () => {
    const impostor = await createTestCa({ now });
    const pile = [...ca.certificates, ...impostor.certificates, doctor.certificate];
    fc.assert(
      fc.property(fc.shuffledSubarray(pile), (chain) => {
        expect(ask({ chain: [...chain, ca.signing.certificate] }).verdict).toBe('VALID');
      }),
      { numRuns: 30 },
    );
  });

  it('is said in Japanese and English', () => {
    for (const { title, reason } of ask({ crls: [] }).checks) {
      expect(title.ja).toMatch(/[ぁ-んァ-ヶ一-龠]/);
      expect(reason.ja).toMatch(/。$/);
      expect(title.en).toMatch(/^[A-Z]/);
      expect(reason.en).toMatch(/\.$/);
    }
  });
});

describe('what is missing is INDETERMINATE', () => {
  it('the issuer', () => {
    const result = ask({ chain: [] });
    expect(complaints(result)).toEqual({ 'certificate.path': 'INDETERMINATE', 'certificate.revocation': 'INDETERMINATE' });
    expect(result.anchor).toBeNull();
  });

  it('trust in the root', () => {
    const result = ask({ anchors: { certificates: [], fingerprints: new Set() }, chain: ca.certificates });
    expect(result.verdict).toBe('INDETERMINATE');
    expect(result.checks[0]?.reason.en).toContain('not registered as trusted');
  });

  it('all revocation lists, or that of one authority', () => {
    const [signingList, , rootList] = ca.crls();
    expect(complaints(ask({ crls: [] }))).toEqual({ 'certificate.revocation': 'INDETERMINATE' });
    expect(complaints(ask({ crls: signingList === undefined ? [] : [signingList] }))).toEqual({ 'certificate.revocation': 'INDETERMINATE' });
    expect(complaints(ask({ crls: rootList === undefined ? [] : [rootList] }))).toEqual({ 'certificate.revocation': 'INDETERMINATE' });
  });

  it('a certificate does not become its own anchor', () => {
    const anchors = { certificates: [doctor.certificate], fingerprints: new Set([doctor.certificate.sha256]) };
    expect(ask({ anchors, chain: [] }).verdict).toBe('INDETERMINATE');
  });
});

describe('time', () => {
  it('both ends of the validity belong to it', () => {
    const crls: PathQuestion['crls'] = [];
    const validity = (at: Date): Verdict | undefined => complaints(ask({ at, crls }))['certificate.validity'];
    const { notBefore, notAfter } = doctor.certificate;
    expect(validity(notBefore)).toBeUndefined();
    expect(validity(new Date(notBefore.getTime() - 1))).toBe('INVALID');
    expect(validity(notAfter)).toBeUndefined();
    expect(validity(new Date(notAfter.getTime() + 1000))).toBe('INVALID');
  });

  it('an authority that expired makes the path INVALID', () => {
    expect(ask({ at: new Date('2050-01-01T00:00:00Z') }).checks.filter(({ id }) => id === 'certificate.validity')).toHaveLength(3);
  });
});

describe('signatures', () => {
  it('a changed certificate is INVALID', () => {
    const { tbs, signatureAlgorithmDer } = doctor.certificate;
    const changed = Buffer.from(tbs);
    changed.write('TEST Zero', changed.indexOf('TEST Taro'));
    const forged = parseCertificate(writeSequence(changed, signatureAlgorithmDer, writeBitString(doctor.certificate.signature)));
    expect(complaints(ask({ certificate: forged }))['certificate.path']).toBe('INVALID');
  });

  it('a certificate that a doctor “issued” with a signing key is INVALID', () => {
    const child = person({ certificate: doctor.certificate, privateKey: key.privateKey });
    const result = ask({ certificate: child, chain: [doctor.certificate, ca.signing.certificate] });
    expect(complaints(result)['certificate.path']).toBe('INVALID');
    expect(result.checks[0]?.reason.en).toContain('may issue certificates');
  });

  it('no change of a single bit of the signed part or the signature is VALID', () => {
    const { der } = doctor.certificate;
    fc.assert(
      fc.property(fc.nat(der.length * 8 - 1), (bit) => {
        const bytes = Uint8Array.from(der);
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        let certificate: Certificate;
        try {
          certificate = parseCertificate(bytes);
        } catch {
          return;
        }
        expect(ask({ certificate }).verdict).not.toBe('VALID');
      }),
      { numRuns: 300 },
    );
  });
});

describe('authorities', () => {
  let other: TestKey;
  beforeAll(async () => {
    other = await generateTestKey();
  });
  const below = (ca1: CertifiedKey, ...more: readonly CertifiedKey[]): PathResult => {
    const lowest = more.at(-1) ?? ca1;
    return validatePath({
      certificate: person(lowest),
      chain: [ca1, ...more].map(({ certificate }) => certificate),
      anchors: { certificates: [ca.root.certificate], fingerprints: new Set() },
      crls: [],
      at: now,
    });
  };
  const path = (result: PathResult): Verdict | undefined => complaints(result)['certificate.path'];

  it('without basicConstraints, or with cA FALSE, are none', () => {
    expect(path(below(authority(ca.root, 'A', other, [keyUsage(['keyCertSign'])])))).toBe('INVALID');
    expect(path(below(authority(ca.root, 'A', other, [keyUsage(['keyCertSign']), basicConstraints(false)])))).toBe('INVALID');
    expect(path(below(authority(ca.root, 'A', other, [keyUsage(['keyCertSign']), basicConstraints(true)])))).toBeUndefined();
  });

  it('without keyCertSign are none', () => {
    expect(path(below(authority(ca.root, 'A', other, [keyUsage(['cRLSign', 'digitalSignature']), basicConstraints(true)])))).toBe('INVALID');
  });

  it('under name constraints are refused: these are not evaluated, and passing them over would widen what the authority may do', async () => {
    const key = await generateTestKey();
    // Permits nobody but a directory name that no person here has; critical or not makes no difference.
    const constraints = writeSequence(writeExplicit(0, writeSequence(writeExplicit(4, writePersonName({ commonName: 'TEST Nobody' })))));
    for (const critical of [true, false]) {
      const constrained = authority(ca.root, 'Constrained', key, [basicConstraints(true), keyUsage(['keyCertSign', 'cRLSign']), writeExtension('2.5.29.30', constraints, critical)]);
      expect(complaints(ask({ certificate: person(constrained), chain: [constrained.certificate] }))).toMatchObject({ 'certificate.extensions': 'INVALID' });
    }
  });

  it('keep to the number of authorities that one above them allows', () => {
    const signer = keyUsage(['keyCertSign']);
    const zero = authority(ca.root, 'A', other, [signer, basicConstraints(true, 0)]);
    const one = authority(ca.root, 'A', other, [signer, basicConstraints(true, 1)]);
    expect(path(below(zero))).toBeUndefined();
    expect(path(below(zero, authority(zero, 'B', key, [signer, basicConstraints(true)])))).toBe('INVALID');
    expect(path(below(one, authority(one, 'B', key, [signer, basicConstraints(true)])))).toBeUndefined();
  });

  it('that certify one another in a tangle do not keep a verifier busy for ever', () => {
    const signer = keyUsage(['keyCertSign']);
    const tangle: CertifiedKey[] = [];
    for (let i = 0; i < 6; i += 1) {
      for (let j = 0; j < 6; j += 1) {
        const above: CertifiedKey = authority(ca.root, `N${i}`, other, [signer, basicConstraints(true)]);
        tangle.push(authority(above, `N${j}`, other, [signer, basicConstraints(true)]));
      }
    }
    let verified = 0;
    const [lowest] = tangle;
    const result = validatePath(
      {
        certificate: person(lowest ?? ca.root),
        chain: tangle.map(({ certificate }) => certificate),
        anchors: { certificates: [], fingerprints: new Set() },
        crls: [],
        at: now,
      },
      () => {
        verified += 1;
        return 'good';
      },
    );
    expect(result.verdict).toBe('INDETERMINATE');
    expect(verified).toBeLessThan(5_000);
  });
});

describe('algorithms', () => {
  it('SHA-1 on an authority’s certificate is refused, on the anchor it does not matter', () => {
    const content = (issuer: CertifiedKey): Parameters<typeof writeCertificate>[0] => ({
      subject: ca.signing.certificate.subjectDer,
      publicKey: ca.signing.certificate.publicKey,
      notBefore: jstMidnight(now, -1),
      notAfter: jstMidnight(now, 1),
      hash: 'sha1',
      extensions: [
        issuerKeyIdentifier(issuer),
        subjectKeyIdentifier(ca.signing.certificate.publicKey),
        basicConstraints(true),
        keyUsage(['keyCertSign', 'cRLSign']),
      ],
    });
    const weak = writeCertificate(content(ca.root), issuerOf(ca.root));
    expect(complaints(ask({ chain: [weak] }))).toMatchObject({ 'certificate.path': 'INVALID', 'certificate.algorithm': 'INVALID' });
    const result = ask({ chain: [], anchors: { certificates: [weak], fingerprints: new Set() } });
    expect(result.verdict).toBe('VALID');
  });

  it('RSA keys that are too small, absurdly large or have a trivial exponent are refused', async () => {
    const { isAcceptedKey } = await import('../../../../src/formats/pki/signed-data.ts');
    const rsa = (bits: number, exponent: readonly number[]): boolean =>
      isAcceptedKey({ kind: 'rsa', bits, modulus: new Uint8Array(bits / 8), exponent: Uint8Array.from(exponent) });
    expect(rsa(2048, [1, 0, 1])).toBe(true);
    expect(rsa(4096, [3])).toBe(true);
    expect(rsa(2040, [1, 0, 1])).toBe(false);
    expect(rsa(16_384, [1, 0, 1])).toBe(false);
    expect(rsa(2048, [1])).toBe(false);
    expect(rsa(2048, [2])).toBe(false);
    expect(rsa(2048, [1, 0, 0, 0, 1])).toBe(false);
  });
});

describe('revocation', () => {
  const revokedAt = (at: Date, more: object = {}): PathQuestion['crls'] =>
    ca.crls([{ serialNumber: doctor.certificate.serialNumber, at, ...more }]);
  const revocation = (changes: Partial<PathQuestion>): Verdict | undefined => complaints(ask(changes))['certificate.revocation'];

  it('counts from its date on', () => {
    expect(revocation({ crls: revokedAt(new Date(now.getTime() - hour)) })).toBe('INVALID');
    expect(revocation({ crls: revokedAt(now) })).toBe('INVALID');
    expect(revocation({ crls: revokedAt(new Date(now.getTime() + 1000)) })).toBeUndefined();
  });

  it('of a key that was lost earlier leaves the time before it in doubt', () => {
    const later = new Date(now.getTime() + hour);
    expect(revocation({ crls: revokedAt(later, { invalidSince: new Date(now.getTime() - hour) }) })).toBe('INDETERMINATE');
    expect(revocation({ crls: revokedAt(later, { invalidSince: later }) })).toBeUndefined();
  });

  it('stays known from a list that is out of date', () => {
    const old = ca.crl('signing', {
      thisUpdate: new Date('2026-01-01T00:00:00Z'),
      revoked: [{ serialNumber: doctor.certificate.serialNumber, at: new Date('2025-12-31T00:00:00Z') }],
    });
    expect(revocation({ crls: [old, ca.crl('root')] })).toBe('INVALID');
    expect(revocation({ crls: [...ca.crls(), old] })).toBe('INVALID');
  });

  it('of the authority makes everything below it INVALID', () => {
    const crls = [ca.crl('signing'), ca.crl('root', { revoked: [{ serialNumber: ca.signing.certificate.serialNumber, at: jstMidnight(now) }] })];
    expect(revocation({ crls })).toBe('INVALID');
  });

  it.each<[string, () => PathQuestion['crls'][number]]>([
    ['a list out of date', () => ca.crl('signing', { thisUpdate: new Date(now.getTime() - 97 * hour) })],
    ['a list without an end', () => ca.crl('signing', { nextUpdate: null })],
    ['a delta list', () => ca.crl('signing', { deltaOf: 1n })],
    ['a list for authorities only', () => ca.crl('signing', { only: 'ca' })],
    ['a part of the list that the certificate does not point to', () => ca.crl('signing', { distributionPoint: 'http://elsewhere.example/' })],
    ['a list signed with SHA-1', () => ca.crl('signing', { hash: 'sha1' })],
    ['another authority’s list', () => ca.crl('authentication')],
    ['a list issued after the certificate’s end, which may have dropped it', () =>
      ca.crl('signing', { thisUpdate: new Date(doctor.certificate.notAfter.getTime() + hour) })],
  ])('cannot be told from %s', (_, list) => {
    expect(revocation({ crls: [list(), ca.crl('root')] })).toBe('INDETERMINATE');
  });

  it('can be told from the part of the list that the certificate points to', () => {
    const list = ca.crl('signing', { only: 'user', distributionPoint: 'http://hpki-sandbox.example/signing.crl' });
    expect(revocation({ crls: [list, ca.crl('root')] })).toBeUndefined();
  });

  it('is not believed from a list that somebody else signed in the authority’s name', async () => {
    const impostor = await createTestCa({ now });
    const forged = impostor.crl('signing', { revoked: [{ serialNumber: doctor.certificate.serialNumber, at: jstMidnight(now) }] });
    expect(revocation({ crls: [forged, ...ca.crls()] })).toBeUndefined();
    expect(revocation({ crls: [forged, ca.crl('root')] })).toBe('INDETERMINATE');
  });
});

describe('what the end entity must have', () => {
  it('a key usage, when one is asked for, even where the extension is missing', () => {
    const bare = writeCertificate(
      { subject: writePersonName({ commonName: 'TEST Bare' }), publicKey: key.publicKey, notBefore: jstMidnight(now, -1), notAfter: jstMidnight(now, 1), extensions: [] },
      issuerOf(ca.signing),
    );
    const question = { certificate: bare, crls: ca.crls() };
    expect(complaints(ask(question))['certificate.keyUsage']).toBe('INVALID');
    expect(complaints(ask(question))['certificate.policy']).toBe('INVALID');
  });

  it('the extended key usage that is asked for', () => {
    expect(complaints(ask({ requireExtendedKeyUsage: '1.3.6.1.5.5.7.3.8' }))['certificate.keyUsage']).toBe('INVALID');
  });
});

describe('elliptic curves', () => {
  it('an authority on P-256 is as good as one with RSA', async () => {
    const { generateKeyPairSync } = await import('node:crypto');
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const signer = authority(ca.root, 'EC', ec, [keyUsage(['keyCertSign', 'cRLSign']), basicConstraints(true)]);
    const unsigned = person(ca.signing);
    const ecdsaWithSha256 = writeSequence(Uint8Array.from([0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2]));
    const swap = (bytes: Uint8Array, from: Uint8Array, to: Uint8Array): Buffer => {
      const at = Buffer.from(bytes).indexOf(from);
      return Buffer.concat([bytes.subarray(0, at), to, bytes.subarray(at + from.length)]);
    };
    const inner = swap(swap(unsigned.tbs.subarray(4), unsigned.signatureAlgorithmDer, ecdsaWithSha256), unsigned.issuerDer, signer.certificate.subjectDer);
    const tbs = writeSequence(inner);
    const certificate = parseCertificate(writeSequence(tbs, ecdsaWithSha256, writeBitString(sign('sha256', tbs, ec.privateKey))));
    const result = ask({ certificate, chain: [signer.certificate] });
    expect(complaints(result)['certificate.path']).toBeUndefined();
    expect(complaints(result)['certificate.algorithm']).toBeUndefined();
  });
});
