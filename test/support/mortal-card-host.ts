/** The real driver and PIN rules over virtual readers, as a host process that can be killed at any command. */
import { DirectCardStack } from '../../src/native/cards/direct-card-stack.ts';
import { CardError, type CardHost, type CardStackState, type PinEntry, type PinSessionId, type PinTries } from '../../src/native/host/card-host.ts';
import { inProcessCardHost } from '../../src/native/host/guarded-card-host.ts';
import type { PinLedger } from '../../src/native/host/pin-ledger.ts';
import { SmartCardError, type SmartCardService } from '../../src/native/pcsc/smart-card-service.ts';

/**
 * A killed host sends no further command to a card and writes nothing more; who waited for it is told
 * CARD_MODULE_FAILED, and a new host begins over the same ledger. That is what a process of its own does.
 */
export class MortalCardHost implements CardHost {
  readonly #readers: SmartCardService;
  readonly #ledger: PinLedger;
  readonly #listeners = new Set<(state: CardStackState) => void>();
  #life: Life;
  /** Commands to the card until the host dies; null lives on. */
  #commandsLeft: number | null = null;

  constructor(readers: SmartCardService, ledger: PinLedger) {
    this.#readers = readers;
    this.#ledger = ledger;
    this.#life = this.#begin();
  }

  /** The host dies instead of sending the n-th command from now, counted from 0. */
  dieAtCommand(commands: number): void {
    this.#commandsLeft = commands;
  }

  state(): CardStackState {
    return this.#life.host.state();
  }

  isStarting(): boolean {
    return this.#life.host.isStarting();
  }

  subscribe(listener: (state: CardStackState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  pinTries(card: string): Promise<PinTries> {
    return this.#orDeath((host) => host.pinTries(card));
  }

  holdPin(entry: PinEntry): Promise<PinSessionId> {
    return this.#orDeath((host) => host.holdPin(entry));
  }

  sign(session: PinSessionId, hash: Uint8Array): Promise<Uint8Array> {
    return this.#orDeath((host) => host.sign(session, hash));
  }

  endPinSession(session: PinSessionId): Promise<void> {
    return this.#life.host.endPinSession(session);
  }

  revive(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#listeners.clear();
    return this.#life.host.close();
  }

  async #orDeath<T>(call: (host: CardHost) => Promise<T>): Promise<T> {
    const { host, death } = this.#life;
    return Promise.race([call(host), death.promise]);
  }

  #begin(): Life {
    const death = Promise.withResolvers<never>();
    death.promise.catch(() => undefined);
    const life = { dead: false };
    const readers: SmartCardService = {
      state: () => this.#readers.state(),
      subscribe: (listener) => this.#readers.subscribe(listener),
      transaction: (reader, work) =>
        this.#readers.transaction(reader, (card) =>
          work({
            atr: card.atr,
            transmit: (command) => {
              if (!life.dead && this.#commandsLeft !== null) {
                if (this.#commandsLeft === 0) this.#kill(life, death);
                else this.#commandsLeft -= 1;
              }
              return life.dead ? Promise.reject(new SmartCardError('SERVICE_UNAVAILABLE', 'the process is dead')) : card.transmit(command);
            },
          }),
        ),
      close: () => Promise.resolve(),
    };
    const ledger: PinLedger = {
      load: (card) => this.#ledger.load(card),
      save: (card, record) => (life.dead ? Promise.reject(new Error('the process is dead')) : this.#ledger.save(card, record)),
    };
    const host = inProcessCardHost(new DirectCardStack(readers), ledger);
    host.subscribe((state) => {
      if (!life.dead) for (const listener of [...this.#listeners]) listener(state);
    });
    return { host, death };
  }

  #kill(life: { dead: boolean }, death: PromiseWithResolvers<never>): void {
    life.dead = true;
    this.#commandsLeft = null;
    this.#life = this.#begin();
    death.reject(new CardError('CARD_MODULE_FAILED', 'the card host was killed'));
  }
}

interface Life {
  readonly host: CardHost;
  readonly death: PromiseWithResolvers<never>;
}
