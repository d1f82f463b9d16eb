import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '../../../../src/agent/log.ts';
import { PhoneRegistrations } from '../../../../src/agent/remote/phone-registrations.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'registrations-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Notes as they are kept on a day in Japan, and what people are told. */
function notesOn(moment: string) {
  const clock = { now: () => Date.parse(moment) };
  const told: string[] = [];
  const file = path.join(folder, 'notes.json');
  const notes = new PhoneRegistrations({ file, clock, prompts: { notify: ({ text }) => void told.push(text.ja) }, log: silentLog });
  const goTo = (later: string): void => {
    clock.now = () => Date.parse(later);
  };
  return { notes, told, file, goTo };
}

describe('the notes on phones to be registered', () => {
  it('are counted in days of Japan, and kept', async () => {
    // 08:59 on 1 April in Japan is still 31 March by UTC.
    const { notes } = notesOn('2026-03-31T23:59:00Z');
    await notes.note('D1', '2026-04-01');
    await notes.note('D2', '2026-06-30');
    expect(notes.list()).toEqual([{ staffId: 'D1', deadline: '2026-04-01', daysLeft: 0 }, { staffId: 'D2', deadline: '2026-06-30', daysLeft: 90 }]);
    expect(notesOn('2026-04-01T15:00:00Z').notes.list().map(({ daysLeft }) => daysLeft)).toEqual([-1, 89]);
  });

  it('are one a person, and go when they are removed', async () => {
    const { notes, file } = notesOn('2026-04-01T00:00:00Z');
    await notes.note('D1', '2026-04-10');
    await notes.note('D1', '2026-05-10');
    expect(notes.list()).toHaveLength(1);
    await notes.note('D1', null);
    expect(notes.list()).toEqual([]);
    expect(await readFile(file, 'utf8')).not.toContain('D1');
  });

  it('remind once on each of the named days, and once when it is over', async () => {
    const { notes, told, goTo } = notesOn('2026-04-01T00:00:00Z');
    await notes.note('D1', '2026-05-02');
    notes.remind();
    expect(told).toEqual([]);
    for (const day of ['2026-04-02', '2026-04-02', '2026-04-03', '2026-04-25', '2026-05-02', '2026-05-03', '2026-05-04']) {
      goTo(`${day}T00:00:00Z`);
      notes.remind();
    }
    expect(told.map((text) => /（(あと\d+日|今日)）|過ぎました/.exec(text)?.[0])).toEqual(['（あと30日）', '（あと7日）', '（今日）', '過ぎました']);
  });

  it('take days of the calendar only, and survive a file that is none', async () => {
    const { notes, file } = notesOn('2026-04-01T00:00:00Z');
    for (const wrong of ['2026-02-30', '2026-4-1', 'soon']) await expect(notes.note('D1', wrong)).rejects.toThrow(RangeError);
    await writeFile(file, '{');
    expect(notes.list()).toEqual([]);
    await notes.note('D1', '2026-04-30');
    expect(notes.list()).toHaveLength(1);
  });
});
