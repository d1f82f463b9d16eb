import type { Certificate } from '../../formats/pki/certificate.ts';
import type { Clock, DialogOutcome, Prompts } from '../ports.ts';
import type { RemoteSession } from '../remote/remote-session.ts';
import type { Lane } from './lane.ts';
import type { LiveRequest } from './live-request.ts';
import { RemoteWindow } from './remote-window.ts';
import { RequestStopped } from './request-end.ts';
import { dialogViewOf, signerQuestion, type QuestionedRequest } from './request-question.ts';
import type { SignaturePolicy } from './signature-policy.ts';
import type { StaffBindings } from './staff-bindings.ts';

export interface RemoteConsentParts {
  readonly prompts: Pick<Prompts, 'openSignature'>;
  readonly clock: Clock;
  readonly bindings: StaffBindings;
  readonly policy: SignaturePolicy;
  /** Whether a person confirms what the cloud signs. */
  readonly confirm: 'never' | 'each-batch' | 'each';
  readonly windows: Lane;
  readonly waitingCallers: (except: LiveRequest) => readonly string[];
  readonly onQueueChange: (listener: () => void) => () => void;
}

/**
 * When a request that the cloud signs needs a person after all: at the first use of a certificate, beyond the bounds of what
 * one authentication signs unseen, and wherever policy wants it. One window for all of that, opened when it is needed.
 */
export class RemoteConsent {
  readonly #parts: RemoteConsentParts;
  readonly #order: QuestionedRequest;
  #window: RemoteWindow | null = null;
  #leave: (() => void) | null = null;
  #confirmed: string | null = null;
  #hasConsented = false;
  wasShown = false;
  /** The person said that this is somebody else's certificate. */
  wasBindingRefused = false;

  constructor(parts: RemoteConsentParts, order: QuestionedRequest) {
    this.#parts = parts;
    this.#order = order;
  }

  /** Before anything is sent. `certificate` is null where it is known only afterwards. */
  async ask(session: RemoteSession, certificate: Certificate | null): Promise<void> {
    if (certificate !== null) await this.confirmFirstUse(certificate, session.owner.provider);
    const window = await this.#openIf(() => this.#reason(session) !== null);
    // The window may have been open for long: the count is the one of now.
    const why = this.#reason(session);
    if (window === null || why === null) return;
    const ids = this.#order.plan.accepted.map(({ id }) => id);
    const rounds = this.#parts.confirm === 'each' ? ids.map((id) => [id]) : [ids];
    for (const documents of rounds) await window.askConsent(why, documents, session);
    this.#hasConsented = true;
    session.usage.reset();
  }

  /** True where a person has confirmed, in this run, that the certificate belongs to the staff member. */
  async confirmFirstUse(certificate: Certificate, provider: string): Promise<boolean> {
    if (this.#confirmed === certificate.sha256) return true;
    const window = await this.#openIf(() => this.#isFirstUse(certificate));
    if (window === null) return false;
    try {
      await window.confirmBinding(certificate, provider);
    } catch (error) {
      this.wasBindingRefused = error instanceof RequestStopped && error.state === 'cancelled' && !this.#order.request.signal.aborted;
      throw error;
    }
    this.#confirmed = certificate.sha256;
    return true;
  }

  /** Of whom something was asked. */
  throwIfLeft(): void {
    this.#window?.throwIfLeft();
  }

  signing(done: number, total: number): void {
    this.#window?.signing(done, total);
  }

  close(end: DialogOutcome): void {
    this.#window?.close(end);
    this.#gone();
  }

  closeAfter(error: unknown): void {
    this.#window?.closeAfter(error);
    this.#gone();
  }

  #reason({ usage }: RemoteSession): 'policy' | 'bound_reached' | null {
    const { policy, clock, confirm } = this.#parts;
    if (this.#hasConsented) return null;
    if (!usage.allows(policy.bounds, this.#order.plan.accepted.length, clock.monotonic())) return 'bound_reached';
    return confirm === 'never' ? null : 'policy';
  }

  #isFirstUse(certificate: Certificate): boolean {
    return this.#confirmed !== certificate.sha256 && signerQuestion(this.#parts, this.#order, null).ownership(certificate) === 'unbound';
  }

  /**
   * The window, where there is a question for it; else null. The wait for the lane may have been for a request whose
   * confirmation answers this one too: it has brought the count down, or has bound the certificate.
   */
  async #openIf(isNeeded: () => boolean): Promise<RemoteWindow | null> {
    if (!isNeeded()) return null;
    if (this.#window !== null) return this.#window;
    const { windows, waitingCallers, onQueueChange } = this.#parts;
    const { request } = this.#order;
    const leave = await windows.enter(request.signal);
    if (!isNeeded()) {
      leave();
      return null;
    }
    const window = new RemoteWindow(this.#parts, request, dialogViewOf(this.#order, waitingCallers(request)));
    const forgetQueue = onQueueChange(() => window.waiting(waitingCallers(request)));
    this.#leave = () => {
      forgetQueue();
      leave();
    };
    this.#window = window;
    this.wasShown = true;
    return window;
  }

  #gone(): void {
    this.#window = null;
    this.#leave?.();
    this.#leave = null;
  }
}
