import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { hangMs, PagePulse } from '../../../src/main/page-pulse.ts';

beforeEach(() => vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] }));
afterEach(() => vi.useRealTimers());

function watch() {
  const seen = { visible: true, beats: 0, hangs: 0 };
  const pulse = new PagePulse({ isVisible: () => seen.visible, send: () => (seen.beats += 1), onHang: () => (seen.hangs += 1) });
  return { seen, pulse };
}

it('calls a page hung when no beat is answered for ten seconds, once', () => {
  const { seen, pulse } = watch();
  vi.advanceTimersByTime(1_000 + hangMs - 1);
  expect(seen).toMatchObject({ beats: 10, hangs: 0 });
  vi.advanceTimersByTime(1);
  expect(seen).toMatchObject({ beats: 10, hangs: 1 });
  pulse.stop();
  vi.advanceTimersByTime(60_000);
  expect(seen.hangs).toBe(1);
});

it('is content with a page that answers', () => {
  const { seen, pulse } = watch();
  for (let second = 0; second < 30; second += 1) {
    vi.advanceTimersByTime(1_000);
    pulse.owesNothing();
  }
  expect(seen).toMatchObject({ beats: 30, hangs: 0 });
});

it('is content with a page that had loaded, but was not yet there to hear the first beats', () => {
  const { seen, pulse } = watch();
  vi.advanceTimersByTime(3_000);
  expect(seen.beats).toBe(3);
  // It hears the fourth.
  vi.advanceTimersByTime(1_000);
  pulse.owesNothing();
  vi.advanceTimersByTime(hangMs);
  expect(seen.hangs).toBe(0);
  vi.advanceTimersByTime(1_000);
  expect(seen.hangs).toBe(1);
});

it('leaves a hidden page alone, and begins anew when it is shown', () => {
  const { seen } = watch();
  vi.advanceTimersByTime(9_000);
  seen.visible = false;
  vi.advanceTimersByTime(60_000);
  seen.visible = true;
  vi.advanceTimersByTime(9_000);
  expect(seen.hangs).toBe(0);
});

it('blames no page for a time in which this process itself stood still', () => {
  let now = 0;
  const hung = vi.fn();
  new PagePulse({ isVisible: () => true, send: () => undefined, onHang: hung, now: () => now });
  now = 1_000;
  vi.advanceTimersByTime(1_000);
  // The machine slept for an hour between two ticks.
  now = 3_601_000;
  vi.advanceTimersByTime(1_000);
  expect(hung).not.toHaveBeenCalled();
});
