import type { SessionMethod } from '../../contract/api.ts';
import type { Problem } from '../../contract/problem.ts';
import type { CardHost, ReaderState } from '../../native/host/card-host.ts';
import type { Caller, Clock, Prompts, Staff } from '../ports.ts';
import type { AuthenticationStep } from './authentication-step.ts';
import type { IssuedToken, RemoteProvider, RemoteToken } from './remote-provider.ts';
import type { RemoteSession } from './remote-session.ts';
import type { UnfittingAnswer } from './unfitting-answer.ts';

export interface AuthenticationWindowParts {
  readonly prompts: Pick<Prompts, 'openAuthentication'>;
  readonly cards: CardHost;
  readonly clock: Clock;
  readonly deadlines: { readonly consentSeconds: number; readonly cardSeconds: number };
  readonly loginPageSeconds: number;
  readonly facility: string | null;
  readonly terminal: string;
  /** What this terminal offers, in the order in which it is shown. At least one. */
  readonly methods: readonly SessionMethod[];
  /** Those that the provider's login page cannot use here. */
  readonly hiddenMethods: readonly SessionMethod[];
  readonly providerOf: (method: SessionMethod) => RemoteProvider;
}

/** Who authenticates, at whose wish, and what happens to whom. */
export interface AuthenticationTask {
  readonly caller: Caller;
  readonly staff: Staff;
  readonly documents: number;
  readonly canUseCard: boolean;
  readonly suggested: SessionMethod;
  readonly mayUse: (reader: ReaderState) => boolean;
  readonly report: (step: AuthenticationStep) => void;
  /** For the audit log: an attempt began, or ended without a token. */
  readonly began: (method: SessionMethod) => Promise<void>;
  readonly failed: (method: SessionMethod, problem: Problem, unfitting: UnfittingAnswer['by']) => Promise<void>;
  /** Makes a session of a token whose person is the one who was asked for. Throws ProblemError. */
  readonly accept: (provider: RemoteProvider, token: RemoteToken, signal: AbortSignal) => Promise<RemoteSession>;
  /** What a login brings, or may still bring, that was refused or that nobody waits for any more. */
  readonly discard: (provider: RemoteProvider, late: Promise<IssuedToken | null>) => void;
}
