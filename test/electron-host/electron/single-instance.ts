/**
 * `requestSingleInstanceLock`: a lock file with a process id, and a folder into which later starts drop what they were
 * called with. Files, because the second start must have told the first one before it may end, all in one call.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, watch, writeFileSync, type FSWatcher } from 'node:fs';
import { join } from 'node:path';
import { makeCodec } from '../codec.ts';

export interface SecondStart {
  readonly argv: readonly string[];
  readonly workingDirectory: string;
  readonly additionalData: unknown;
}

const codec = makeCodec();

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function takeFile(lock: string): boolean {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const owner = Number(readFileSync(lock, 'utf8'));
  if (owner > 0 && isRunning(owner)) return false;
  rmSync(lock, { force: true }); // left by one that died
  return takeFile(lock);
}

export class SingleInstance {
  readonly #lock: string;
  readonly #inbox: string;
  readonly #onSecond: (start: SecondStart) => void;
  #watcher: FSWatcher | undefined;

  constructor(userData: string, onSecond: (start: SecondStart) => void) {
    this.#lock = join(userData, 'electron-host.lock');
    this.#inbox = join(userData, 'electron-host.inbox');
    this.#onSecond = onSecond;
    mkdirSync(this.#inbox, { recursive: true });
  }

  get held(): boolean {
    return this.#watcher !== undefined;
  }

  request(additionalData: unknown): boolean {
    if (this.held) return true;
    if (!takeFile(this.#lock)) {
      this.#tell({ argv: process.argv, workingDirectory: process.cwd(), additionalData });
      return false;
    }
    this.#watcher = watch(this.#inbox, (_change, name) => this.#read(name));
    this.#watcher.unref();
    process.on('exit', () => this.release());
    return true;
  }

  release(): void {
    if (this.#watcher === undefined) return;
    this.#watcher.close();
    this.#watcher = undefined;
    rmSync(this.#lock, { force: true });
  }

  #tell(start: SecondStart): void {
    const part = `${this.#lock}.${process.pid}`;
    writeFileSync(part, codec.encode(start));
    renameSync(part, join(this.#inbox, String(process.pid)));
  }

  #read(name: string | null): void {
    if (name === null) return;
    const file = join(this.#inbox, name);
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch {
      return; // the second of the two reports that a rename makes
    }
    rmSync(file, { force: true });
    this.#onSecond(codec.decode(text) as SecondStart);
  }
}
