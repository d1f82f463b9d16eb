import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseCertificate } from '../../formats/pki/certificate.ts';
import { parseCrl } from '../../formats/pki/crl.ts';
import { DerError } from '../../formats/pki/der.ts';
import { knownRootFingerprints } from '../../formats/pki/known-anchors.ts';
import { readPem, writePem } from '../../formats/pki/pem.ts';
import type { DataDirectory } from '../storage/data-directory.ts';
import { writeFileDurably } from '../storage/write-file-durably.ts';
import type { Settings } from './settings.ts';

export interface TrustAnchor {
  readonly name: string;
  readonly sha256: string;
  readonly notAfter: Date;
  /** Recognised by its published fingerprint; otherwise machine policy names it. */
  readonly known: boolean;
  readonly der: Uint8Array;
}

/** A file that machine policy names, or that an administrator has put in its folder, and that does not count. */
export interface UnreadableTrustFile {
  readonly file: string;
  /** The operating system's error code, or that the content is none. */
  readonly why: string;
}

export interface ConfiguredTrust {
  /** Imported roots that are known by fingerprint, and whatever machine policy names. */
  readonly anchors: readonly TrustAnchor[];
  /** Intermediate certificates, DER. */
  readonly chain: readonly Uint8Array[];
  /** Revocation lists of the policy's folder, DER. */
  readonly crls: readonly Uint8Array[];
  readonly unreadable: readonly UnreadableTrustFile[];
  readonly contents: TrustContents;
}

/** What counts of each file, or of a folder of lists, by its path. */
export interface TrustContents {
  readonly certificates: ReadonlyMap<string, readonly TrustAnchor[]>;
  readonly lists: ReadonlyMap<string, readonly Uint8Array[]>;
}

const nothingBefore: TrustContents = { certificates: new Map(), lists: new Map() };

/**
 * What is trusted by the files as they are now. One that cannot be read does not stop the rest: signing needs none of
 * them, and verification says what it lacks. It is named in `unreadable`, so that somebody is told, and what it held
 * `before` goes on to count.
 */
export async function readTrust(data: DataDirectory, trust: Settings['trust'], before = nothingBefore): Promise<ConfiguredTrust> {
  const unreadable: UnreadableTrustFile[] = [];
  const certificates = new Map<string, readonly TrustAnchor[]>();
  const lists = new Map<string, readonly Uint8Array[]>();
  async function each<T>(
    files: readonly string[],
    read: (file: string) => Promise<readonly T[]>,
    { earlier, now }: { readonly earlier: ReadonlyMap<string, readonly T[]>; readonly now: Map<string, readonly T[]> },
  ): Promise<T[]> {
    const of = async (file: string): Promise<readonly T[]> => {
      const found = await read(file).catch((error: unknown) => whyUnreadable(error));
      if (typeof found === 'string') unreadable.push({ file, why: found });
      const counts = typeof found === 'string' ? (earlier.get(file) ?? []) : found;
      now.set(file, counts);
      return counts;
    };
    return (await Promise.all(files.map(of))).flat();
  }
  const certificatesIn = (files: readonly string[]) => each(files, certificatesOf, { earlier: before.certificates, now: certificates });
  const listsIn = (places: readonly string[], read: typeof listsOf) => each(places, read, { earlier: before.lists, now: lists });
  const imported = await certificatesIn((await filesIn(data.anchors).catch(() => [])).filter((name) => name.endsWith('.pem')));
  const byPolicy = await certificatesIn(trust.anchors);
  const chain = await certificatesIn(trust.chain);
  // A folder that is not there is one fault, of its own name.
  const crls = await listsIn(trust.crlDir === null ? [] : [trust.crlDir], async (folder) => listsIn(await filesIn(folder), listsOf));
  // What a folder held that cannot be listed now is known file by file, for when it comes back.
  if (unreadable.some(({ file }) => file === trust.crlDir)) for (const [file, held] of before.lists) if (!lists.has(file)) lists.set(file, held);
  return {
    // SECURITY: the folder is the user's own, so each file must prove itself again. test/unit/agent/config/anchors.test.ts
    anchors: [...imported.filter((anchor) => anchor.known), ...byPolicy],
    chain: chain.map(({ der }) => der),
    crls,
    unreadable,
    contents: { certificates, lists },
  };
}

/** Imports the known roots among certificates (DER); resolves with what was taken and what was not. */
export async function importAnchors(
  data: DataDirectory,
  certificates: readonly Uint8Array[],
): Promise<{ readonly imported: readonly TrustAnchor[]; readonly refused: readonly TrustAnchor[] }> {
  const found = certificates.map(anchorOf);
  const imported = found.filter((anchor) => anchor.known);
  for (const anchor of imported) await writeFileDurably(path.join(data.anchors, `${anchor.sha256}.pem`), writePem(anchor.der));
  return { imported, refused: found.filter((anchor) => !anchor.known) };
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => path.join(folder, entry.name));
}

async function certificatesOf(file: string): Promise<TrustAnchor[]> {
  const found = pemOrDer(await readFile(file), 'CERTIFICATE').map(anchorOf);
  if (found.length === 0) throw new DerError('missing-element', 0, 'no certificate in the file');
  return found;
}

function anchorOf(der: Uint8Array): TrustAnchor {
  const { subject, sha256, notAfter } = parseCertificate(der);
  return { name: subject.text, sha256, notAfter, known: knownRootFingerprints.has(sha256), der };
}

/** Revocation lists of one file. The folder may hold other things beside them: those are no fault. */
async function listsOf(file: string): Promise<Uint8Array[]> {
  const bytes = await readFile(file);
  const lists = pemOrDer(bytes, 'X509 CRL');
  const isNamed = /\.crl$/i.test(file);
  if (isNamed && lists.length === 0) throw new DerError('missing-element', 0, 'no list in the file');
  const named = isNamed || Buffer.from(bytes).includes('-----BEGIN X509 CRL-----');
  return lists.filter((der) => {
    try {
      parseCrl(der);
      return true;
    } catch (error) {
      if (named) throw error;
      return false;
    }
  });
}

function whyUnreadable(error: unknown): string {
  if (error instanceof DerError) return 'not a certificate or list';
  const { code } = error as NodeJS.ErrnoException;
  if (typeof code === 'string') return code;
  throw error;
}

/** One file of either form: blocks of PEM, or the bytes themselves. */
export function pemOrDer(bytes: Uint8Array, label: 'CERTIFICATE' | 'X509 CRL'): Uint8Array[] {
  const text = Buffer.from(bytes).toString('latin1');
  return text.includes('-----BEGIN') ? readPem(text, [label]) : [Uint8Array.from(bytes)];
}
