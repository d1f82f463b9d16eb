import { expect, it } from 'vitest';
import { syncByPace } from '../../../../src/agent/audit/sync-by-pace.ts';

let now = 0;
let diskMs = 0;
let fails = false;
const waits: string[] = [];

function wait(where: string): void {
  waits.push(where);
  now += diskMs;
  if (fails) throw new Error('EIO');
}

const sync = (): ((fd: number) => Promise<void>) => {
  waits.length = 0;
  fails = false;
  return syncByPace(
    (_fd, done) => queueMicrotask(() => {
      try {
        wait('elsewhere');
        done(null);
      } catch (error) {
        done(error as Error);
      }
    }),
    () => wait('here'),
    () => now,
  );
};

it('waits in another thread until the disk is known to be fast, and again once it is slow', async () => {
  const wait3 = sync();
  diskMs = 1;
  for (let n = 0; n < 3; n += 1) await wait3(1);
  diskMs = 30;
  await wait3(1);
  for (let n = 0; n < 2; n += 1) await wait3(1);
  diskMs = 1;
  for (let n = 0; n < 2; n += 1) await wait3(1);
  expect(waits).toEqual(['elsewhere', 'here', 'here', 'here', 'elsewhere', 'elsewhere', 'elsewhere', 'here']);
});

it('tells of a failure in either way, and resolves only when the disk has answered', async () => {
  const synced = sync();
  diskMs = 1;
  await synced(1);
  fails = true;
  await expect(synced(1)).rejects.toThrow('EIO');
  diskMs = 30;
  await expect(synced(1)).rejects.toThrow('EIO');
  await expect(synced(1)).rejects.toThrow('EIO');
  expect(waits).toEqual(['elsewhere', 'here', 'here', 'here']);
  fails = false;
  await synced(1);
  await synced(1);
  expect(waits.slice(4)).toEqual(['here', 'elsewhere']);
});
