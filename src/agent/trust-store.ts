import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { knownRootFingerprints } from '../formats/pki/known-anchors.ts';
import { readTrust, type TrustContents } from './config/anchors.ts';
import type { Settings } from './config/settings.ts';
import { fault, place, type Log } from './log.ts';
import type { TrustSource } from './signing/verifiers.ts';
import type { DataDirectory } from './storage/data-directory.ts';

/** Revocation lists are issued daily: looking for a newer one every few minutes is soon enough. */
const lookAgainMs = 5 * 60 * 1000;

export interface TrustStore {
  readonly current: TrustSource;
  /** Takes up what has changed in the files; done every few minutes by itself. */
  lookAgain(): Promise<void>;
  close(): void;
}

/**
 * Anchors, intermediates and revocation lists as their files are now. `current` gives the same object until what they
 * hold has changed, so that verifiers may keep what they have checked. A file that was read once and no longer can be keeps
 * what was read before; one that never could be is left out, and the log and `doctor` name it.
 */
export async function openTrustStore(data: DataDirectory, trust: Settings['trust'], log: Log): Promise<TrustStore> {
  /** Why each file could not be read at the last look: told once, and again when that has changed. */
  let told: ReadonlyMap<string, string> = new Map();
  let contents: TrustContents | undefined;
  const read = async (): Promise<ReturnType<TrustSource>> => {
    const { anchors, chain, crls, unreadable, ...found } = await readTrust(data, trust, contents);
    contents = found.contents;
    for (const { file, why } of unreadable) {
      if (told.get(file) !== why) log.warn('trust.unreadable', { file: place(file), why: place(why) });
    }
    told = new Map(unreadable.map(({ file, why }) => [file, why]));
    return { anchors: anchors.map(({ der }) => der), anchorFingerprints: knownRootFingerprints, chain, crls };
  };
  let stamp = await stampOf(data, trust);
  let current = await read();
  const lookAgain = async (): Promise<void> => {
    const now = await stampOf(data, trust);
    // What stands in the way of reading a file, its rights for one, does not show in its stamp.
    if (now === stamp && told.size === 0) return;
    const fresh = await read();
    stamp = now;
    if (isDeepStrictEqual(fresh, current)) return;
    current = fresh;
    log.info('trust.read_again', { anchors: current.anchors.length, lists: current.crls.length });
  };
  const timer = setInterval(() => {
    lookAgain().catch((error: unknown) => log.warn('trust.unreadable', { fault: fault(error) }));
  }, lookAgainMs).unref();
  return { current: () => current, lookAgain, close: () => clearInterval(timer) };
}

/** Changes when one of the files is added, removed or written. */
async function stampOf(data: DataDirectory, trust: Settings['trust']): Promise<string> {
  const folders = [data.anchors, ...(trust.crlDir === null ? [] : [trust.crlDir])];
  const listed = await Promise.all(folders.map(async (folder) => (await readdir(folder).catch(() => [])).map((name) => path.join(folder, name))));
  const files = [...trust.anchors, ...trust.chain, ...listed.flat()].sort();
  const stamps = await Promise.all(
    files.map(async (file) => {
      const found = await stat(file).catch(() => undefined);
      return found === undefined ? `${file} -` : `${file} ${found.mtimeMs} ${found.size}`;
    }),
  );
  return stamps.join('\n');
}
