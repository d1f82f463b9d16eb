import type { LiveRequest } from './live-request.ts';

/** Long enough for a page that is loaded again or a client whose own time-out was shorter than the person. */
export const callerGraceMs = 10_000;

interface Attendance {
  /** Calls that wait for this request now. */
  waiting: number;
  /** It was looked at by a call that did not wait: its caller comes and goes, and nothing is cut off when it does. */
  comesAndGoes: boolean;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Notices that nobody is left to take an answer: on loopback a connection that is cut while it waits is a program that
 * has ended or a page that was closed. A doctor should not type a PIN for it. A caller who asks about the request
 * within the grace is back.
 */
export class CallerAttendance {
  readonly #graceMs: number;
  readonly #gone: (live: LiveRequest) => void;
  readonly #attendances = new WeakMap<LiveRequest, Attendance>();

  constructor(graceMs: number, gone: (live: LiveRequest) => void) {
    this.#graceMs = graceMs;
    this.#gone = gone;
  }

  /** The caller asks without waiting. */
  asked(live: LiveRequest): void {
    const attendance = this.#of(live);
    attendance.comesAndGoes = true;
    clearTimeout(attendance.timer);
  }

  /** A call waits for the request until the returned function says how it ended. */
  waits(live: LiveRequest): (end: { readonly cutOff: boolean }) => void {
    const attendance = this.#of(live);
    attendance.waiting += 1;
    clearTimeout(attendance.timer);
    return ({ cutOff }) => {
      attendance.waiting -= 1;
      if (cutOff) this.#expect(live, attendance);
    };
  }

  /** The last stream by which the caller heard of its requests has ended. */
  streamEnded(live: LiveRequest): void {
    const attendance = this.#of(live);
    if (!attendance.comesAndGoes) this.#expect(live, attendance);
  }

  #expect(live: LiveRequest, attendance: Attendance): void {
    if (attendance.waiting > 0) return;
    clearTimeout(attendance.timer);
    attendance.timer = setTimeout(() => this.#gone(live), this.#graceMs).unref();
  }

  #of(live: LiveRequest): Attendance {
    const known = this.#attendances.get(live) ?? { waiting: 0, comesAndGoes: false, timer: undefined };
    this.#attendances.set(live, known);
    return known;
  }
}
