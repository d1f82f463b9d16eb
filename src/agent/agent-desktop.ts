import type { CardHost } from '../native/host/card-host.ts';
import type { Client, ClientRegistry } from './api/client-registry.ts';
import type { PairingEnd } from './api/pairing.ts';
import type { StatusView } from './api/status-view.ts';
import type { AuditLog } from './audit/audit-log.ts';
import type { Remote } from './open-remote.ts';
import type { PairingDesk } from './pairing-desk.ts';
import type { RecentSignature, RecentSignatures } from './recent-signatures.ts';
import type { PhoneRegistration } from './remote/phone-registrations.ts';
import type { ServiceTime } from './remote/service-time.ts';
import { revokeClient } from './revoke-client.ts';
import type { SignatureRequests } from './signing/signature-requests.ts';

/** The agent as a desktop program shows it and as a person there uses it. */
export interface AgentDesktop {
  status(): StatusView;
  /** Newest first. */
  recent(): readonly RecentSignature[];
  /** Calls back when {@link status} or {@link recent} may have changed. Returns the unsubscribe function. */
  subscribe(listener: () => void): () => void;
  /** Resolves with how it ended. Throws PAIRING_CLOSED where policy forbids pairing. */
  openPairing(opened: (until: Date) => void, hangUp: AbortSignal): Promise<PairingEnd>;
  clients(): readonly Client[];
  /** Throws NOT_FOUND, STORAGE_FAILED. */
  revokeClient(id: string): Promise<void>;
  reviveCards(anew?: boolean): Promise<void>;
  /** The screen was locked, the machine sleeps: the next signature asks for the PIN again. */
  endPinSessions(): Promise<void>;
  /** The person logs off from the system: whoever sits down next has authenticated nothing. */
  loggedOff(): Promise<void>;
  /** 本日終了: revokes and forgets. False where there was no such session. {@link status} lists them. */
  endRemoteSession(clientId: string, staffId: string): Promise<boolean>;
  /** Notes of phones that are still to be registered. */
  registrations(): readonly PhoneRegistration[];
  /** `deadline`: the last day as YYYY-MM-DD, null to forget the note. Throws STORAGE_FAILED, RangeError. */
  noteRegistration(staffId: string, deadline: string | null): Promise<void>;
}

export interface DesktopParts {
  readonly status: () => StatusView;
  readonly recent: RecentSignatures;
  readonly pairing: PairingDesk;
  readonly clients: ClientRegistry;
  readonly cards: CardHost;
  readonly audit: AuditLog;
  readonly signatures: SignatureRequests;
  readonly remote: Remote;
  readonly serviceTime: Pick<ServiceTime, 'subscribe'>;
}

export function agentDesktop({ status, recent, pairing, clients, cards, audit, signatures, remote, serviceTime }: DesktopParts): AgentDesktop {
  return {
    status,
    recent: () => recent.list(),
    subscribe(listener) {
      const stops = [cards.subscribe(listener), recent.subscribe(listener), signatures.watch(listener), remote.subscribe(listener), serviceTime.subscribe(listener)];
      return () => stops.forEach((stop) => stop());
    },
    openPairing: (opened, hangUp) =>
      pairing.open((event) => {
        const until = typeof event === 'object' && event !== null && 'openUntil' in event ? event['openUntil'] : undefined;
        if (typeof until === 'string') opened(new Date(until));
      }, hangUp),
    clients: () => clients.list(),
    revokeClient: (id) => revokeClient({ clients, audit }, id),
    reviveCards: (anew) => cards.revive(anew),
    endPinSessions: () => signatures.endPinSessions(),
    async loggedOff() {
      await Promise.all([signatures.endPinSessions(), remote.endAll('log_off')]);
    },
    endRemoteSession: (clientId, staffId) => remote.end(clientId, staffId, 'person'),
    registrations: () => remote.registrations.list(),
    noteRegistration: (staffId, deadline) => remote.registrations.note(staffId, deadline),
  };
}
