import { parseCertificate } from '../formats/pki/certificate.ts';
import { ProblemError } from '../contract/problem.ts';
import type { CardHost } from '../native/host/card-host.ts';
import type { AuditLog } from './audit/audit-log.ts';
import type { ClientRegistry } from './api/client-registry.ts';
import type { StatusView } from './api/status-view.ts';
import { statusAnswerOf } from './api/status-view.ts';
import { revokeClient } from './revoke-client.ts';
import type { ControlCommand, Json } from './control/control-protocol.ts';
import type { ControlHandler } from './control/control-server.ts';
import type { Settings } from './config/settings.ts';
import { diagnoseServices } from './diagnostics/look-at-services.ts';
import type { Clock } from './ports.ts';
import type { Remote } from './open-remote.ts';
import { isSigningCertificate } from './signing/card-fitness.ts';
import { fromSealed } from './remote/network/client-certificate.ts';
import type { OutboundNetwork } from './remote/network/outbound-network.ts';
import type { PairingDesk } from './pairing-desk.ts';
import type { SignatureService } from './signing/signature-service.ts';
import type { StaffBindings } from './signing/staff-bindings.ts';

export interface ControlParts {
  readonly port: () => number;
  readonly status: () => StatusView;
  readonly pairing: PairingDesk;
  readonly clients: ClientRegistry;
  readonly cards: CardHost;
  readonly bindings: StaffBindings;
  readonly audit: AuditLog;
  readonly signatures: SignatureService;
  readonly remote: Pick<Remote, 'end'>;
  readonly network: OutboundNetwork;
  readonly settings: Pick<Settings, 'remote'>;
  readonly clock: Clock;
}

/** What a person may ask of the running agent from the command line. */
export function controlCommands(parts: ControlParts): ControlHandler {
  return async (command, emit, signal) => {
    switch (command.command) {
      case 'status':
        return { port: parts.port(), status: statusAnswerOf(parts.status(), 'ja', null), statusEn: statusAnswerOf(parts.status(), 'en', null) };
      case 'pairing.open':
        return { end: await parts.pairing.open(emit, signal) };
      case 'clients.list':
        return parts.clients.list().map(({ id, name, origin, createdAt, expiresAt, lastUsedAt, revoked }) => ({
          id,
          name,
          origin,
          createdAt: createdAt?.toISOString() ?? null,
          expiresAt: expiresAt?.toISOString() ?? null,
          lastUsedAt: lastUsedAt?.toISOString() ?? null,
          revoked,
        }));
      case 'clients.revoke':
        await revokeClient(parts, command.id);
        return null;
      case 'cards.revive':
        await parts.cards.revive();
        return null;
      case 'staff.list':
        return parts.bindings.list() as unknown as Json;
      case 'staff.bind':
        return bindStaff(parts, command);
      case 'staff.unbind':
        return unbindStaff(parts, command.staffId);
      case 'sessions.list':
        return parts.status().remote.sessions.map(({ clientId, staffId, staffName, method, until }) => ({
          staffId,
          staffName,
          method,
          until: until.toISOString(),
          client: parts.clients.list().find(({ id }) => id === clientId)?.name ?? clientId,
        }));
      case 'sessions.end':
        return endSessions(parts, command.staffId ?? null);
      case 'network.diagnose':
        return (await diagnoseServices({ network: parts.network, settings: parts.settings, address: command.address, clock: parts.clock, signal })) as unknown as Json;
      case 'network.useCertificate':
        return useCertificate(parts, command.sealable);
      case 'network.useProxyCredentials':
        await parts.network.useProxyCredentials(command.proxy, command);
        await parts.audit.append({ event: 'network.proxy_credentials_set', result: 'ok' });
        return null;
      case 'sign':
        return sign(parts, command, emit, signal);
    }
  };
}

/** 本日終了, for one staff member of every EHR or for all. */
async function endSessions({ status, remote }: ControlParts, staffId: string | null): Promise<Json> {
  const wanted = status().remote.sessions.filter((session) => staffId === null || session.staffId === staffId);
  if (staffId !== null && wanted.length === 0) throw new ProblemError({ code: 'NOT_FOUND', detail: null });
  const ended = await Promise.all(wanted.map((session) => remote.end(session.clientId, session.staffId, 'person')));
  return { ended: ended.filter((was) => was).length };
}

async function bindStaff(
  { bindings, audit, clock }: ControlParts,
  { staffId, certificate }: Extract<ControlCommand, { command: 'staff.bind' }>,
): Promise<Json> {
  const parsed = parseCertificate(Buffer.from(certificate, 'base64'));
  // Another would never fit the card that signs, and nobody would see why.
  if (!isSigningCertificate(parsed)) {
    throw new ProblemError({
      code: 'REQUEST_INVALID',
      detail: { ja: 'HPKIの署名用証明書ではありません（本人認証用や認証局の証明書は結び付けられません）。', en: 'It is no HPKI signing certificate; an authentication or CA certificate cannot be bound.' },
    });
  }
  await bindings.bind(staffId, parsed, 'administrator', clock.now());
  await audit.append({ event: 'staff.bound', result: 'ok', staffId, certificateSha256: parsed.sha256, notes: ['by=administrator'] });
  return { subject: parsed.subject.text };
}

async function useCertificate({ network, audit }: ControlParts, sealable: string): Promise<Json> {
  const certificate = fromSealed(Buffer.from(sealable, 'base64'));
  await network.useClientCertificate(certificate);
  await audit.append({ event: 'network.certificate_imported', result: 'ok', certificateSha256: certificate.sha256 });
  return null;
}

async function unbindStaff({ bindings, audit }: ControlParts, staffId: string): Promise<Json> {
  if (!(await bindings.unbind(staffId))) throw new ProblemError({ code: 'NOT_FOUND', detail: null });
  await audit.append({ event: 'staff.unbound', result: 'ok', staffId });
  return null;
}

/** `hpki-agent sign FILE`: the person at this terminal is the caller; the window of the running agent asks for the PIN. */
async function sign(
  { signatures }: ControlParts,
  command: Extract<ControlCommand, { command: 'sign' }>,
  emit: (event: Json) => void,
  hangUp: AbortSignal,
): Promise<Json> {
  const caller = { clientId: 'command-line', clientName: 'hpki-agent sign', origin: null, program: null };
  const csv = new Uint8Array(Buffer.from(command.csv, 'base64'));
  const document =
    command.type === 'prescription'
      ? { id: 'file', type: command.type, csv }
      : { id: 'file', type: command.type, csv, prescription: new Uint8Array(Buffer.from(command.prescription ?? '', 'base64')) };
  const key = crypto.randomUUID();
  let snapshot = await signatures.submit(caller, key, { staff: command.staff, method: 'local', documents: [document], partial: false });
  hangUp.addEventListener('abort', () => signatures.cancel(caller, snapshot.id));
  const forget = signatures.subscribe(caller.clientId, (change) => {
    if (change.id === snapshot.id && change.reason !== null) emit({ reason: change.reason });
  });
  try {
    while (!['signed', 'failed', 'cancelled', 'expired'].includes(snapshot.state)) {
      snapshot = (await signatures.settled(caller, snapshot.id, 60_000, hangUp)) ?? snapshot;
      if (hangUp.aborted) return null;
    }
  } finally {
    forget();
  }
  const signed = snapshot.result?.documents[0];
  if (snapshot.problem !== null) throw new ProblemError(snapshot.problem);
  if (signed?.state !== 'signed') throw new ProblemError({ code: 'INTERNAL', detail: null });
  return { xml: Buffer.from(signed.xml).toString('base64'), warnings: signed.warnings.map(({ ja, en }) => ({ ja, en })) };
}
