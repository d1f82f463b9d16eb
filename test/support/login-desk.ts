/** A terminal at which somebody logs in by card: the agent's own helper, the real PIN rules and driver, virtual readers. */
import { createHash, verify } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loginPinOrder, openCardAssertionKey } from '../../src/agent/remote/card-assertion-key.ts';
import { parseCertificate } from '../../src/formats/pki/certificate.ts';
import { CardError, type AuthenticationCard } from '../../src/native/host/card-host.ts';
import { createFilePinLedger } from '../../src/native/host/pin-ledger-file.ts';
import type { VirtualCard } from '../../src/sandbox/cards/virtual-card.ts';
import { VirtualReaders } from '../../src/sandbox/cards/virtual-readers.ts';
import { authenticationCard, stateWhere } from './card-states.ts';
import { MortalCardHost } from './mortal-card-host.ts';

const assertion = Buffer.from('header.claims');
export const assertionHash = createHash('sha256').update(assertion).digest();

export interface LoginAttempt {
  /** Signatures that the service asks for. */
  readonly signatures?: number;
  readonly spendLastTries?: boolean;
}

export class LoginDesk {
  readonly reader = 'Virtual Reader 1';
  readonly readers = new VirtualReaders([this.reader]);
  readonly cards: MortalCardHost;
  readonly #folder = mkdtempSync(join(tmpdir(), 'hpki-login-'));

  constructor() {
    this.cards = new MortalCardHost(this.readers, createFilePinLedger(join(this.#folder, 'pin-tries.json')));
  }

  insert(card: VirtualCard): void {
    this.readers.remove(this.reader);
    this.readers.insert(card, this.reader);
  }

  /** The card as it is shown, once it was read. */
  shown(): Promise<AuthenticationCard> {
    return authenticationCard(this.cards);
  }

  /** The card as it is shown, or nothing once it has turned out to be of no use. */
  async look(): Promise<AuthenticationCard | undefined> {
    await stateWhere(this.cards, (state) => state.service === 'running' && state.readers.every((place) => place.state !== 'reading' && !(place.state === 'ready' && place.authentication === 'reading')));
    return this.shown().catch(() => undefined);
  }

  /**
   * One typed PIN for one login with the card that is shown. A stubborn service: it asks for each signature, and asks
   * again whatever the answer was. Resolves with the signatures and with the first error's code.
   */
  async logIn(card: AuthenticationCard, pin: string, { signatures = 1, spendLastTries = false }: LoginAttempt = {}): Promise<{ readonly signed: number; readonly code: string | null }> {
    let signed = 0;
    let code: string | null = null;
    const failed = (error: unknown): void => {
      if (!(error instanceof CardError)) throw error;
      code ??= error.code;
    };
    const session = await this.cards.holdPin({ ...loginPinOrder(card), pin: Buffer.from(pin), spendLastTries }).catch(failed);
    if (session === undefined) return { signed, code };
    const key = openCardAssertionKey(this.cards, card, session);
    for (let asked = 0; asked < signatures + 2; asked += 1) {
      const signature = await key.sign(assertionHash).catch(failed);
      if (signature === undefined) continue;
      if (!verify('sha256', assertion, parseCertificate(card.certificate).publicKey, signature)) throw new Error('a signature that does not hold');
      signed += 1;
    }
    await key.close();
    return { signed, code };
  }

  async close(): Promise<void> {
    await this.cards.close();
    await this.readers.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
