import { randomInt } from 'node:crypto';
import type { AuthenticationMethod } from '../authorization/authenticated-person.ts';
import type { RemotePerson } from '../people.ts';
import type { SignIn, SignInDesk, SignInDisplay } from '../phone/sign-in-desk.ts';

/** How one login on the platform's page stands. */
export interface Login {
  readonly display: SignInDisplay;
  /** The QR code that is shown, and its number; null for the card methods. */
  phone: { readonly signIn: SignIn; readonly number: string } | null;
  proven: { readonly person: RemotePerson; readonly method: AuthenticationMethod } | null;
}

/** Logins under way, by the interaction that oidc-provider has opened for them. */
export class LoginDesk {
  readonly #signIns: SignInDesk;
  readonly #logins = new Map<string, Login>();

  constructor(signIns: SignInDesk) {
    this.#signIns = signIns;
  }

  open(uid: string, display: SignInDisplay): Login {
    const login = this.#logins.get(uid) ?? { display, phone: null, proven: null };
    this.#logins.set(uid, login);
    return login;
  }

  find(uid: string): Login | undefined {
    return this.#logins.get(uid);
  }

  /** A new code with a new number. What was shown before can no longer be approved. */
  async showCode(login: Login): Promise<void> {
    await login.phone?.signIn.withdraw();
    const number = String(randomInt(100, 1000));
    const signIn = this.#signIns.open({
      code: this.#signIns.newCode(),
      number,
      display: login.display,
      approved: (person) => {
        login.proven = { person, method: 'FIDO' };
        return Promise.resolve();
      },
      refused: () => Promise.resolve(),
    });
    login.phone = { signIn, number };
  }

  end(uid: string): void {
    this.#logins.delete(uid);
  }
}
