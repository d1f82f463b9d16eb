import type { Listener } from '../http/listener.ts';
import type { TlsIdentity } from '../../ca/test-tls-ca.ts';
import type { PeopleDirectory, PersonKey } from '../people.ts';
import type { RegistrationTickets } from '../phone/registration-tickets.ts';
import type { SignInDesk } from '../phone/sign-in-desk.ts';
import type { ServiceClock } from '../service-clock.ts';
import type { SigningDesk } from '../signing-desk.ts';
import type { CallCount, CallCounter } from './calls.ts';
import type { Fault, FaultToArm } from './fault.ts';
import type { FaultInjector } from './fault-injector.ts';

export type ControlledListener = 'api' | 'login' | 'card' | 'phone';

export interface ControlParts {
  readonly clock: ServiceClock;
  readonly calls: CallCounter;
  readonly faults: FaultInjector;
  readonly signing: SigningDesk;
  readonly people: PeopleDirectory;
  readonly tickets: RegistrationTickets;
  readonly signIns: SignInDesk;
  readonly listeners: Readonly<Record<ControlledListener, Listener>>;
  readonly certificates: Readonly<Record<'valid' | 'expired', TlsIdentity>>;
  readonly revokeTokens: () => void;
  readonly phoneOrigin: string;
}

export interface RemoteSnapshot {
  /** ISO 8601, by the service's clock. */
  readonly now: string;
  readonly clockOffset: number;
  readonly armed: readonly Fault[];
  readonly calls: Readonly<Record<string, CallCount>>;
  /** Signatures made, by person. */
  readonly signatures: Readonly<Partial<Record<PersonKey, number>>>;
  readonly signIns: readonly { readonly code: string; readonly state: string; readonly expiresAt: string }[];
}

/** All that a test can do to the service while it runs. The control port offers the same as JSON. */
export class RemoteControl {
  readonly #parts: ControlParts;

  constructor(parts: ControlParts) {
    this.#parts = parts;
  }

  /** Throws ZodError where it is no fault. */
  arm(fault: FaultToArm): void {
    this.#parts.faults.arm(fault);
  }

  disarm(): void {
    this.#parts.faults.disarm();
  }

  /** Milliseconds by which the service is ahead of its clock: HTTP Date, iat, exp, QR codes, tickets. */
  setClockOffset(milliseconds: number): void {
    this.#parts.clock.offset = milliseconds;
  }

  /** Every token that was handed out ends now. */
  revokeTokens(): void {
    this.#parts.revokeTokens();
  }

  /** Which TLS certificate the listeners show; open connections end. */
  showCertificate(which: 'valid' | 'expired'): void {
    const { certificates, listeners } = this.#parts;
    const { certificate, privateKey } = certificates[which];
    for (const name of ['api', 'login', 'card'] as const) listeners[name].changeCertificate({ cert: certificate, key: privateKey });
  }

  /** Connections end before a byte of TLS is spoken. */
  refuseConnections(listener: ControlledListener, refusing: boolean): void {
    this.#parts.listeners[listener].refuseConnections(refusing);
  }

  /** Address for a QR code that registers one phone for this person. */
  issueTicket(person: PersonKey): { readonly url: string; readonly expiresAt: Date } {
    const { tickets, people, phoneOrigin } = this.#parts;
    const { value, expiresAt } = tickets.issue(people.person(person));
    return { url: `${phoneOrigin}/register/${value}`, expiresAt };
  }

  snapshot(): RemoteSnapshot {
    const { clock, faults, calls, signing, signIns } = this.#parts;
    return {
      now: clock.date().toISOString(),
      clockOffset: clock.offset,
      armed: faults.armed,
      calls: calls.all(),
      signatures: signing.made,
      signIns: signIns.all().map(({ code, state, expiresAt }) => ({ code, state, expiresAt: expiresAt.toISOString() })),
    };
  }

  forgetCounts(): void {
    this.#parts.calls.reset();
    this.#parts.signing.forgetCounts();
  }
}
