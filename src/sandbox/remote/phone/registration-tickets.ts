import { randomBytes } from 'node:crypto';
import type { RemotePerson } from '../people.ts';
import type { ServiceClock } from '../service-clock.ts';

/** Wrong passwords that a ticket bears. */
const passwordTries = 5;

/** A ticket by the person's portal runs out after three months. */
const ticketMilliseconds = 90 * 86_400_000;

export type TicketState = 'open' | 'locked' | 'used' | 'expired';

/** What a person gets from the CA to register one phone: the QR code of an address, good once, and a password beside it. */
export class RegistrationTicket {
  readonly value: string = randomBytes(16).toString('base64url');
  readonly person: RemotePerson;
  readonly expiresAt: Date;
  readonly #clock: ServiceClock;
  #triesLeft = passwordTries;
  #used = false;
  /** The phone that has given the right password. */
  #phone: string | null = null;

  constructor(person: RemotePerson, clock: ServiceClock) {
    this.person = person;
    this.#clock = clock;
    this.expiresAt = new Date(clock.now() + ticketMilliseconds);
  }

  get state(): TicketState {
    if (this.#used) return 'used';
    if (this.#triesLeft === 0) return 'locked';
    return this.#clock.now() < this.expiresAt.getTime() ? 'open' : 'expired';
  }

  get triesLeft(): number {
    return this.#triesLeft;
  }

  /** SECURITY: the fifth wrong password locks it, the right one too from then on (test/integration/remote-service/phone.test.ts). */
  tryPassword(phone: string, password: string): 'right' | 'wrong' | 'closed' {
    if (this.state !== 'open') return 'closed';
    if (password !== this.person.password) {
      this.#triesLeft -= 1;
      return 'wrong';
    }
    this.#triesLeft = passwordTries;
    this.#phone = phone;
    return 'right';
  }

  /** This phone may register now. */
  opensFor(phone: string): boolean {
    return this.state === 'open' && this.#phone === phone;
  }

  use(): void {
    this.#used = true;
  }
}

export class RegistrationTickets {
  readonly #clock: ServiceClock;
  readonly #tickets = new Map<string, RegistrationTicket>();

  constructor(clock: ServiceClock) {
    this.#clock = clock;
  }

  issue(person: RemotePerson): RegistrationTicket {
    const ticket = new RegistrationTicket(person, this.#clock);
    this.#tickets.set(ticket.value, ticket);
    return ticket;
  }

  find(value: string): RegistrationTicket | undefined {
    return this.#tickets.get(value);
  }
}
