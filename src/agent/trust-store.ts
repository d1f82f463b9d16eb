import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { knownRootFingerprints } from '../formats/pki/known-anchors.ts';
import { readTrust } from './config/anchors.ts';
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
 * Anchors, intermediates and revocation lists as their files are now. `current` gives the same object until a file
 * has changed, so that verifiers may keep what they have checked. A file that was read once and no longer can be keeps
 * what was read before; one that never could be is left out, and the log and `doctor` name it.
 */
export async function openTrustStore(data: DataDirectory, trust: Settings['trust'], log: Log): Promise<TrustStore> {
  /** Why each file could not be read at the last look: told once, and again when that has changed. */
  let told: ReadonlyMap<string, string> = new Map();
  const read = async (): Promise<{ readonly found: ReturnType<TrustSource>; readonly unreadable: ReadonlySet<string> }> => {
    const { anchors, chain, crls, unreadable } = await readTrust(data, trust);
    for (const { file, why } of unreadable) {
      if (told.get(file) !== why) log.warn('trust.unreadable', { file: place(file), why: place(why) });
    }
    told = new Map(unreadable.map(({ file, why }) => [file, why]));
    return { found: { anchors: anchors.map(({ der }) => der), anchorFingerprints: knownRootFingerprints, chain, crls }, unreadable: new Set(told.keys()) };
  };
  let stamp = await stampOf(data, trust);
  let current = await read();
  const lookAgain = async (): Promise<void> => {
    const now = await stampOf(data, trust);
    if (now === stamp) return;
    const fresh = await read();
    if ([...fresh.unreadable].some((file) => !current.unreadable.has(file))) return;
    current = fresh;
    stamp = now;
    log.info('trust.read_again', { anchors: current.found.anchors.length, lists: current.found.crls.length });
  };
  const timer = setInterval(() => {
    lookAgain().catch((error: unknown) => log.warn('trust.unreadable', { fault: fault(error) }));
  }, lookAgainMs).unref();
  return { current: () => current.found, lookAgain, close: () => clearInterval(timer) };
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
