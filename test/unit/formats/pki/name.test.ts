import { describe, expect, it } from 'vitest';
import { readDer, tags } from '../../../../src/formats/pki/der.ts';
import { writeElement, writeOid, writeSequence, writeSetOf, writeString } from '../../../../src/formats/pki/der-writer.ts';
import { knownAnchors, knownRootFingerprints } from '../../../../src/formats/pki/known-anchors.ts';
import { nameAttributes, readName, sameName, type DistinguishedName } from '../../../../src/formats/pki/name.ts';

const attribute = (type: keyof typeof nameAttributes, value: string, tag: number = tags.utf8String): Uint8Array =>
  writeSequence(writeOid(nameAttributes[type]), writeString(tag, value));
const rdn = (...attributes: readonly Uint8Array[]): Uint8Array => writeSetOf(attributes);
const name = (...rdns: readonly Uint8Array[]): DistinguishedName => readName(readDer(writeSequence(...rdns), 4096));

const japan = rdn(attribute('country', 'JP', tags.printableString));

describe('names', () => {
  it('are equal whatever the case, the string type and the width of blanks', () => {
    const one = name(japan, rdn(attribute('organization', 'Test  Clinic', tags.printableString)));
    const other = name(japan, rdn(attribute('organization', 'TEST clinic ')));
    expect(sameName(one, other)).toBe(true);
  });

  it.each<[string, DistinguishedName, DistinguishedName]>([
    ['another value', name(japan, rdn(attribute('organization', 'Test'))), name(japan, rdn(attribute('organization', 'Tests')))],
    ['another type', name(japan, rdn(attribute('organization', 'Test'))), name(japan, rdn(attribute('commonName', 'Test')))],
    ['another order', name(japan, rdn(attribute('organization', 'A'))), name(rdn(attribute('organization', 'A')), japan)],
    ['an attribute more', name(japan), name(japan, rdn(attribute('organization', 'A')))],
    ['one RDN in place of two', name(rdn(attribute('commonName', 'A'), attribute('organization', 'B'))), name(rdn(attribute('commonName', 'A')), rdn(attribute('organization', 'B')))],
    ['a value that only looks like the hex of another', name(rdn(attribute('commonName', '#0500'))), name(rdn(writeSequence(writeOid(nameAttributes.commonName), writeElement(tags.null))))],
  ])('differ by %s', (_, a, b) => {
    expect(sameName(a, b)).toBe(false);
    expect(sameName(b, a)).toBe(false);
  });

  it('are shown so that a comma in a value does not look like another attribute', () => {
    expect(name(rdn(attribute('commonName', 'A, O=B'))).text).toBe('CN=A\\, O\\=B');
  });

  it('give the last CN, which is the most specific one', () => {
    expect(name(rdn(attribute('commonName', 'A')), rdn(attribute('commonName', 'B'))).commonName).toBe('B');
  });
});

describe('known anchors', () => {
  it('are SHA-256 fingerprints, of which only roots are trusted', () => {
    for (const { sha256 } of knownAnchors) expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    expect([...knownRootFingerprints]).toEqual(['6ed2796b1b101736d952185787cb36da9ce80522cc8cb7b5ce728b61be1b674c']);
  });
});
