import { expect, it, vi } from 'vitest';
import { ServiceTime } from '../../../../src/agent/remote/service-time.ts';
import { acceptDocuments, noticesOf, withServiceClock, type DocumentPlan } from '../../../../src/agent/signing/accept-documents.ts';
import { createVerifier } from '../../../../src/formats/xades/verifier.ts';
import { samplePrescriptionCsv } from '../../../../src/sandbox/samples/prescription.ts';

const minute = 60_000;
const today = Date.UTC(2026, 3, 1);

/** A clock whose two hands are moved by themselves, and a service that tells `date`. */
function hear() {
  const clock = { wall: today, steady: 0, now: () => clock.wall, monotonic: () => clock.steady };
  const time = new ServiceTime(clock);
  let date: string | null = null;
  const fetch = time.over({ fetchFor: () => () => Promise.resolve(new Response('', { headers: date === null ? {} : { date } })) }).fetchFor([]);
  const tell = async (at: string | null): Promise<number | null> => {
    date = at;
    await fetch('https://sign.example/');
    return time.skewMs();
  };
  return { clock, time, tell };
}
const dateAt = (ms: number): string => new Date(ms).toUTCString();

it('is told by each answer that has a Date, and by no other one', async () => {
  const { time, tell } = hear();
  expect(time.skewMs()).toBeNull();
  expect(await tell(null)).toBeNull();
  expect(await tell('no date')).toBeNull();
  expect(await tell(dateAt(today - 10 * minute))).toBe(10 * minute);
  expect(await tell(null)).toBe(10 * minute);
  expect(await tell(dateAt(today))).toBe(0);
});

it('is not known any more once the clock was set or the machine slept', async () => {
  const { clock, time, tell } = hear();
  await tell(dateAt(today - 10 * minute));
  clock.wall += 60 * minute;
  clock.steady += 60 * minute;
  expect(time.skewMs()).toBe(10 * minute);
  clock.wall -= 10 * minute;
  expect(time.skewMs()).toBeNull();
});

it('is told of when an answer finds the clock far off, and again when it is right', async () => {
  const { time, tell } = hear();
  let told = 0;
  const stop = time.subscribe(() => (told += 1));
  for (const [minutes, isOff, times] of [[5, false, 0], [6, true, 1], [10, true, 1], [-6, true, 1], [0, false, 2], [-6, true, 3]] as const) {
    await tell(dateAt(today - minutes * minute));
    expect([time.isOff(), told]).toEqual([isOff, times]);
  }
  stop();
  await tell(dateAt(today));
  expect([time.isOff(), told]).toEqual([false, 3]);
});

it('is told of within half a minute where somebody sets the clock right', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  try {
    const { clock, time, tell } = hear();
    await tell(dateAt(today - 10 * minute));
    let told = 0;
    const stop = time.subscribe(() => (told += 1));
    vi.advanceTimersByTime(30_000);
    expect(told).toBe(0);
    clock.wall -= 10 * minute;
    vi.advanceTimersByTime(30_000);
    expect(told).toBe(1);
    stop();
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

const request = {
  staff: { id: 'D0012', name: '医者 三郎' },
  method: 'local' as const,
  partial: false,
  documents: ['rx-1', 'rx-2'].map((id) => ({ id, type: 'prescription' as const, csv: samplePrescriptionCsv({ issued: '20260401' }) })),
};
const planOf = (skewMs: number | null): DocumentPlan => acceptDocuments(request, createVerifier({ anchors: [], chain: [], crls: [], at: new Date(today) }), today, skewMs);
const warned = ({ accepted }: DocumentPlan): readonly (readonly string[])[] => accepted.map(({ warnings }) => warnings.filter(({ id }) => id === 'clock').map(({ text }) => text.ja));

it.each([
  [null, null],
  [5 * minute, null],
  [-5 * minute, null],
  [10 * minute, '約10分進んで'],
  [-10 * minute, '約10分遅れて'],
])('off by %s ms it is told with each document, and once in the window: %s', (skewMs, words) => {
  const said = words === null ? [] : [expect.stringContaining(words) as string];
  expect(warned(planOf(skewMs))).toEqual([said, said]);
  expect(noticesOf(planOf(skewMs).accepted).map(({ ja }) => ja)).toEqual(said);
  expect(warned(withServiceClock(planOf(null), skewMs))).toEqual([said, said]);
});

it('is told once, although it goes on drifting', () => {
  expect(warned(withServiceClock(planOf(10 * minute), 20 * minute))).toEqual(warned(planOf(10 * minute)));
});
