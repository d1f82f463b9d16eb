import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { pemOrDer } from '../agent/config/anchors.ts';
import { parseCertificate } from '../formats/pki/certificate.ts';
import { parseCrl } from '../formats/pki/crl.ts';
import { DerError } from '../formats/pki/der.ts';
import type { PemLabel } from '../formats/pki/pem.ts';
import { CommandFailure, exitCodes } from './exit.ts';
import { readNamedFile } from './named-files.ts';

type Kind = Exclude<PemLabel, 'PRIVATE KEY'>;

const parse: Readonly<Record<Kind, (der: Uint8Array) => unknown>> = { CERTIFICATE: parseCertificate, 'X509 CRL': parseCrl };

/** A national list of a long-lived CA is a few MiB. */
const maxBytes = 32 * 1024 * 1024;

/**
 * Certificates, or revocation lists, of PEM or DER files, as DER; a folder stands for the files in it. What is named
 * (by `option`; empty for an argument) counts or is refused: a file that holds none of the kind is wrong usage, in a folder
 * it is passed over unless none does. One that is too large to be looked at is never passed over.
 */
export async function readTrustFiles(option: string, named: readonly string[], kind: Kind): Promise<Uint8Array[]> {
  const found: Uint8Array[] = [];
  for (const name of named) {
    const entries = await readdir(name, { withFileTypes: true }).catch(() => null);
    if (entries === null) found.push(...mustHold(option, name, await readNamedFile(name, maxBytes), kind));
    else {
      const files = entries.filter((entry) => entry.isFile() || entry.isSymbolicLink()).map((entry) => path.join(name, entry.name));
      const inFolder = (await Promise.all(files.map(async (file) => holds(option, file, await readNamedFile(file, maxBytes), kind)))).flat();
      if (inFolder.length === 0) throw none(option, name, kind, null);
      found.push(...inFolder);
    }
  }
  return found;
}

/** All of the kind in one file. Throws where a PEM block of the kind cannot be read. */
function holds(option: string, file: string, bytes: Uint8Array, kind: Kind): Uint8Array[] {
  const isPem = Buffer.from(bytes).includes('-----BEGIN');
  const contents = pemOrDer(bytes, kind);
  return contents.filter((der) => {
    try {
      parse[kind](der);
      return true;
    } catch (error) {
      if (!(error instanceof DerError)) throw error;
      if (isPem) throw none(option, file, kind, { ja: 'PEMの中身が壊れています。', en: 'Its PEM is damaged.' });
      return false;
    }
  });
}

function mustHold(option: string, file: string, bytes: Uint8Array, kind: Kind): Uint8Array[] {
  const found = holds(option, file, bytes, kind);
  if (found.length === 0) throw none(option, file, kind, contentOf(bytes, option, file, kind));
  return found;
}

/** What the file is instead, where that can be said. */
function contentOf(bytes: Uint8Array, option: string, file: string, kind: Kind): { readonly ja: string; readonly en: string } | null {
  if (bytes.length === 0) return { ja: '空のファイルです。', en: 'It is empty.' };
  const other = kind === 'CERTIFICATE' ? 'X509 CRL' : 'CERTIFICATE';
  if (holds(option, file, bytes, other).length > 0) {
    return kind === 'CERTIFICATE'
      ? { ja: '失効リストが入っています（--crl で指定してください）。', en: 'It holds a revocation list: give it with --crl.' }
      : { ja: '証明書が入っています（--trust か --chain で指定してください）。', en: 'It holds a certificate: give it with --trust or --chain.' };
  }
  const label = /-----BEGIN ([A-Z0-9 ]{1,40})-----/.exec(Buffer.from(bytes.subarray(0, 4096)).toString('latin1'))?.[1];
  return label === undefined ? null : { ja: `PEMの種類は「${label}」です。`, en: `Its PEM says "${label}".` };
}

const wanted: Readonly<Record<Kind, { readonly ja: string; readonly en: string }>> = {
  CERTIFICATE: { ja: '証明書', en: 'certificate' },
  'X509 CRL': { ja: '失効リスト', en: 'revocation list' },
};

function none(option: string, file: string, kind: Kind, what: { readonly ja: string; readonly en: string } | null): CommandFailure {
  const { ja, en } = wanted[kind];
  return new CommandFailure(
    {
      ja: `${option === '' ? '' : `${option} の `}${file} に、読み取れる${ja}がありません。${what?.ja ?? ''}PEMまたはDERのファイルを指定してください。`,
      en: `${`${option} ${file}`.trim()} holds no ${en} that can be read. ${what === null ? '' : `${what.en} `}Give a PEM or DER file.`,
    },
    exitCodes.usage,
  );
}
