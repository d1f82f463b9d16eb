import { createHash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import { ProblemError } from '../../contract/problem.ts';
import type { Clock, Prompts } from '../ports.ts';
import type { Client, ClientRegistry } from './client-registry.ts';

/** For the audit log and for whoever opened pairing. Names are as the caller sent them: make them safe before showing. */
export type PairingEvent =
  | { readonly event: 'opened'; readonly until: Date }
  | { readonly event: 'refused_while_closed'; readonly origin: string | null }
  | { readonly event: 'requested'; readonly clientName: string; readonly origin: string | null; readonly program: string | null }
  | { readonly event: 'code_incorrect'; readonly triesLeft: number; readonly caller: PairingCaller }
  | { readonly event: 'paired'; readonly client: Client; readonly program: string | null }
  | { readonly event: 'closed'; readonly reason: PairingEnd };

export type PairingEnd = 'paired' | 'refused' | 'wrong_codes' | 'expired' | 'cancelled';

export interface PairingOptions {
  readonly prompts: Pick<Prompts, 'showPairingCode'>;
  readonly clients: Pick<ClientRegistry, 'add' | 'revoke'>;
  readonly clock: Clock;
  /** Policy `pairing.allowed`. */
  readonly allowed: boolean;
  readonly onEvent: (event: PairingEvent) => void;
  /** 6 digits. */
  readonly randomCode?: () => string;
}

export interface PairingCaller {
  readonly clientName: string;
  readonly origin: string | null;
  readonly program: string | null;
}

type State =
  | { readonly state: 'closed' }
  | { readonly state: 'open'; readonly deadline: number; readonly timer: NodeJS.Timeout }
  | {
      readonly state: 'code_shown';
      readonly id: string;
      readonly caller: PairingCaller;
      readonly code: string;
      readonly deadline: number;
      readonly timer: NodeJS.Timeout;
      readonly window: AbortController;
      triesLeft: number;
      confirming: boolean;
    };

export const pairingWindowMs = 120_000;
const wrongCodesAllowed = 3;

const closedByCodes = {
  ja: '番号を3回間違えたため、受付を終了しました。「接続先EHRを追加」を開き直してください。',
  en: 'Three wrong codes have closed pairing. Open 接続先EHRを追加 again.',
};

/**
 * How an EHR becomes a client: a person opens pairing here, one caller asks, the agent alone shows a code, the person
 * types it into the EHR. One pairing at a time; three wrong codes, a refusal, a success or the clock close it.
 * SECURITY: test/attacks/row-30-pairing-abuse.test.ts
 */
export class Pairing {
  readonly #options: PairingOptions;
  #state: State = { state: 'closed' };
  #lastRefusalTold = Number.NEGATIVE_INFINITY;

  constructor(options: PairingOptions) {
    this.#options = options;
  }

  /** A person's act, never an API call. Begins anew when it is open already. Throws PAIRING_CLOSED where policy forbids. */
  open(): { readonly until: Date } {
    if (!this.#options.allowed) {
      throw closedProblem({
        ja: '管理者のポリシーでペアリングが禁止されています。接続先EHRはポリシーで登録します。',
        en: 'Machine policy forbids pairing: an administrator names the EHRs in policy.',
      });
    }
    this.#end('cancelled');
    const { clock } = this.#options;
    const until = new Date(clock.now() + pairingWindowMs);
    this.#state = { state: 'open', deadline: clock.monotonic() + pairingWindowMs, timer: this.#expireLater() };
    this.#options.onEvent({ event: 'opened', until });
    return { until };
  }

  /** Whether a caller of this Origin (null: native) may reach the pairing routes now. */
  admits(origin: string | null): boolean {
    const state = this.#current();
    if (state.state === 'closed') return false;
    return state.state === 'open' || state.caller.origin === origin;
  }

  /** Told at most once a minute: any page can try, and the audit log must not be filled by it. */
  noteRefusal(origin: string | null): void {
    const now = this.#options.clock.monotonic();
    if (now - this.#lastRefusalTold < 60_000) return;
    this.#lastRefusalTold = now;
    this.#options.onEvent({ event: 'refused_while_closed', origin });
  }

  begin(caller: PairingCaller): { readonly id: string; readonly expiresAt: Date } {
    const state = this.#current();
    if (state.state === 'closed') {
      this.noteRefusal(caller.origin);
      throw closedProblem(null);
    }
    if (state.state === 'code_shown') {
      throw closedProblem({
        ja: '別のペアリングが進行中です。終わるまで待つか、開き直してください。',
        en: 'Another pairing is under way. Wait for its end, or open pairing again.',
      });
    }
    clearTimeout(state.timer);
    const { clock, prompts, onEvent } = this.#options;
    const expiresAt = new Date(clock.now() + pairingWindowMs);
    const shown: State = {
      state: 'code_shown',
      id: randomBytes(16).toString('hex'),
      caller,
      code: (this.#options.randomCode ?? sixDigits)(),
      deadline: clock.monotonic() + pairingWindowMs,
      timer: this.#expireLater(),
      window: new AbortController(),
      triesLeft: wrongCodesAllowed,
      confirming: false,
    };
    this.#state = shown;
    onEvent({ event: 'requested', ...caller });
    prompts.showPairingCode({ ...caller, code: shown.code, expiresAt }, shown.window.signal).then(
      () => this.#endIf(shown, 'refused'),
      // A window that cannot be shown cannot be consented to.
      () => this.#endIf(shown, 'refused'),
    );
    return { id: shown.id, expiresAt };
  }

  /** Throws PAIRING_CLOSED, NOT_FOUND, PAIRING_CODE_INCORRECT, or what the registry throws. */
  async confirm(id: string, origin: string | null, code: string, tokenSha256: string): Promise<Client> {
    const state = this.#current();
    if (state.state === 'closed') throw closedProblem(null);
    // An id of another caller neither counts as a try nor tells anything.
    if (state.state === 'open' || state.id !== id || state.caller.origin !== origin) {
      throw new ProblemError({ code: 'NOT_FOUND', detail: null });
    }
    if (state.confirming) throw closedProblem(null);
    if (!sameCode(code, state.code)) {
      state.triesLeft -= 1;
      const { triesLeft } = state;
      this.#options.onEvent({ event: 'code_incorrect', triesLeft, caller: state.caller });
      if (triesLeft === 0) this.#end('wrong_codes');
      throw new ProblemError({ code: 'PAIRING_CODE_INCORRECT', detail: triesLeft === 0 ? closedByCodes : null, triesLeft });
    }
    state.confirming = true;
    try {
      const client = await this.#options.clients.add({ name: state.caller.clientName, origin, tokenSha256 });
      // The person refused (or the time ran out) while the client was being written.
      if (this.#state !== state) {
        await this.#options.clients.revoke(client.id);
        throw closedProblem(null);
      }
      this.#options.onEvent({ event: 'paired', client, program: state.caller.program });
      this.#end('paired');
      return client;
    } finally {
      state.confirming = false;
    }
  }

  /** The person closes the window 接続先EHRを追加, or the agent ends. */
  cancel(): void {
    this.#end('cancelled');
  }

  #current(): State {
    const state = this.#state;
    if (state.state !== 'closed' && this.#options.clock.monotonic() >= state.deadline) this.#end('expired');
    return this.#state;
  }

  #endIf(state: State, reason: PairingEnd): void {
    if (this.#state === state) this.#end(reason);
  }

  #end(reason: PairingEnd): void {
    const state = this.#state;
    if (state.state === 'closed') return;
    clearTimeout(state.timer);
    this.#state = { state: 'closed' };
    if (state.state === 'code_shown') state.window.abort(reason);
    this.#options.onEvent({ event: 'closed', reason });
  }

  /** Takes the window away when nobody calls any more; that it is over is decided by the clock, in #current. */
  #expireLater(): NodeJS.Timeout {
    return setTimeout(() => this.#end('expired'), pairingWindowMs).unref();
  }
}

function sixDigits(): string {
  return String(randomInt(1_000_000)).padStart(6, '0');
}

function sameCode(typed: string, shown: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(typed), hash(shown));
}

function closedProblem(detail: { readonly ja: string; readonly en: string } | null): ProblemError {
  return new ProblemError({ code: 'PAIRING_CLOSED', detail });
}
