import { statSync, truncateSync } from 'node:fs';
import { systemIo, type AppendIo } from '../../../../src/agent/audit/append-only-file.ts';
import { SigningDesk, type Cast, type DeskOptions } from './signing-desk.ts';

/**
 * An agent that is killed at its n-th effect on the world: a write (half of it is still written), an fsync, and what else
 * calls {@link step}. After that nothing it does has any effect.
 */
export class MortalDesk {
  readonly desk: SigningDesk;
  stepsLeft = Number.POSITIVE_INFINITY;
  readonly #durable = { journal: 0, audit: 0 };

  constructor(cast: Cast, options: Omit<DeskOptions, 'io'> = {}) {
    this.desk = new SigningDesk(cast, { ...options, io: (file) => this.#io(file) });
  }

  isDead(): boolean {
    return this.stepsLeft <= 0;
  }

  step(): 'alive' | 'dying' {
    if (this.isDead()) throw new Error('the agent is dead');
    this.stepsLeft -= 1;
    return this.isDead() ? 'dying' : 'alive';
  }

  /** Kills what is left of the process and starts it again; a power cut also takes what was never fsync'd. */
  async restart(powerCut: number | null): Promise<void> {
    this.stepsLeft = Math.min(this.stepsLeft, 0);
    await this.desk.crash(() => {
      if (powerCut !== null) {
        losePower(this.desk.journalFile, this.#durable.journal, powerCut);
        losePower(this.desk.auditFile, this.#durable.audit, powerCut);
      }
      this.stepsLeft = Number.POSITIVE_INFINITY;
    });
  }

  async dispose(): Promise<void> {
    this.stepsLeft = Number.POSITIVE_INFINITY;
    await this.desk.dispose();
  }

  #io(file: 'journal' | 'audit'): AppendIo {
    return {
      write: (fd, bytes, position) => {
        if (this.step() === 'alive') return systemIo.write(fd, bytes, position);
        systemIo.write(fd, bytes.subarray(0, bytes.length >> 1), position);
        throw new Error('killed in a write');
      },
      sync: async (fd) => {
        if (this.step() === 'dying') throw new Error('killed in an fsync');
        await systemIo.sync(fd);
        this.#isDurable(file);
      },
      syncNow: (fd) => {
        if (this.step() === 'dying') throw new Error('killed at the opening');
        systemIo.syncNow(fd);
        this.#isDurable(file);
      },
      truncate: (fd, size) => {
        if (this.isDead()) throw new Error('the agent is dead');
        systemIo.truncate(fd, size);
      },
    };
  }

  #isDurable(file: 'journal' | 'audit'): void {
    this.#durable[file] = statSync(file === 'journal' ? this.desk.journalFile : this.desk.auditFile).size;
  }
}

function losePower(file: string, durable: number, fraction: number): void {
  const { size } = statSync(file, { throwIfNoEntry: false }) ?? { size: 0 };
  if (size > durable) truncateSync(file, durable + Math.floor((size - durable) * fraction));
}
