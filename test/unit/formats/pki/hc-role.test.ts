import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DerError, readDer, tags, type DerElement } from '../../../../src/formats/pki/der.ts';
import { retag, writeElement, writeExplicit, writeOid, writeSequence, writeSetOf, writeString } from '../../../../src/formats/pki/der-writer.ts';
import {
  allowedRole,
  describeRoles,
  hcRoleAttribute,
  hpkiRoles,
  hpkiRoleScheme,
  readHcRoles,
  rolesAllowedFor,
  writeHcRoles,
  type HcActor,
} from '../../../../src/formats/pki/hc-role.ts';

// Extension values of real certificates.
const doctorHex =
  '303430320606288185420001312831263024A0223120A00C060A2A830886910F01060101A2100C0E4D65646963616C20446F63746F72';
const pharmacistHex =
  '3030302E0606288185420001312431223020A01E311CA00C060A2A830886910F01060101A20C0C0A506861726D6163697374';

const element = (bytes: Uint8Array): DerElement => readDer(bytes, 65_536);
const read = (bytes: Uint8Array): readonly HcActor[] => readHcRoles(element(bytes));
const fromHex = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex').toUpperCase();

/** subjectDirectoryAttributes around what stands in CodedData. */
const around = (...codedData: readonly Uint8Array[]): Uint8Array =>
  writeSequence(
    writeSequence(
      writeOid(hcRoleAttribute),
      writeSetOf([writeSetOf([writeSequence(writeExplicit(0, writeElement(tags.set, ...codedData)))])]),
    ),
  );
const scheme = writeExplicit(0, writeOid(hpkiRoleScheme));
const text = (role: string): Uint8Array => writeExplicit(2, writeString(tags.utf8String, role));

describe('hcRole as real certificates have it', () => {
  it.each([
    ['Medical Doctor', doctorHex],
    ['Pharmacist', pharmacistHex],
  ])('%s is read', (role, bytes) => {
    expect(read(fromHex(bytes))).toEqual([
      { codingScheme: hpkiRoleScheme, codeDataValue: null, codeDataFreeText: role, regional: false },
    ]);
  });

  it.each([
    ['Medical Doctor', doctorHex],
    ['Pharmacist', pharmacistHex],
  ])('%s is written byte for byte', (role, bytes) => {
    expect(hex(writeHcRoles([{ role }]))).toBe(bytes);
  });
});

describe('which role counts', () => {
  it('a doctor or a dentist signs a prescription, a pharmacist a dispensing result', () => {
    expect(rolesAllowedFor('prescription')).toEqual(['Medical Doctor', 'Dentist']);
    expect(rolesAllowedFor('dispensing')).toEqual(['Pharmacist']);
    expect(allowedRole(read(fromHex(doctorHex)), 'prescription')).toBe('Medical Doctor');
    expect(allowedRole(read(fromHex(doctorHex)), 'dispensing')).toBeNull();
    expect(allowedRole(read(fromHex(pharmacistHex)), 'prescription')).toBeNull();
    expect(allowedRole(read(fromHex(pharmacistHex)), 'dispensing')).toBe('Pharmacist');
  });

  it('two licences in one certificate both count, and both are shown', () => {
    const actors = read(writeHcRoles([{ role: 'Medical Doctor' }, { role: 'Pharmacist' }]));
    expect(hpkiRoles(actors).toSorted()).toEqual(['Medical Doctor', 'Pharmacist']);
    expect(allowedRole(actors, 'prescription')).toBe('Medical Doctor');
    expect(allowedRole(actors, 'dispensing')).toBe('Pharmacist');
    expect(describeRoles(actors)?.split(', ').toSorted()).toEqual(['Medical Doctor', 'Pharmacist']);
  });

  it('the same word in another coding scheme is no role', () => {
    const actors = read(writeHcRoles([{ role: 'Medical Doctor', codingScheme: '1.2.392.100495.1.6.9.9' }]));
    expect(actors).toHaveLength(1);
    expect(hpkiRoles(actors)).toEqual([]);
    expect(allowedRole(actors, 'prescription')).toBeNull();
  });

  it('a code beside the text is legal and does not change the role', () => {
    const actors = read(writeHcRoles([{ role: 'Medical Doctor', codeDataValue: '1' }]));
    expect(actors[0]?.codeDataValue).toBe('1');
    expect(allowedRole(actors, 'prescription')).toBe('Medical Doctor');
  });

  it('a code without a text names no role', () => {
    const actors = read(around(scheme, writeExplicit(1, writeString(tags.numericString, '1'))));
    expect(actors[0]?.codeDataFreeText).toBeNull();
    expect(describeRoles(actors)).toBeNull();
  });

  it('no attribute of this type means no role', () => {
    const dateOfBirth = writeSequence(writeOid('1.3.6.1.5.5.7.9.1'), writeSetOf([writeString(tags.generalizedTime, '19700101120000Z')]));
    expect(read(writeSequence(dateOfBirth))).toEqual([]);
    expect(describeRoles([])).toBeNull();
  });

  it.each(['medical doctor', 'Medical Doctor ', ' Medical Doctor', 'Medical\u00a0Doctor', '\ufeffMedical Doctor', 'Medical Doctor\u0000', 'Ｍedical Doctor'])(
    'nothing but the exact string is the role: %j',
    (role) => {
      expect(allowedRole(read(writeHcRoles([{ role }])), 'prescription')).toBeNull();
    },
  );

  it('any other string is no role either', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (role) => {
        fc.pre(role !== 'Medical Doctor' && role !== 'Dentist' && role.isWellFormed());
        const actors = read(writeHcRoles([{ role }]));
        expect(hpkiRoles(actors)).toEqual([role]);
        expect(allowedRole(actors, 'prescription')).toBeNull();
      }),
    );
  });
});

describe('HCActorData that is not as ISO 17090 has it', () => {
  it.each<[string, Uint8Array]>([
    ['no coding scheme', around(text('Medical Doctor'))],
    ['two texts', around(scheme, text('Pharmacist'), text('Medical Doctor'))],
    ['an unknown member', around(scheme, text('Medical Doctor'), writeExplicit(3, writeOid('1.2.3')))],
    ['a text that is no UTF8String', around(scheme, writeExplicit(2, writeString(tags.printableString, 'Medical Doctor')))],
    ['a text that is no UTF-8', around(scheme, writeExplicit(2, writeElement(tags.utf8String, Uint8Array.of(0xff))))],
    ['one SET instead of two', writeSequence(writeSequence(writeOid(hcRoleAttribute), writeSetOf([writeSequence()])))],
    ['a SEQUENCE for CodedData', Uint8Array.from(Buffer.from(doctorHex.replace('A0223120', 'A0223020'), 'hex'))],
    ['something after the actor', around(scheme, retag(tags.octetString, text('Medical Doctor')))],
  ])('is refused: %s', (_, bytes) => {
    expect(() => read(bytes)).toThrow(DerError);
  });

  it('regionalHCActorData is noted and not read', () => {
    const actor = writeSequence(
      writeExplicit(0, writeElement(tags.set, scheme, text('Pharmacist'))),
      writeExplicit(1, Uint8Array.of(0xff, 0xff)),
    );
    const bytes = writeSequence(writeSequence(writeOid(hcRoleAttribute), writeSetOf([writeSetOf([actor])])));
    expect(read(bytes)).toEqual([
      { codingScheme: hpkiRoleScheme, codeDataValue: null, codeDataFreeText: 'Pharmacist', regional: true },
    ]);
  });
});
