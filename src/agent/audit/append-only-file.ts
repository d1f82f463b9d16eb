import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import path from 'node:path';
import { lockFile, type FileLock } from './file-lock.ts';
import { OneAtATime } from './one-at-a-time.ts';
import { syncByPace } from './sync-by-pace.ts';

/** The system calls whose failure decides what may be believed; a test replaces them to fail or to lose power. */
export interface AppendIo {
  /** Writes at the end of the file, all or part; returns the bytes written. */
  write(fd: number, bytes: Uint8Array, position: number): number;
  sync(fd: number): Promise<void>;
  /** The same at once, for opening. */
  syncNow(fd: number): void;
  truncate(fd: number, size: number): void;
}

export const systemIo: AppendIo = {
  write: (fd, bytes, position) => fs.writeSync(fd, bytes, 0, bytes.length, position),
  sync: syncByPace(fs.fdatasync, fs.fdatasyncSync, () => performance.now()),
  syncNow: (fd) => fs.fdatasyncSync(fd),
  truncate: (fd, size) => fs.ftruncateSync(fd, size),
};

/** Bytes after the last newline that were cut off when the file was opened: a write that no caller was told of. */
export interface TornTail {
  readonly bytes: number;
  readonly sha256: string;
}

const newline = 0x0a;

/** Bytes. The lines of a request with 200 documents take about 150 KB. */
const roomWanted = 256 * 1024;

/**
 * Lines at the end of one file, by one writer. An append is whole or not there at all: what fails half-way is
 * truncated away, and what a crash left without its newline is cut off at the next opening.
 */
export class AppendOnlyFile {
  readonly file: string;
  readonly tornTail: TornTail | null;
  readonly #io: AppendIo;
  readonly #lock: FileLock;
  #fd: number;
  #size: number;
  readonly #turn = new OneAtATime();
  /** Set while the end of the file is not known to be ours: nothing is appended until it is cut back. */
  #cutBackTo: number | null = null;

  /** Opens or makes the file, readable by its user alone. Throws the system's error, or `ELOCKED`. */
  constructor(file: string, io: AppendIo = systemIo) {
    this.file = file;
    this.#io = io;
    fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    // Asked first, because the lock's own error would not say whether the folder is read-only or forbidden.
    fs.accessSync(path.dirname(file), fs.constants.W_OK);
    this.#lock = lockFile(file);
    let opened: number | undefined;
    try {
      const isNew = !fs.existsSync(file);
      this.#fd = opened = fs.openSync(file, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o600);
      if (isNew) syncFolder(path.dirname(file));
      const size = fs.fstatSync(this.#fd).size;
      this.#size = endOfLastLine(this.#fd, size);
      this.tornTail = this.#size === size ? null : this.#cutTail(size);
      // A line found here may have been written just before a kill and never reached the disk. Whoever acts on it from
      // now on may rely on it as on one of ours.
      this.#io.syncNow(this.#fd);
    } catch (error) {
      if (opened !== undefined) fs.closeSync(opened);
      this.#lock.release();
      throw error;
    }
  }

  get size(): number {
    return this.#size;
  }

  /**
   * Appends whole lines (each ends in a newline) and resolves to their offset. With `durable` the bytes have reached
   * the disk when it resolves. When it rejects, nothing of them is in the file.
   */
  append(lines: string, durable: boolean): Promise<number> {
    return this.#turn.run(async () => {
      this.#cutBack();
      const offset = this.#size;
      try {
        this.#writeAll(Buffer.from(lines, 'utf8'), offset);
        if (durable) await this.#io.sync(this.#fd);
      } catch (error) {
        // After a failed fsync the kernel may have dropped the pages: the bytes are not to be believed either way.
        this.#cutBackTo = offset;
        this.#tryCutBack();
        throw error;
      }
      return offset;
    });
  }

  /** Throws the system's reason where an append would fail, as far as that shows without one. */
  checkRoom(): void {
    const folder = path.dirname(this.file);
    fs.accessSync(folder, fs.constants.W_OK);
    const { blocks, bavail, bsize } = fs.statfsSync(folder);
    // Some network and user-space file systems count no blocks at all.
    if (blocks > 0 && bavail * bsize < roomWanted) throw Object.assign(new Error('no room'), { code: 'ENOSPC' });
  }

  read(offset: number, length: number): string {
    const bytes = Buffer.alloc(length);
    fs.readSync(this.#fd, bytes, 0, length, offset);
    return bytes.toString('utf8');
  }

  /** Puts other lines in the file's place; after a crash either the old or the new ones are there. */
  replace(lines: readonly string[]): Promise<void> {
    return this.#turn.run(async () => {
      const temporary = `${this.file}.tmp`;
      const bytes = Buffer.from(lines.join(''), 'utf8');
      const fd = fs.openSync(temporary, fs.constants.O_RDWR | fs.constants.O_CREAT | fs.constants.O_TRUNC, 0o600);
      try {
        for (let at = 0; at < bytes.length; ) at += this.#io.write(fd, bytes.subarray(at), at);
        await this.#io.sync(fd);
        fs.renameSync(temporary, this.file);
      } catch (error) {
        fs.closeSync(fd);
        fs.rmSync(temporary, { force: true });
        throw error;
      }
      fs.closeSync(this.#fd);
      this.#fd = fd;
      this.#size = bytes.length;
      this.#cutBackTo = null;
      syncFolder(path.dirname(this.file));
    });
  }

  /** Lets what is being written end, then gives file and lock back. */
  close(): Promise<void> {
    return this.#turn.run(() => {
      fs.closeSync(this.#fd);
      this.#lock.release();
      return Promise.resolve();
    });
  }

  #writeAll(bytes: Uint8Array, offset: number): void {
    for (let at = 0; at < bytes.length; ) at += this.#io.write(this.#fd, bytes.subarray(at), offset + at);
    this.#size = offset + bytes.length;
  }

  #cutBack(): void {
    if (this.#cutBackTo === null) return;
    this.#io.truncate(this.#fd, this.#cutBackTo);
    this.#size = this.#cutBackTo;
    this.#cutBackTo = null;
  }

  #tryCutBack(): void {
    try {
      this.#cutBack();
    } catch {
      // Tried again before the next append, which fails with the system's own reason as long as this does.
    }
  }

  #cutTail(size: number): TornTail {
    const tail = Buffer.alloc(size - this.#size);
    fs.readSync(this.#fd, tail, 0, tail.length, this.#size);
    this.#io.truncate(this.#fd, this.#size);
    return { bytes: tail.length, sha256: createHash('sha256').update(tail).digest('hex') };
  }
}

function endOfLastLine(fd: number, size: number): number {
  const step = 64 * 1024;
  const chunk = Buffer.alloc(Math.min(step, size));
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - step);
    const read = fs.readSync(fd, chunk, 0, end - start, start);
    const at = chunk.subarray(0, read).lastIndexOf(newline);
    if (at !== -1) return start + at + 1;
    end = start;
  }
  return 0;
}

/** A new name in a folder is durable only when the folder is. Windows cannot open one; NTFS journals the name itself. */
function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const fd = fs.openSync(folder, 'r');
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}
