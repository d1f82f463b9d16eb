import { faultSchema, wireFaultKinds, type Fault, type FaultKind, type FaultOf, type FaultToArm, type WireFault } from './fault.ts';

interface Armed {
  readonly fault: Fault;
  toPass: number;
  /** Null: without end. */
  toHit: number | null;
}

/** Faults that wait for their calls. Several may be armed; each hits by its own count. */
export class FaultInjector {
  #armed: Armed[] = [];

  /** Throws ZodError where the fault is not one. */
  arm(toArm: FaultToArm): void {
    const fault = faultSchema.parse(toArm);
    this.#armed.push({ fault, toPass: fault.after, toHit: fault.times });
  }

  disarm(): void {
    this.#armed = [];
  }

  /** What is still armed. */
  get armed(): readonly Fault[] {
    return this.#armed.map(({ fault }) => fault);
  }

  /** The faults of the wire that hit this call, in the order of arming. */
  takeWireFaults(endpoint: string): readonly WireFault[] {
    return wireFaultKinds.flatMap((kind) => this.take(kind, endpoint) ?? []);
  }

  /** One call has come to where this fault may hit: the fault, or null. */
  take<Kind extends FaultKind>(kind: Kind, endpoint: string): FaultOf<Kind> | null {
    for (const armed of this.#armed) {
      const { fault } = armed;
      if (fault.kind !== kind || (fault.on !== undefined && fault.on !== endpoint)) continue;
      if (armed.toPass > 0) {
        armed.toPass -= 1;
        continue;
      }
      if (armed.toHit !== null) armed.toHit -= 1;
      this.#armed = this.#armed.filter(({ toHit }) => toHit !== 0);
      return fault as FaultOf<Kind>;
    }
    return null;
  }
}
