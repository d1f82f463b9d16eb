/** What others say about the files that the writer makes, and about files that were tampered with. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { webcrypto, X509Certificate } from 'node:crypto';
import { DOMImplementation, DOMParser, XMLSerializer } from '@xmldom/xmldom';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as xadesjs from 'xadesjs';
import { SignedXml } from 'xml-crypto';
import { describeWith, programPath } from '../../../support/machine.ts';
import { allProfiles, createSigningPeople, dispensingCsv, prescriptionCsv, signAs, type SigningPeople } from './signing-people.ts';

let people: SigningPeople;
let directory: string;
beforeAll(async () => {
  people = await createSigningPeople();
  directory = mkdtempSync(path.join(tmpdir(), 'hpki-xades-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

interface SignedFile {
  readonly xml: Buffer;
  /** Where the signature to be verified is. */
  readonly at: string;
}

const places = {
  prescription: '/Document/Prescription/PrescriptionSign/*',
  dispensing: '/Document/DispensingSign/*',
  nested: '/Document/Dispensing/ReferencePrescription/PrescriptionSign/*',
} as const;

/** Both types in every profile, with arbitrary CSV bytes; a dispensing result counts twice, for its own signature and the nested one. */
function everyFile(): readonly SignedFile[] {
  const csvs = fc.sample(fc.uint8Array({ maxLength: 3000 }), { numRuns: allProfiles.length, seed: 17090 });
  return allProfiles.flatMap((profile, index) => {
    const csv = csvs[index] ?? prescriptionCsv;
    const prescription = signAs(people.doctor, { type: 'prescription', csv }, { profile });
    const other = allProfiles[(index + 3) % allProfiles.length] ?? profile;
    const dispensing = signAs(people.pharmacist, { type: 'dispensing', csv: dispensingCsv, prescription }, { profile: other });
    return [
      { xml: prescription, at: places.prescription },
      { xml: dispensing, at: places.dispensing },
      { xml: dispensing, at: places.nested },
    ];
  });
}

describeWith(['xmlsec1'], 'xmlsec1', () => {
  let pems: readonly string[];
  beforeAll(() => {
    pems = [people.ca.root, people.ca.signing].map(({ certificate }, index) => {
      const file = path.join(directory, `ca-${index}.pem`);
      writeFileSync(file, new X509Certificate(certificate.der).toString());
      return file;
    });
  });

  const verify = (files: readonly string[], at: string): { readonly good: boolean; readonly output: string } => {
    const { status, stdout, stderr } = spawnSync(programPath('xmlsec1'), [
      '--verify', '--node-xpath', at,
      ...['PrescriptionDocument', 'Dispensing', 'DispensingDocument', 'PrescriptionManagement'].flatMap((name) => ['--id-attr:id', name]),
      ...['KeyInfo', 'SignedProperties'].flatMap((name) => ['--id-attr:Id', name]),
      '--trusted-pem', pems[0] ?? '', '--untrusted-pem', pems[1] ?? '',
      ...files,
    ], { encoding: 'utf8' });
    return { good: status === 0, output: stdout + stderr };
  };

  it('verifies every document, with the path to the root', () => {
    for (const [name, at] of Object.entries(places)) {
      const files = everyFile().filter((file) => file.at === at).map(({ xml }, index) => {
        const file = path.join(directory, `${name}-${index}.xml`);
        writeFileSync(file, xml);
        return file;
      });
      const { good, output } = verify(files, at);
      expect([good, output.match(/^OK$/gm)?.length, output.match(/SignedInfo References \(ok\/all\): 3\/3/g)?.length]).toEqual([true, files.length, files.length]);
    }
  });

  /** Changes one byte class of the signature that is at stake. */
  const tamperings: readonly (readonly [string, RegExp])[] = [
    ['the CSV', /<(?:PrescriptionDocument|DispensingDocument) [^>]*>()[^<]/g],
    ['the digest of the document', /URI="#(?:PrescriptionDocument|Dispensing)".*?<xs:DigestValue>()/gs],
    ['the digest of KeyInfo', /URI="#\w+-KeyInfo".*?<xs:DigestValue>()/gs],
    ['the digest of the signed properties', /URI="#\w+-SignedProperties".*?<xs:DigestValue>()/gs],
    ['the signature value', /<xs:SignatureValue[^>]*>.{9}()/gs],
    ['the certificate', /<xs:X509Certificate>.{400}()/gs],
    ['the signing time', /<xa:SigningTime>..()/gs],
    ['the digest of the certificate', /<xa:CertDigest>.*?<xs:DigestValue>()/gs],
    ['an Id in SignedInfo', /<xs:SignedInfo Id="\w+-Signed()/gs],
  ];
  const tamper = (xml: Buffer, pattern: RegExp, last: boolean): Buffer => {
    const text = xml.toString('latin1');
    const matches = [...text.matchAll(pattern)];
    const match = last ? matches.at(-1) : matches[0];
    if (match === undefined) throw new Error('nothing to tamper with');
    const at = match.index + match[0].length - (pattern.source.includes('()[') ? 1 : 0);
    const changed = Buffer.from(xml);
    changed[at] = text[at] === 'A' || text[at] === '2' ? 0x33 : text[at] === '0' ? 0x31 : 0x41;
    return changed;
  };

  it.each(tamperings)('and we agree that it is refused: %s', (_what, pattern) => {
    const prescription = signAs(people.doctor, { type: 'prescription', csv: prescriptionCsv });
    const dispensing = signAs(people.pharmacist, { type: 'dispensing', csv: dispensingCsv, prescription });
    for (const [xml, at, last] of [
      [prescription, places.prescription, false],
      [dispensing, places.dispensing, true],
      // The doctor's part of a dispensing result: both signatures cover it.
      [dispensing, places.nested, false],
      [dispensing, places.dispensing, false],
    ] as const) {
      const file = path.join(directory, 'tampered.xml');
      const changed = tamper(xml, pattern, last);
      writeFileSync(file, changed);
      expect(changed.equals(xml)).toBe(false);
      const report = people.verifier.verify(changed);
      expect([verify([file], at).good, report.verdict]).toEqual([false, 'INVALID']);
    }
  });

  it('and we differ about wrapping: it follows the id to wherever the signed element was moved, we insist on its place', () => {
    const prescription = signAs(people.doctor, { type: 'prescription', csv: prescriptionCsv }).toString();
    const original = /<PrescriptionDocument .*<\/PrescriptionDocument>/s.exec(prescription)?.[0] ?? '';
    const wrapped = prescription.replace(original, () => `<Moved>${original}</Moved><PrescriptionDocument id="evil">${Buffer.from('SJ1\nforged').toString('base64')}</PrescriptionDocument>`);
    const file = path.join(directory, 'wrapped.xml');
    writeFileSync(file, wrapped);
    expect([verify([file], places.prescription).good, people.verifier.verify(Buffer.from(wrapped)).verdict]).toEqual([true, 'INVALID']);
  });

  it('and we differ about a DOCTYPE: it reads the entities, we do not look at them', () => {
    const withDoctype = signAs(people.doctor, { type: 'prescription', csv: prescriptionCsv }).toString().replace('?>', '?><!DOCTYPE Document>');
    const file = path.join(directory, 'doctype.xml');
    writeFileSync(file, withDoctype);
    expect([verify([file], places.prescription).good, people.verifier.verify(Buffer.from(withDoctype)).verdict]).toEqual([true, 'INVALID']);
  });
});

describeWith(['openssl'], 'openssl', () => {
  it('reads IssuerSerialV2 as SEQUENCE { SEQUENCE { [4] { Name } }, INTEGER } (RFC 5035)', () => {
    const xml = signAs(people.doctor, { type: 'prescription', csv: prescriptionCsv }, { profile: { issuerSerialV2: true } }).toString();
    const der = Buffer.from(/<xa:IssuerSerialV2>([^<]+)</.exec(xml)?.[1] ?? '', 'base64');
    const lines = execFileSync(programPath('openssl'), ['asn1parse', '-inform', 'DER'], { input: der, encoding: 'utf8' }).trim().split('\n');
    const shape = lines.map((line) => /d=(\d+).*?(?:cons|prim):\s*(.*?)\s*(?::.*)?$/.exec(line)?.slice(1, 3).join(' '));
    expect(shape.slice(0, 4)).toEqual(['0 SEQUENCE', '1 SEQUENCE', '2 cont [ 4 ]', '3 SEQUENCE']);
    expect(shape.at(-1)).toBe('1 INTEGER');
    expect(lines.at(-1)).toContain(people.doctor.certificate.serialNumberHex.toUpperCase());
  });
});

describe('xml-crypto', () => {
  it('verifies every document', () => {
    for (const { xml, at } of everyFile()) {
      const text = xml.toString();
      const signature = signatureText(text, at);
      const person = at === places.dispensing ? people.pharmacist : people.doctor;
      const verifier = new SignedXml({ publicCert: new X509Certificate(person.certificate.der).toString() });
      verifier.loadSignature(signature);
      expect(verifier.checkSignature(text)).toBe(true);
    }
  });
});

describe('xadesjs', () => {
  beforeAll(() => {
    xadesjs.setNodeDependencies({ DOMParser, XMLSerializer, DOMImplementation } as never);
    xadesjs.Application.setEngine('platform', webcrypto);
  });

  it('verifies every document', async () => {
    for (const { xml, at } of everyFile()) {
      // Its types are those of a browser's DOM, which this project does not have; at run time it takes xmldom's.
      const document = new DOMParser().parseFromString(xml.toString(), 'text/xml');
      const signatures = document.getElementsByTagNameNS('http://www.w3.org/2000/09/xmldsig#', 'Signature');
      const index = at === places.dispensing ? 1 : 0;
      const element = signatures[index];
      if (element === undefined) throw new Error('no signature');
      const signed = new xadesjs.SignedXml(document);
      signed.LoadXml(element);
      expect(await signed.Verify()).toBe(true);
    }
  });
});

function signatureText(xml: string, at: string): string {
  const signatures = xml.match(/<xs:Signature .*?<\/xs:Signature>/gs) ?? [];
  return (at === places.dispensing ? signatures[1] : signatures[0]) ?? '';
}
