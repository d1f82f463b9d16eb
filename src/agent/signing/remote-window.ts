import type { Certificate } from '../../formats/pki/certificate.ts';
import type { RemoteSession } from '../remote/remote-session.ts';
import type { BindingView, Clock, ConsentQuestion, DialogOutcome, Prompts, SignatureDialog, SignatureDialogView } from '../ports.ts';
import { askUntil, DeadlinePassed } from './ask-until.ts';
import { viewCertificate } from './card-fitness.ts';
import type { LiveRequest } from './live-request.ts';
import { outcomeAfter } from './outcome-after.ts';
import { cancelledBy, expired, problem } from './request-end.ts';
import type { SignaturePolicy } from './signature-policy.ts';

export interface RemoteWindowParts {
  readonly prompts: Pick<Prompts, 'openSignature'>;
  readonly clock: Clock;
  readonly policy: Pick<SignaturePolicy, 'deadlines'>;
}

/** The signature window of a request that the cloud signs: it asks whose certificate this is and whether to sign, never for a PIN. */
export class RemoteWindow {
  readonly #parts: RemoteWindowParts;
  readonly #request: LiveRequest;
  readonly #dialog: SignatureDialog;
  readonly #personInDocument: string;

  constructor(parts: RemoteWindowParts, request: LiveRequest, view: SignatureDialogView) {
    this.#parts = parts;
    this.#request = request;
    this.#personInDocument = view.documents[0]?.summary.signer.name ?? '';
    this.#dialog = parts.prompts.openSignature(view);
  }

  /** Three names side by side: the EHR's, the document's, the certificate's. */
  async confirmBinding(certificate: Certificate, provider: string): Promise<void> {
    this.#request.dispatch({ type: 'consent_asked', question: 'binding' });
    const view: BindingView = {
      staff: this.#request.identity.staff,
      personInDocument: this.#personInDocument,
      certificate: viewCertificate(certificate, this.#parts.clock.now()),
      place: { kind: 'cloud', provider },
    };
    await this.#ask((signal) => this.#dialog.confirmBinding(view, signal), expired);
  }

  async askConsent(why: ConsentQuestion['why'], documents: readonly string[], { method, until }: RemoteSession): Promise<void> {
    this.#request.dispatch({ type: 'consent_asked', question: 'content' });
    const question: ConsentQuestion = { why, documents, session: { method, until } };
    await this.#ask(
      (signal) => this.#dialog.askConsent(question, signal),
      () => (why === 'bound_reached' ? problem('TOKEN_BOUND_REACHED') : expired()),
    );
  }

  throwIfLeft(): void {
    this.#dialog.throwIfLeft();
  }

  waiting(names: readonly string[]): void {
    this.#dialog.waiting(names);
  }

  signing(done: number, total: number): void {
    this.#dialog.signing(done, total);
  }

  close(end: DialogOutcome): void {
    this.#dialog.close(end);
  }

  closeAfter(error: unknown): void {
    this.close(outcomeAfter(error));
  }

  async #ask(question: (signal: AbortSignal) => Promise<'confirmed' | 'cancelled'>, late: () => Error): Promise<void> {
    try {
      const answer = await askUntil(this.#request.signal, this.#parts.policy.deadlines.consentSeconds * 1000, question);
      if (answer === 'cancelled') throw cancelledBy('person');
    } catch (error) {
      throw error instanceof DeadlinePassed ? late() : error;
    }
  }
}
