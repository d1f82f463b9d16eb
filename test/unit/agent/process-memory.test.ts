import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { tidyAtRest } from '../../../src/agent/process-memory.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const tidy = vi.fn<() => void>();
beforeEach(() => tidy.mockReset());

function work(memory: ReturnType<typeof tidyAtRest>, steps: number): void {
  for (let step = 0; step < steps; step += 1) memory.worked();
}

describe('tidyAtRest', () => {
  it('waits until nothing has happened for two seconds', () => {
    const memory = tidyAtRest(tidy);
    work(memory, 400);
    vi.advanceTimersByTime(1_900);
    work(memory, 1);
    vi.advanceTimersByTime(1_900);
    expect(tidy).not.toHaveBeenCalled();
    vi.advanceTimersByTime(100);
    expect(tidy).toHaveBeenCalledTimes(1);
  });

  it('leaves a terminal alone that has done little', () => {
    work(tidyAtRest(tidy), 399);
    vi.advanceTimersByTime(3_600_000);
    expect(tidy).not.toHaveBeenCalled();
  });

  it('begins to count anew after each time', () => {
    const memory = tidyAtRest(tidy);
    work(memory, 400);
    vi.advanceTimersByTime(2_000);
    work(memory, 399);
    vi.advanceTimersByTime(2_000);
    expect(tidy).toHaveBeenCalledTimes(1);
    work(memory, 1);
    vi.advanceTimersByTime(2_000);
    expect(tidy).toHaveBeenCalledTimes(2);
  });
});
