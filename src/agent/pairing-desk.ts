import { Pairing, type PairingEnd, type PairingEvent, type PairingOptions } from './api/pairing.ts';
import type { Audit } from './audit/audit-log.ts';
import type { Json } from './control/control-protocol.ts';
import { code, fault, type Log } from './log.ts';
import type { Prompts } from './ports.ts';

export interface PairingDeskOptions extends Omit<PairingOptions, 'onEvent' | 'prompts'> {
  readonly prompts: Pick<Prompts, 'showPairingCode'>;
  readonly audit: Pick<Audit, 'append'>;
  readonly log: Log;
}

/**
 * Pairing as a person meets it: they open it, are shown the code where they opened it, and hear how it ended. Every
 * try, also one while pairing is closed, goes to the audit log.
 */
export class PairingDesk {
  readonly pairing: Pairing;
  readonly #options: PairingDeskOptions;
  readonly #watchers = new Set<{ readonly show: (event: Json) => void; readonly end: (reason: PairingEnd) => void }>();

  constructor(options: PairingDeskOptions) {
    this.#options = options;
    const prompts: Pick<Prompts, 'showPairingCode'> = {
      showPairingCode: (view, signal) => {
        const { code: digits, clientName, origin, program } = view;
        for (const watcher of this.#watchers) watcher.show({ code: digits, clientName, origin, program });
        return options.prompts.showPairingCode(view, signal);
      },
    };
    this.pairing = new Pairing({ ...options, prompts, onEvent: (event) => this.#onEvent(event) });
  }

  /** Opens pairing and resolves with how it ended. `show` gets the code; hanging up closes pairing. */
  async open(show: (event: Json) => void, hangUp: AbortSignal): Promise<PairingEnd> {
    const { until } = this.pairing.open();
    show({ openUntil: until.toISOString() });
    const close = (): void => this.pairing.cancel();
    hangUp.addEventListener('abort', close);
    let watcher: { show: (event: Json) => void; end: (reason: PairingEnd) => void } | undefined;
    try {
      return await new Promise<PairingEnd>((resolve) => {
        watcher = { show, end: resolve };
        this.#watchers.add(watcher);
      });
    } finally {
      hangUp.removeEventListener('abort', close);
      if (watcher !== undefined) this.#watchers.delete(watcher);
    }
  }

  #onEvent(event: PairingEvent): void {
    const { audit, log } = this.#options;
    log.info('pairing', { event: code(event.event) });
    const record = (statement: Parameters<typeof audit.append>[0]): void => {
      audit.append(statement).catch((error: unknown) => log.error('audit.failed', { fault: fault(error) }));
    };
    switch (event.event) {
      case 'refused_while_closed':
        record({ event: 'client.pairing_failed', result: 'PAIRING_CLOSED', notes: [`origin=${event.origin ?? 'native'}`] });
        break;
      case 'code_incorrect':
        // Nobody's client yet: only who says what they are, and from where.
        record({ event: 'client.pairing_failed', result: 'PAIRING_CODE_INCORRECT', caller: { clientId: '', ...event.caller }, notes: [`triesLeft=${event.triesLeft}`] });
        break;
      case 'paired': {
        const { id, name, origin } = event.client;
        record({ event: 'client.paired', result: 'ok', caller: { clientId: id, clientName: name, origin, program: event.program } });
        break;
      }
      case 'closed':
        for (const watcher of this.#watchers) watcher.end(event.reason);
        break;
      case 'opened':
      case 'requested':
        break;
    }
  }
}
