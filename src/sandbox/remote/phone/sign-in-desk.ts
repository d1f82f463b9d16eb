import { randomInt } from 'node:crypto';
import type { RemotePerson } from '../people.ts';
import type { ServiceClock } from '../service-clock.ts';

/** What the phone shows, so that nobody approves a terminal that is not theirs (RFC 8628 §5.4). */
export interface SignInDisplay {
  /** From the terminal's client certificate where it has one. */
  readonly facility: string;
  readonly terminal: string;
  /** Whom the terminal expects. The service does not compare it with who comes: the terminal does. */
  readonly doctor: string;
}

export interface SignInOrder {
  /** In the phone's address; unguessable enough for two minutes. */
  readonly code: string;
  /** The digits that only the terminal shows. */
  readonly number: string;
  readonly display: SignInDisplay;
  readonly approved: (person: RemotePerson) => Promise<void>;
  readonly refused: (reason: RefusalReason) => Promise<void>;
}

export type RefusalReason = 'wrong-number' | 'declined' | 'withdrawn';

export type SignInState = 'waiting' | 'scanned' | 'number-right' | 'approved' | 'refused' | 'expired';

/** Wrong numbers that one sign-in bears. The third ends it. */
const numberTries = 3;

/** One QR code and what has become of it. Single use, and bound to the first phone that has scanned it. */
export class SignIn {
  readonly code: string;
  readonly display: SignInDisplay;
  readonly begunAt: Date;
  readonly expiresAt: Date;
  readonly #order: SignInOrder;
  readonly #clock: ServiceClock;
  #progress: Exclude<SignInState, 'expired'> = 'waiting';
  #phone: string | null = null;
  #triesLeft = numberTries;

  constructor(order: SignInOrder, seconds: number, clock: ServiceClock) {
    this.code = order.code;
    this.display = order.display;
    this.#order = order;
    this.#clock = clock;
    this.begunAt = clock.date();
    this.expiresAt = new Date(clock.now() + seconds * 1000);
  }

  get state(): SignInState {
    const over = this.#progress === 'approved' || this.#progress === 'refused';
    return !over && this.#clock.now() >= this.expiresAt.getTime() ? 'expired' : this.#progress;
  }

  get triesLeft(): number {
    return this.#triesLeft;
  }

  /** A phone has opened the address. SECURITY: only the first one may go on (test/integration/remote-service/sign-in.test.ts). */
  scan(phone: string): 'ours' | 'other-phone' | 'over' {
    if (this.state === 'waiting') {
      this.#phone = phone;
      this.#progress = 'scanned';
    }
    if (this.#phone !== null && this.#phone !== phone) return 'other-phone';
    return this.state === 'scanned' || this.state === 'number-right' ? 'ours' : 'over';
  }

  async tryNumber(phone: string, number: string): Promise<'right' | 'wrong' | 'over'> {
    if (this.scan(phone) !== 'ours' || this.#triesLeft === 0) return 'over';
    if (number === this.#order.number) {
      this.#progress = 'number-right';
      return 'right';
    }
    this.#triesLeft -= 1;
    if (this.#triesLeft === 0) await this.#refuse('wrong-number');
    return 'wrong';
  }

  /** The phone has verified its user. */
  async approve(phone: string, person: RemotePerson): Promise<'approved' | 'over'> {
    if (this.scan(phone) !== 'ours' || this.state !== 'number-right') return 'over';
    this.#progress = 'approved';
    await this.#order.approved(person);
    return 'approved';
  }

  async decline(phone: string): Promise<void> {
    if (this.scan(phone) === 'ours') await this.#refuse('declined');
  }

  /** The terminal shows another code instead. */
  async withdraw(): Promise<void> {
    if (this.state !== 'approved' && this.state !== 'refused') await this.#refuse('withdrawn');
  }

  async #refuse(reason: RefusalReason): Promise<void> {
    this.#progress = 'refused';
    await this.#order.refused(reason);
  }
}

/** All sign-ins by phone that are under way, and those that ended lately. */
export class SignInDesk {
  readonly #clock: ServiceClock;
  readonly #seconds: number;
  readonly #signIns = new Map<string, SignIn>();

  /** `seconds`: how long a QR code lives, 120 at most. */
  constructor(clock: ServiceClock, seconds: number) {
    if (seconds > 120) throw new RangeError('a QR code lives for 120 seconds at most');
    this.#clock = clock;
    this.#seconds = seconds;
  }

  open(order: SignInOrder): SignIn {
    const hourAgo = this.#clock.now() - 3_600_000;
    for (const [code, { expiresAt }] of this.#signIns) if (expiresAt.getTime() < hourAgo) this.#signIns.delete(code);
    const signIn = new SignIn(order, this.#seconds, this.#clock);
    this.#signIns.set(normalized(order.code), signIn);
    return signIn;
  }

  /** Eight letters that nobody confuses, as in RFC 8628 §6.1. */
  newCode(): string {
    const letters = 'BCDFGHJKLMNPQRSTVWXZ';
    const code = Array.from({ length: 8 }, () => letters[randomInt(letters.length)]).join('');
    return `${code.slice(0, 4)}-${code.slice(4)}`;
  }

  find(code: string): SignIn | undefined {
    return this.#signIns.get(normalized(code));
  }

  all(): readonly SignIn[] {
    return [...this.#signIns.values()];
  }
}

/** People type codes in lower case and without the dash. */
const normalized = (code: string): string => code.toUpperCase().replace(/[^A-Z0-9]/g, '');
