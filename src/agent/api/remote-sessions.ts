import type { SessionMethod } from '../../contract/api.ts';
import { ProblemError } from '../../contract/problem.ts';
import type { Caller } from '../ports.ts';
import { whyNotHere } from '../remote/why-not-here.ts';
import type { Text } from './language.ts';

/** Whether a doctor can sign remotely without authenticating first. */
export interface RemoteSessionView {
  readonly staffId: string;
  readonly state: 'not_configured' | 'not_authenticated' | 'authenticating' | 'ready';
  /** How the person authenticated, where they have. */
  readonly method: SessionMethod | null;
  readonly until: Date | null;
  readonly reason: Text | null;
}

export interface SessionOrder {
  readonly staffId: string;
  /** As the EHR shows it; the id where it did not say. */
  readonly staffName: string;
  readonly method: SessionMethod;
}

/** Authentication for remote signing, ahead of time. `begin` throws ProblemError. */
export interface RemoteSessions {
  get(caller: Caller, staffId: string): RemoteSessionView;
  begin(caller: Caller, order: SessionOrder): Promise<RemoteSessionView>;
  /** Ends the session; false where there was none. */
  end(caller: Caller, staffId: string): Promise<boolean>;
}

/** An agent without a provider for remote signing. */
export const noRemoteSessions: RemoteSessions = {
  get: (_caller, staffId) => ({ staffId, state: 'not_configured', method: null, until: null, reason: whyNotHere.notConfigured }),
  begin: () => Promise.reject(new ProblemError({ code: 'NOT_AUTHENTICATED', detail: whyNotHere.notConfigured })),
  end: () => Promise.resolve(false),
};
