/** The order in which calls go into a process that does one thing at a time. */
export class CallTurns {
  #turn: Promise<unknown> = Promise.resolve();
  /** When a signature may be posted: the signature before it was, and any other call has ended. */
  #posted: Promise<unknown> = Promise.resolve();
  #calls = 0;
  #signatures = 0;

  /** Nothing is under way and nothing waits. */
  get idle(): boolean {
    return this.#calls === 0;
  }

  /** Signatures that are in the process, without an answer yet. */
  get signatures(): number {
    return this.#signatures;
  }

  /** One call at a time, so that a deadline measures the card and not the queue. Only signatures follow closer: {@link sign}. */
  take<T>(work: () => Promise<T>): Promise<T> {
    return this.#counted(() => {
      const turn = this.#turn.then(work);
      this.#turn = turn.catch(() => undefined);
      this.#posted = this.#turn;
      return turn;
    });
  }

  /**
   * Signatures follow each other into the process, which takes them one by one: with the next hash at hand the card does
   * not wait for two messages between them. `post` learns how many are in the process with this one, since a deadline has
   * to allow for them. Every other call waits until all of them have ended.
   */
  sign<Ready, T>(ready: () => Promise<Ready>, post: (to: Ready, signatures: number) => Promise<T>): Promise<T> {
    return this.#counted(() => {
      const posted = this.#posted.then(async () => {
        const to = await ready();
        this.#signatures += 1;
        return { answer: post(to, this.#signatures) };
      });
      const settled = posted.then(({ answer }) => answer.finally(() => (this.#signatures -= 1)));
      this.#posted = posted.catch(() => undefined);
      this.#turn = Promise.all([this.#turn, settled.catch(() => undefined)]);
      return settled;
    });
  }

  async #counted<T>(call: () => Promise<T>): Promise<T> {
    this.#calls += 1;
    try {
      return await call();
    } finally {
      this.#calls -= 1;
    }
  }
}
