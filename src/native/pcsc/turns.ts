/** Work in turns: one at a time per key, in order of arrival, and never more than `most` at once. */
export class Turns {
  readonly #most: number;
  readonly #busy = new Set<string>();
  readonly #waiting: { readonly key: string; readonly start: () => void }[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    await new Promise<void>((start) => {
      this.#waiting.push({ key, start });
      this.#startNext();
    });
    try {
      return await work();
    } finally {
      this.#busy.delete(key);
      this.#startNext();
    }
  }

  #startNext(): void {
    while (this.#busy.size < this.#most) {
      const index = this.#waiting.findIndex(({ key }) => !this.#busy.has(key));
      const [next] = index === -1 ? [] : this.#waiting.splice(index, 1);
      if (next === undefined) return;
      this.#busy.add(next.key);
      next.start();
    }
  }
}
