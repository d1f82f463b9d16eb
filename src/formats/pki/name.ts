import { children, DerCursor, tags, type DerElement } from './der.ts';
import { readOid, readString, stringTags } from './der-values.ts';

/** One attribute of a distinguished name. */
export interface NameAttribute {
  /** Dotted OID, see `nameAttributes`. */
  readonly type: string;
  /** DER tag of the value: UTF8String, PrintableString, … */
  readonly tag: number;
  /** As written; hex with a leading # where the value is no string. */
  readonly value: string;
  /** Which RDN of the name it belongs to, from 0. */
  readonly rdn: number;
}

export interface DistinguishedName {
  readonly der: Uint8Array;
  readonly attributes: readonly NameAttribute[];
  /** The last CN, which is the most specific one. */
  readonly commonName: string | null;
  /** For people: `C=JP, O=…, CN=…` in the order of the certificate. */
  readonly text: string;
  /** Equal for names that RFC 5280 §7.1 holds equal. Made on first use. */
  readonly matchingKey: string;
}

/** Attribute types with a short name (RFC 4519, X.520). */
export const nameAttributes = {
  commonName: '2.5.4.3',
  serialNumber: '2.5.4.5',
  country: '2.5.4.6',
  locality: '2.5.4.7',
  state: '2.5.4.8',
  organization: '2.5.4.10',
  organizationalUnit: '2.5.4.11',
} as const;

const shortNames: ReadonlyMap<string, string> = new Map([
  [nameAttributes.commonName, 'CN'],
  [nameAttributes.serialNumber, 'serialNumber'],
  [nameAttributes.country, 'C'],
  [nameAttributes.locality, 'L'],
  [nameAttributes.state, 'ST'],
  [nameAttributes.organization, 'O'],
  [nameAttributes.organizationalUnit, 'OU'],
]);

/** Name of RFC 5280 §4.1.2.4. */
export function readName(element: DerElement): DistinguishedName {
  const attributes: NameAttribute[] = [];
  children(element, tags.sequence).forEach((set, rdn) => {
    const cursor = new DerCursor(set, tags.set);
    do {
      const pair = new DerCursor(cursor.next(), tags.sequence);
      const type = readOid(pair.next());
      const value = pair.next();
      pair.end();
      attributes.push({ type, tag: value.tag, value: attributeText(value), rdn });
    } while (!cursor.done);
  });
  let matchingKey: string | undefined;
  return {
    der: element.encoded,
    attributes,
    commonName: attributes.findLast(({ type }) => type === nameAttributes.commonName)?.value ?? null,
    text: attributes.map(({ type, value }) => `${shortNames.get(type) ?? type}=${value.replace(/[\\,+"<>;=]/g, '\\$&')}`).join(', '),
    get matchingKey() {
      matchingKey ??= comparable(attributes);
      return matchingKey;
    },
  };
}

function attributeText(value: DerElement): string {
  return stringTags.has(value.tag) ? readString(value) : `#${Buffer.from(value.encoded).toString('hex')}`;
}

/** Equal as RFC 5280 §7.1 compares names: same RDNs, values without regard to case, string type or width of blanks. */
export function sameName(a: DistinguishedName, b: DistinguishedName): boolean {
  if (Buffer.compare(a.der, b.der) === 0) return true;
  return a.attributes.length > 0 && a.matchingKey === b.matchingKey;
}

function comparable(attributes: readonly NameAttribute[]): string {
  const keys = attributes.map(({ rdn, type, tag, value }) =>
    JSON.stringify([rdn, type, stringTags.has(tag), value.normalize('NFKC').toLowerCase().trim().replace(/\s+/g, ' ')]),
  );
  return keys.sort().join();
}
