import type { Caller } from '../ports.ts';
import type { Authentications } from '../remote/authentications.ts';
import type { RemoteProvider } from '../remote/remote-provider.ts';
import type { RemoteSessionDesk } from '../remote/remote-session-desk.ts';
import { whyNotHere } from '../remote/why-not-here.ts';
import type { DocumentPlan } from './accept-documents.ts';
import type { JournalEntry } from './journal.ts';
import type { LiveRequest } from './live-request.ts';
import { TakesOtherWay } from './other-way.ts';
import { RemoteRun, type RemoteRunParts } from './remote-run.ts';
import { problem } from './request-end.ts';
import { cardQuestion, type QuestionedRequest } from './request-question.ts';
import type { SignatureRelease } from './signature-release.ts';
import { SignatureRun, type RunParts } from './signature-run.ts';
import type { SignatureRequest, SignatureResult } from './signature-service.ts';
import type { SignedAnswers } from './signed-answers.ts';
import { chooseWay } from './way.ts';

/** What requests need of remote signing. */
export interface RemoteSigning {
  readonly providers: ReadonlyMap<string, RemoteProvider>;
  readonly sessions: RemoteSessionDesk;
  readonly authentications: Authentications;
  /** Whether a person confirms what is signed with a live token. */
  readonly confirm: 'never' | 'each-batch' | 'each';
}

/** What a run on either way needs, but for remote signing itself. */
export type WaysParts = RunParts & Omit<RemoteRunParts, keyof RemoteSigning | 'verify'>;

/** The two ways of a request to its signatures, a card and the cloud, and the change from one to the other. */
export class RequestWays {
  readonly #parts: WaysParts;
  readonly #remote: RemoteSigning | null;
  readonly #release: SignatureRelease;

  constructor(parts: WaysParts, remote: RemoteSigning | null, release: SignatureRelease) {
    this.#parts = parts;
    this.#remote = remote;
    this.#release = release;
  }

  /** Whether the cloud may sign for this caller, now or after an authentication that this terminal offers. */
  canSignRemotely(caller: Caller, { staff }: SignatureRequest): boolean {
    const remote = this.#remote;
    return remote !== null && (remote.authentications.methods.length > 0 || remote.sessions.find(caller.clientId, staff.id) !== undefined);
  }

  /** One way, and the other one when a person turns to it or the first is closed. Nothing was signed on a way that is left. */
  async sign(live: LiveRequest, plan: DocumentPlan, request: SignatureRequest, entry: JournalEntry | null): Promise<SignatureResult> {
    const order: QuestionedRequest = { request: live, plan, partial: request.partial };
    const release = (signed: SignedAnswers): Promise<SignatureResult> => this.#release.release(live, plan, request.documents, signed);
    const ways = { cards: this.#parts.cards, remote: this.#remote };
    let earlier = entry;
    live.method = await chooseWay(ways, live, request.method, entry?.recipe ?? null, () => cardQuestion(this.#parts, order, null));
    for (;;) {
      try {
        return await (live.method === 'local' ? this.#cardRun(order, request, earlier) : this.#remoteRun(order, request, earlier)).perform(release);
      } catch (error) {
        if (!(error instanceof TakesOtherWay)) throw error;
        live.method = error.way;
        earlier = null;
      }
    }
  }

  #cardRun(order: QuestionedRequest, { method }: SignatureRequest, entry: JournalEntry | null): SignatureRun {
    const recipe = entry?.recipe ?? null;
    if (recipe?.form === 'element') throw new Error('a card follows no recipe of a provider');
    const canAuthenticate = method === 'auto' && (this.#remote?.authentications.methods.length ?? 0) > 0;
    return new SignatureRun(this.#parts, { ...order, recipe, canAuthenticate });
  }

  #remoteRun(order: QuestionedRequest, { method }: SignatureRequest, entry: JournalEntry | null): RemoteRun {
    // Policy has taken the provider away since the recipe was written.
    if (this.#remote === null) throw problem('NOT_AUTHENTICATED', whyNotHere.notConfigured);
    const parts = { ...this.#parts, ...this.#remote, verify: this.#release.verify };
    return new RemoteRun(parts, { ...order, entry, canUseCard: method === 'auto' });
  }
}
