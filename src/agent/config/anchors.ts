import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseCertificate } from '../../formats/pki/certificate.ts';
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

/** Roots that count: imported ones that are known by fingerprint, and whatever machine policy names. */
export async function readAnchors(data: DataDirectory, trust: Settings['trust']): Promise<TrustAnchor[]> {
  const imported = await certificatesIn(data.anchors);
  const byPolicy = (await Promise.all(trust.anchors.map((file) => certificatesOf(file)))).flat();
  return [
    // SECURITY: the folder is the user's own, so each file must prove itself again. test/unit/agent/config/anchors.test.ts
    ...imported.filter((anchor) => anchor.known),
    ...byPolicy,
  ];
}

/** Imports the known roots of a PEM or DER file; resolves with what was taken and what was not. */
export async function importAnchors(
  data: DataDirectory,
  file: string,
): Promise<{ readonly imported: readonly TrustAnchor[]; readonly refused: readonly TrustAnchor[] }> {
  const found = await certificatesOf(file);
  const imported = found.filter((anchor) => anchor.known);
  for (const anchor of imported) await writeFileDurably(path.join(data.anchors, `${anchor.sha256}.pem`), writePem(anchor.der));
  return { imported, refused: found.filter((anchor) => !anchor.known) };
}

/** Intermediate certificates that policy names, DER. */
export async function readIntermediates(trust: Settings['trust']): Promise<Uint8Array[]> {
  return (await Promise.all(trust.chain.map(async (file) => pemOrDer(await readFile(file), 'CERTIFICATE')))).flat();
}

/** Revocation lists of the policy's folder, DER. Files that cannot be read count as absent: verification says so. */
export async function readRevocationLists(trust: Settings['trust']): Promise<Uint8Array[]> {
  const folder = trust.crlDir;
  if (folder === null) return [];
  const files = await readdir(folder).catch(() => []);
  const lists = await Promise.all(files.map((name) => readFile(path.join(folder, name)).catch(() => undefined)));
  return lists.flatMap((bytes) => (bytes === undefined ? [] : pemOrDer(bytes, 'X509 CRL')));
}

async function certificatesIn(folder: string): Promise<TrustAnchor[]> {
  const files = await readdir(folder).catch(() => []);
  return (await Promise.all(files.filter((name) => name.endsWith('.pem')).map((name) => certificatesOf(path.join(folder, name))))).flat();
}

async function certificatesOf(file: string): Promise<TrustAnchor[]> {
  return pemOrDer(await readFile(file), 'CERTIFICATE').map((der) => {
    const certificate = parseCertificate(der);
    return {
      name: certificate.subject.text,
      sha256: certificate.sha256,
      notAfter: certificate.notAfter,
      known: knownRootFingerprints.has(certificate.sha256),
      der,
    };
  });
}

/** One file of either form: blocks of PEM, or the bytes themselves. */
export function pemOrDer(bytes: Uint8Array, label: 'CERTIFICATE' | 'X509 CRL'): Uint8Array[] {
  const text = Buffer.from(bytes).toString('latin1');
  return text.includes('-----BEGIN') ? readPem(text, [label]) : [Uint8Array.from(bytes)];
}
