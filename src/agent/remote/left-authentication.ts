import type { AuthenticationExit } from '../ports.ts';

/** The person has left a step of the authentication, for another method, for the card, or for good. */
export class LeftAuthentication extends Error {
  override readonly name = 'LeftAuthentication';
  readonly exit: AuthenticationExit;

  constructor(exit: AuthenticationExit) {
    super(exit);
    this.exit = exit;
  }
}
