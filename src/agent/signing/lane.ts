/** Lets one through at a time, in the order they came; whoever's signal aborts leaves the queue. */
export class Lane {
  #occupied = false;
  readonly #queue: (() => void)[] = [];

  /** Resolves to the function that leaves the lane (calling it again does nothing). Rejects with the signal's reason. */
  enter(signal: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(reasonOfAbort(signal));
        return;
      }
      const admit = (): void => {
        signal.removeEventListener('abort', leaveQueue);
        this.#occupied = true;
        resolve(this.#exit());
      };
      const leaveQueue = (): void => {
        this.#queue.splice(this.#queue.indexOf(admit), 1);
        reject(reasonOfAbort(signal));
      };
      if (!this.#occupied) {
        admit();
        return;
      }
      signal.addEventListener('abort', leaveQueue, { once: true });
      this.#queue.push(admit);
    });
  }

  #exit(): () => void {
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#occupied = false;
      this.#queue.shift()?.();
    };
  }
}

export function reasonOfAbort(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error('aborted');
}
