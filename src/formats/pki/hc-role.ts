import type { DocumentType } from '../prescription/document.ts';
import { children, contextConstructed, DerCursor, DerError, tags, unwrap, type DerElement } from './der.ts';
import { readOid, readString } from './der-values.ts';
import { writeExplicit, writeOid, writeSequence, writeSetOf, writeString } from './der-writer.ts';

/** Attribute type of HCActorData inside subjectDirectoryAttributes (ISO 17090-2). */
export const hcRoleAttribute = '1.0.17090.0.1';
/** The coding scheme of the ministry's licences. Roles of any other scheme mean something else. */
export const hpkiRoleScheme = '1.2.392.100495.1.6.1.1';

/** One HCActor. A role counts only with its scheme. */
export interface HcActor {
  readonly codingScheme: string;
  /** A number of the scheme; legal beside the text, and not evaluated. */
  readonly codeDataValue: string | null;
  /** The role as written, `Medical Doctor` for instance. */
  readonly codeDataFreeText: string | null;
  /** regionalHCActorData is there; nobody defines its content for Japan, so it is not read. */
  readonly regional: boolean;
}

export const medicalDoctor = 'Medical Doctor';
export const pharmacist = 'Pharmacist';
/** Not seen in a published certificate: the spelling is that of the ministry's list of licences as remembered [M]. */
export const dentist = 'Dentist';

/**
 * Licences that may sign a document, as the certificate writes them.
 * SECURITY: a pharmacist's card must not sign a prescription (test/unit/formats/pki/hc-role.test.ts).
 */
export function rolesAllowedFor(documentType: DocumentType): readonly string[] {
  switch (documentType) {
    case 'prescription':
      return [medicalDoctor, dentist];
    case 'dispensing':
      return [pharmacist];
  }
}

/**
 * Roles that the certificate states in HPKI's coding scheme, in its order. Several are legal (two licences);
 * none is legal too (staff without a licence). Compared by exact string: `medical doctor` is no role.
 */
export function hpkiRoles(actors: readonly HcActor[]): readonly string[] {
  return actors.flatMap(({ codingScheme, codeDataFreeText }) =>
    codingScheme === hpkiRoleScheme && codeDataFreeText !== null ? [codeDataFreeText] : [],
  );
}

/** The role that lets this certificate sign the document, or null. */
export function allowedRole(actors: readonly HcActor[], documentType: DocumentType): string | null {
  const allowed = rolesAllowedFor(documentType);
  return hpkiRoles(actors).find((role) => allowed.includes(role)) ?? null;
}

/** Roles for people, as written; null where the certificate has none. */
export function describeRoles(actors: readonly HcActor[]): string | null {
  const roles = hpkiRoles(actors);
  return roles.length === 0 ? null : roles.join(', ');
}

/**
 * Reads the value of subjectDirectoryAttributes. Attributes of other types are passed over.
 * Throws DerError where HCActorData does not have the form of ISO 17090-2.
 */
export function readHcRoles(subjectDirectoryAttributes: DerElement): readonly HcActor[] {
  const actors: HcActor[] = [];
  for (const attribute of children(subjectDirectoryAttributes, tags.sequence)) {
    const cursor = new DerCursor(attribute, tags.sequence);
    const type = readOid(cursor.next());
    const values = cursor.next(tags.set);
    cursor.end();
    if (type !== hcRoleAttribute) continue;
    // Each value is itself a SET OF HCActor: two SETs, one in the other.
    for (const actorData of children(values, tags.set)) {
      for (const actor of children(actorData, tags.set)) actors.push(readActor(actor));
    }
  }
  return actors;
}

function readActor(element: DerElement): HcActor {
  const cursor = new DerCursor(element, tags.sequence);
  const codedData = unwrap(cursor.next(contextConstructed(0)), contextConstructed(0), tags.set);
  const regional = cursor.optional(contextConstructed(1)) !== undefined;
  cursor.end();

  let codingScheme: string | null = null;
  let codeDataValue: string | null = null;
  let codeDataFreeText: string | null = null;
  const seen = new Set<number>();
  for (const member of children(codedData, tags.set)) {
    if (seen.has(member.tag)) throw new DerError('bad-value', member.offset, 'a member of CodedData is there twice');
    seen.add(member.tag);
    if (member.tag === contextConstructed(0)) codingScheme = readOid(unwrap(member, member.tag, tags.oid));
    else if (member.tag === contextConstructed(1)) codeDataValue = readString(unwrap(member, member.tag, tags.numericString));
    else if (member.tag === contextConstructed(2)) codeDataFreeText = readString(unwrap(member, member.tag, tags.utf8String));
    else throw new DerError('unexpected-tag', member.offset, 'CodedData has an unknown member');
  }
  if (codingScheme === null) throw new DerError('missing-element', codedData.offset, 'CodedData names no coding scheme');
  return { codingScheme, codeDataValue, codeDataFreeText, regional };
}

/** What `writeHcRoles` needs of an actor; the scheme defaults to HPKI's. */
export interface HcActorToWrite {
  readonly role: string;
  readonly codingScheme?: string;
  readonly codeDataValue?: string;
}

/** Value of subjectDirectoryAttributes with one HCActorData, byte for byte as HPKI's CAs encode it. */
export function writeHcRoles(actors: readonly HcActorToWrite[]): Uint8Array {
  const encoded = actors.map(({ role, codingScheme = hpkiRoleScheme, codeDataValue }) =>
    writeSequence(
      writeExplicit(
        0,
        // A SET, not a SET OF: X.690 §10.3 orders its members by tag, and they already are.
        writeSetOf([
          writeExplicit(0, writeOid(codingScheme)),
          ...(codeDataValue === undefined ? [] : [writeExplicit(1, writeString(tags.numericString, codeDataValue))]),
          writeExplicit(2, writeString(tags.utf8String, role)),
        ]),
      ),
    ),
  );
  return writeSequence(writeSequence(writeOid(hcRoleAttribute), writeSetOf([writeSetOf(encoded)])));
}
