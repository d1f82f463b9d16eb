import { withoutFrames, type Log, type LogFields } from './log.ts';

/**
 * The log over the tries to start one agent. A desktop tries every half a minute, and the log rotates: what the try before
 * has said is not said again, so that a night with a taken port leaves one line of it, and one when it is another cause.
 */
export class LogOfTries {
  #before: ReadonlySet<string> = new Set();
  #now = new Set<string>();
  #hasStarted = false;

  /** The log of the next try. */
  over(log: Log): Log {
    this.#before = this.#now;
    this.#now = new Set();
    const write = (level: keyof Log) => (event: string, fields: LogFields = {}): void => {
      if (this.#isNews(event, fields)) log[level](event, fields);
    };
    return { info: write('info'), warn: write('warn'), error: write('error') };
  }

  /** The agent runs: from now on every line counts. */
  started(): void {
    this.#hasStarted = true;
  }

  #isNews(event: string, fields: LogFields): boolean {
    if (this.#hasStarted) return true;
    const line = JSON.stringify([event, fields], (_name, value: unknown) => (typeof value === 'string' ? withoutFrames(value) : value));
    this.#now.add(line);
    return !this.#before.has(line);
  }
}
