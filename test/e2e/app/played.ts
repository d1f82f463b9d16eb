/** What a spec has this start of the app play, by an environment variable. */
export interface Played {
  /** 0: any free one. */
  readonly ports: readonly number[];
  /** Machine policy; undefined where none is set. */
  readonly policy: unknown;
  /** Whether there is a service for remote signing. */
  readonly remote: boolean;
  /** How far the agent's clock is from the true one, ms. */
  readonly clockOffsetMs: number;
}

const { E2E_PLAYED } = process.env;

export const played: Played = { ports: [0], policy: undefined, remote: false, clockOffsetMs: 0, ...(E2E_PLAYED === undefined ? {} : (JSON.parse(E2E_PLAYED) as Partial<Played>)) };
