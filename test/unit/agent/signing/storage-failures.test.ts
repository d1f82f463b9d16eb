import { readFileSync, statSync } from 'node:fs';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AppendOnlyFile, systemIo } from '../../../../src/agent/audit/append-only-file.ts';
import { storageFailure } from '../../../../src/agent/audit/storage-failure.ts';
import { createCast, ehr, requestFor, SigningDesk, type Cast } from './signing-desk.ts';

let cast: Cast;
let desk: SigningDesk;
/** Bytes that the disk still takes, per file. */
let room: { journal: number; audit: number };

beforeAll(async () => {
  cast = await createCast();
});
afterEach(() => desk.dispose());

/** A disk that fills up in the middle of a write, as a real one does: part of it is written, then ENOSPC. */
function openDesk(): void {
  room = { journal: Number.POSITIVE_INFINITY, audit: Number.POSITIVE_INFINITY };
  desk = new SigningDesk(cast, {
    io: (file) => ({
      ...systemIo,
      write: (fd, bytes, position) => {
        if (room[file] <= 0) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
        const written = systemIo.write(fd, bytes.subarray(0, Math.min(bytes.length, room[file])), position);
        room[file] -= written;
        return written;
      },
    }),
  });
  desk.cards.insert(cast.doctor);
}

const full = { code: 'STORAGE_FAILED', detail: { en: 'The disk is full.' } };

describe('a full disk', () => {
  it('stops the signature before the key is used, with nothing half-written, and lets it go on when there is room', async () => {
    openDesk();
    await desk.sign('k0');
    const { size } = statSync(desk.journalFile);
    room.journal = 100;
    expect(await desk.sign('k1')).toMatchObject({ state: 'failed', problem: full });
    expect(desk.cards.signatures).toBe(1);
    expect(statSync(desk.journalFile).size).toBe(size);
    room.journal = Number.POSITIVE_INFINITY;
    expect(await desk.sign('k1')).toMatchObject({ state: 'signed' });
  });

  it('keeps back a signature that cannot be audited; the same request releases it later without the card', async () => {
    openDesk();
    await desk.sign('k0');
    room.audit = 100;
    const kept = await desk.sign('k1');
    expect(kept).toMatchObject({ state: 'failed', result: null, problem: full });
    room.audit = Number.POSITIVE_INFINITY;
    desk.cards.pull();
    const released = await desk.sign('k1');
    expect(released).toMatchObject({ state: 'signed', id: kept.id });
    expect(desk.cards.signatures).toBe(2);
    expect(await desk.verifyAudit()).toMatchObject({ ok: true });
  });
});

describe('a data folder that cannot be written', () => {
  it('refuses before anybody is asked, and says why', async () => {
    openDesk();
    await desk.stop();
    // A folder of the kernel's in which not even root may make a file.
    Object.defineProperty(desk, 'journalFile', { value: '/proc/self/journal.jsonl' });
    desk.start();
    await expect(desk.agent.submit(ehr, 'k1', requestFor(['rx-1']))).rejects.toMatchObject({ problem: { code: 'STORAGE_FAILED' } });
    expect(desk.person.shown).toEqual([]);
  });

  it('is named by its cause', () => {
    for (const code of ['ENOSPC', 'EROFS', 'EACCES', 'EDQUOT', 'ELOCKED']) {
      const { problem } = storageFailure(Object.assign(new Error('secret path'), { code }));
      expect(problem.code).toBe('STORAGE_FAILED');
      expect(problem.detail?.en).toMatch(/\.$/);
      expect(JSON.stringify(problem)).not.toContain('secret');
    }
  });
});

describe('a file of lines', () => {
  it('is cut back before the next append when it could not be cut back at once', async () => {
    openDesk();
    let isBroken = true;
    const file = new AppendOnlyFile(`${desk.folder}/lines`, {
      ...systemIo,
      sync: (fd) => (isBroken ? Promise.reject(new Error('EIO')) : systemIo.sync(fd)),
      truncate: (fd, size) => {
        if (isBroken) throw new Error('EIO');
        systemIo.truncate(fd, size);
      },
    });
    await expect(file.append('first\n', true)).rejects.toThrow('EIO');
    await expect(file.append('second\n', true)).rejects.toThrow('EIO');
    isBroken = false;
    await file.append('third\n', true);
    await file.close();
    expect(readFileSync(file.file, 'utf8')).toBe('third\n');
  });
});
