import { ProblemError } from '../../contract/problem.ts';
import type { Prompts, Staff } from '../ports.ts';
import { problem } from '../signing/request-end.ts';
import type { SignaturePolicy } from '../signing/signature-policy.ts';
import { isSameAccount, type StaffBindings } from '../signing/staff-bindings.ts';
import { ownershipOf } from '../signing/staff-ownership.ts';
import { readCredentials } from './credentials.ts';
import type { RemoteProvider, RemoteToken } from './remote-provider.ts';
import { sessionNotices } from './session-notices.ts';

export interface PersonCheckParts {
  readonly bindings: StaffBindings;
  readonly policy: Pick<SignaturePolicy, 'staff'>;
  readonly prompts: Pick<Prompts, 'notify'>;
}

/**
 * Whether somebody who has authenticated is the one who was asked for: any phone can scan any code. An account that this
 * staff member has used before must be that account; certificates in the cloud must not be known to be somebody else's.
 * For the first use that leaves open who it is, a person compares the names before anything is released.
 */
export class PersonCheck {
  readonly #parts: PersonCheckParts;

  constructor(parts: PersonCheckParts) {
    this.#parts = parts;
  }

  /** Throws AUTHENTICATED_OTHER_PERSON after the doctor was told. */
  async expectPerson(staff: Staff, provider: RemoteProvider, token: RemoteToken, signal: AbortSignal): Promise<void> {
    const { bindings, prompts } = this.#parts;
    const accounts = bindings.accountsOf(staff.id).filter((account) => account.provider === provider.name);
    const isOther = accounts.length > 0 && !accounts.some((account) => isSameAccount(account, { provider: provider.name, subject: token.subject }));
    if (!isOther && (await this.#mayBeTheirs(staff, provider, token, signal))) return;
    prompts.notify(sessionNotices.otherPerson(staff.name));
    throw problem('AUTHENTICATED_OTHER_PERSON');
  }

  /** What cannot be asked now is asked before the first signature. */
  async #mayBeTheirs(staff: Staff, provider: RemoteProvider, token: RemoteToken, signal: AbortSignal): Promise<boolean> {
    if (provider.signing.form !== 'value') return true;
    const { bindings, policy } = this.#parts;
    try {
      const credentials = await readCredentials(provider.signing, token, signal);
      return credentials.length === 0 || credentials.some(({ certificate }) => ownershipOf(certificate, staff.id, bindings, policy.staff) !== 'other');
    } catch (error) {
      if (error instanceof ProblemError) return true;
      throw error;
    }
  }
}
