/** Time for the card host: a clock that never jumps, and timers that tests can turn by hand. */
export interface HostClock {
  /** Milliseconds since an arbitrary start. */
  monotonic(): number;
  /** Calls back once after `ms`. Returns the function that cancels it. Never keeps a process alive. */
  after(ms: number, callback: () => void): () => void;
}

/** setTimeout takes a signed 32-bit number of milliseconds; more would fire at once. */
const longestTimer = 2 ** 31 - 1;

export const systemHostClock: HostClock = {
  monotonic: () => performance.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, Math.min(ms, longestTimer));
    timer.unref();
    return () => clearTimeout(timer);
  },
};
