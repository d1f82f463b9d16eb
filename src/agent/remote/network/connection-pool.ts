import type { ServiceConnection } from './service-connection.ts';

/** Connections to one host at once. The others wait for their turn. */
const mostConnections = 6;

/** Open connections of one origin: the last used one first, so that those that are not needed grow old and close. */
export class ConnectionPool {
  readonly #open: (signal: AbortSignal) => Promise<ServiceConnection>;
  readonly #all = new Set<ServiceConnection>();
  readonly #idle: ServiceConnection[] = [];
  readonly #waiting: (() => void)[] = [];
  #taken = 0;

  constructor(open: (signal: AbortSignal) => Promise<ServiceConnection>) {
    this.#open = open;
  }

  /**
   * Hands a connection to `use`: one that was idle for `idleMs` at most, else a new one. Throws what opening one throws and
   * what `use` throws.
   */
  async with<T>(idleMs: number, signal: AbortSignal, use: (connection: ServiceConnection) => Promise<T>): Promise<T> {
    await this.#turn(signal);
    try {
      const connection = this.#idleOne(idleMs) ?? (await this.#openOne(signal));
      try {
        return await use(connection);
      } finally {
        if (!connection.isOver) this.#idle.push(connection);
        else this.#all.delete(connection);
      }
    } finally {
      this.#taken -= 1;
      this.#waiting.shift()?.();
    }
  }

  /** Closes what is not in use: the next request opens a connection with the settings as they are then. */
  closeIdle(): void {
    for (const connection of this.#idle.splice(0)) this.#drop(connection);
  }

  close(): void {
    for (const connection of [...this.#all]) this.#drop(connection);
    this.#idle.length = 0;
  }

  async #turn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    while (this.#taken >= mostConnections) {
      await new Promise<void>((resolve, reject) => {
        const proceed = (): void => {
          signal.removeEventListener('abort', giveUp);
          resolve();
        };
        const giveUp = (): void => {
          this.#waiting.splice(this.#waiting.indexOf(proceed), 1);
          reject(signal.reason as Error);
        };
        this.#waiting.push(proceed);
        signal.addEventListener('abort', giveUp, { once: true });
      });
    }
    this.#taken += 1;
  }

  #idleOne(idleMs: number): ServiceConnection | undefined {
    for (let connection = this.#idle.pop(); connection !== undefined; connection = this.#idle.pop()) {
      if (!connection.isOver && connection.idleMs <= idleMs) return connection;
      this.#drop(connection);
    }
    return undefined;
  }

  async #openOne(signal: AbortSignal): Promise<ServiceConnection> {
    const connection = await this.#open(signal);
    this.#all.add(connection);
    return connection;
  }

  #drop(connection: ServiceConnection): void {
    connection.destroy();
    this.#all.delete(connection);
  }
}
