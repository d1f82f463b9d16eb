import { tags } from '../../formats/pki/der.ts';
import { writeElement, writeOid, writeSequence, writeString } from '../../formats/pki/der-writer.ts';
import { nameAttributes } from '../../formats/pki/name.ts';

/** Names of the test CA. All of them say that they are for tests; none is the name of a real authority. */

type Attribute = readonly [type: keyof typeof nameAttributes, value: string];

const rootName: readonly Attribute[] = [
  ['country', 'JP'],
  ['organization', 'TEST Ministry of Sandbox'],
  ['organizationalUnit', 'TEST Director-General for Examples'],
  ['organizationalUnit', 'TEST HPKI Root CA V2'],
];

const caName = (commonName: string): readonly Attribute[] => [
  ['country', 'JP'],
  ['organization', 'TEST'],
  ['organizationalUnit', 'TEST HPKI CA'],
  ['commonName', commonName],
];

/** C and serialNumber are PrintableString, the rest UTF8String, as HPKI's CAs encode them. */
export function writeName(attributes: readonly Attribute[]): Uint8Array {
  const rdns = attributes.map(([type, value]) => {
    const tag = type === 'country' || type === 'serialNumber' ? tags.printableString : tags.utf8String;
    return writeElement(tags.set, writeSequence(writeOid(nameAttributes[type]), writeString(tag, value)));
  });
  return writeSequence(...rdns);
}

export const testCaNames = {
  root: writeName(rootName),
  signing: writeName(caName('HPKI-01-TestSignCA2-forNonRepudiation')),
  authentication: writeName(caName('HPKI-01-TestAuthCA2-forAuthentication-forIndividual')),
} as const;

const jpkiName = (unit: string): readonly Attribute[] => [
  ['country', 'JP'],
  ['organization', 'TEST JPKI'],
  ['organizationalUnit', unit],
  ['organizationalUnit', 'TEST Agency for Local Authority Examples'],
];

export const testJpkiNames = {
  authentication: writeName(jpkiName('TEST JPKI for user authentication')),
  signing: writeName(jpkiName('TEST JPKI for digital signature')),
} as const;

/** Subject of a My Number card's certificate: a number that the authority gives, and nobody's name. */
export const writeHolderNumber = (number: string): Uint8Array => writeName([['country', 'JP'], ['commonName', asTestName(number)]]);

export interface PersonName {
  readonly commonName: string;
  readonly organization?: string;
  /** serialNumber attribute of the subject: the licence or registration number. */
  readonly registration?: string;
}

/** Subject in HPKI's order: C, [O], CN, serialNumber. */
export function writePersonName({ commonName, organization, registration = 'TEST0001' }: PersonName): Uint8Array {
  return writeName([
    ['country', 'JP'],
    ...(organization === undefined ? [] : [['organization', organization] as const]),
    ['commonName', asTestName(commonName)],
    ['serialNumber', registration],
  ]);
}

/** The name in kanji, for subjectAltName. */
export const writeKanjiName = (kanjiName: string): Uint8Array =>
  writeName([['country', 'JP'], ['commonName', asTestName(kanjiName)]]);

/** Puts a mark before a name that has none, so that a test certificate can never pass for a person's own. */
export function asTestName(name: string): string {
  if (/test|テスト/i.test(name)) return name;
  return /^[\x20-\x7e]*$/.test(name) ? `TEST ${name}` : `テスト\u3000${name}`;
}
