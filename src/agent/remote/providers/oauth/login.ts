import type { Configuration } from 'openid-client';
import type { Clock } from '../../../ports.ts';
import type { AuthenticationOrder, AuthenticationSteps } from '../../remote-provider.ts';

/** One login: of whom, as which client of the service, and the step by which it meets the person. */
export interface Login<Step extends keyof AuthenticationSteps> {
  readonly client: Configuration;
  readonly order: AuthenticationOrder;
  readonly steps: Pick<AuthenticationSteps, Step>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}
