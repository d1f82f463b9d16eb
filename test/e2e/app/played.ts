import type { SessionMethod } from '../../../src/contract/api.ts';

/** The sandbox's remote signing service, and the one provider of it that policy names. */
export interface PlayedRemote {
  readonly provider: 'csc' | 'kagura';
  readonly methods: readonly SessionMethod[];
  /** Kagura: where a login ends; the contract's own address where left out. */
  readonly redirectUrl?: string;
  /** As where the system's own driver asks for a card's PIN; this platform's answer where left out. */
  readonly loginPageTakesCards?: boolean;
}

/** What a spec has this start of the app play, by an environment variable. */
export interface Played {
  /** 0: any free one. */
  readonly ports: readonly number[];
  /** Machine policy; undefined where none is set. */
  readonly policy: unknown;
  readonly remote: PlayedRemote | undefined;
  /** How far the agent's clock is from the true one, ms. */
  readonly clockOffsetMs: number;
}

const { E2E_PLAYED } = process.env;

export const played: Played = { ports: [0], policy: undefined, remote: undefined, clockOffsetMs: 0, ...(E2E_PLAYED === undefined ? {} : (JSON.parse(E2E_PLAYED) as Partial<Played>)) };
