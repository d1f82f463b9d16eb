import { version } from '../contract/version.ts';
import { ProblemError } from '../contract/problem.ts';
import type { CardHost } from '../native/host/card-host.ts';
import { agentDesktop, type AgentDesktop } from './agent-desktop.ts';
import { agentStatus } from './agent-status.ts';
import { apiPolicyOf } from './api-policy-of-settings.ts';
import { loadIdentity } from './api/agent-identity.ts';
import { openClientFile } from './api/client-file.ts';
import type { ClientRegistry } from './api/client-registry.ts';
import { NoFreePort } from './api/no-free-port.ts';
import type { Pairing } from './api/pairing.ts';
import type { PeerPort } from './api/peer-port.ts';
import { startApi } from './api/server.ts';
import { AuditLog } from './audit/audit-log.ts';
import type { Settings } from './config/settings.ts';
import { controlCommands } from './control-commands.ts';
import { startControlServer } from './control/control-server.ts';
import { code, fault, place, type Log, type LogFields } from './log.ts';
import { openRemote } from './open-remote.ts';
import { PairingDesk } from './pairing-desk.ts';
import type { Clock, Prompts, SecretStore } from './ports.ts';
import { OutboundNetwork, type OutboundNetworkOptions } from './remote/network/outbound-network.ts';
import { RecentSignatures } from './recent-signatures.ts';
import { createProviders } from './remote/providers/create-providers.ts';
import type { RemoteProvider } from './remote/remote-provider.ts';
import { ServiceTime } from './remote/service-time.ts';
import { JournalFile } from './signing/journal-file.ts';
import { Lane } from './signing/lane.ts';
import { SignatureRequests } from './signing/signature-requests.ts';
import type { SignatureService } from './signing/signature-service.ts';
import { StaffBindingsFile } from './signing/staff-bindings-file.ts';
import { Verifiers } from './signing/verifiers.ts';
import { prepareDataDirectory, type DataDirectory } from './storage/data-directory.ts';
import { removePortFile, writePortFile } from './storage/port-file.ts';
import { openTrustStore } from './trust-store.ts';

export interface AgentOptions {
  readonly data: DataDirectory;
  readonly settings: Settings;
  /** Taken over: closed with the agent. */
  readonly cards: CardHost;
  readonly prompts: Prompts;
  readonly secrets: SecretStore;
  /** Services of remote signing instead of those that policy names. */
  readonly providers?: readonly RemoteProvider[];
  readonly clock: Clock;
  readonly log: Log;
  /** Null where the platform cannot tell who owns a connection. */
  readonly peers: PeerPort | null;
  /** Who else says which proxy leads out, besides policy. Default: nobody. */
  readonly outbound?: Pick<OutboundNetworkOptions, 'system' | 'environment'>;
  /** Host name and OS user, for the audit log. */
  readonly terminal: string;
  /** Told when a request has come, moved on or ended. */
  readonly onActivity?: () => void;
  readonly onClose?: () => void;
}

export interface Agent {
  readonly port: number;
  /** Ed25519, SPKI DER in base64. */
  readonly publicKey: string;
  readonly pairing: Pairing;
  readonly clients: ClientRegistry;
  readonly signatures: SignatureService;
  /** What a desktop shows and a person does there. */
  readonly desktop: AgentDesktop;
  /** Ends what waits, closes cards, port and files. */
  close(): Promise<void>;
}

/**
 * Puts the agent together. The one place that knows every part; nothing here decides anything. An agent that cannot
 * start leaves nothing open: a card host's process would keep the program from ending.
 */
export async function createAgent(options: AgentOptions): Promise<Agent> {
  // Closed from the last to the first.
  await using opened = new AsyncDisposableStack();
  opened.defer(() => options.onClose?.());
  opened.defer(() => options.cards.close());
  try {
    return await putTogether(options, opened);
  } catch (error) {
    options.log.error('agent.not_started', {
      fault: fault(error),
      ...(error instanceof ProblemError ? { code: code(error.problem.code) } : {}),
      ...(error instanceof NoFreePort ? heldPorts(error) : {}),
    });
    throw error;
  }
}

async function putTogether(options: AgentOptions, opened: AsyncDisposableStack): Promise<Agent> {
  const { data, settings, cards, prompts, secrets, clock, log } = options;
  await prepareDataDirectory(data);
  const audit = new AuditLog({ file: data.audit, clock, terminal: options.terminal, secrets });
  opened.defer(() => audit.close());
  await lockRecords(audit, log);
  let hasStarted = false;
  opened.defer(async () => {
    if (hasStarted) await audit.append({ event: 'agent.stopped', result: 'ok' }).catch(ignoreFullDisk);
  });

  const journal = new JournalFile({ file: data.journal, clock });
  opened.defer(() => journal.close());
  const bindings = new StaffBindingsFile(data.staffBindings);
  const clients = await openClientFile({
    file: data.clients,
    policyClients: settings.clients,
    tokenDays: settings.pairing.tokenDays,
    clock,
    log,
  });
  opened.defer(() => clients.close());
  const identity = await loadIdentity(secrets);
  const trust = await openTrustStore(data, settings.trust, log);
  opened.defer(() => trust.close());
  const verifiers = new Verifiers(trust.current, () => clock.now());
  const network = new OutboundNetwork({ settings: settings.network, secrets, clock, log, ...(options.outbound ?? { system: null, environment: {} }) });
  opened.defer(() => network.close());
  const recent = new RecentSignatures(clock);
  const windows = new Lane();
  const serviceTime = new ServiceTime(clock);
  const providers = options.providers ?? (await createProviders(settings.remote.providers, { network: serviceTime.over(network), clock }));
  const remote = await openRemote({ ...options, providers, bindings, audit, windows, facility: () => facilityOf(network) });
  opened.defer(() => remote.close());
  const { signing } = remote;
  const signatures = new SignatureRequests({ cards, prompts, journal, audit: recent.noting(audit), bindings, trust: trust.current, policy: settings, clock, log, windows, remote: signing, serviceTime });
  if (options.onActivity !== undefined) opened.defer(signatures.watch(options.onActivity));
  const desk = new PairingDesk({ prompts, clients, clock, allowed: settings.pairing.allowed, audit, log });
  const status = () =>
    agentStatus({ version, instance: identity.instance, cards: cards.state(), remote, waiting: signatures.unended(), isClockOff: serviceTime.isOff(), now: clock.now() });
  const forgetRevocation = clients.onRevoked((clientId) => void remote.endOfClient(clientId));
  opened.defer(forgetRevocation);

  // Requests end before the server does, so that whoever waits is told.
  let endApi = (): Promise<void> => Promise.resolve();
  opened.defer(() => endApi());
  opened.defer(() => endRequests(signatures, cards));
  const api = await startApi({
    policy: apiPolicyOf(settings.api),
    version,
    identity,
    signatures,
    clients,
    pairing: desk.pairing,
    sessions: remote.sessions,
    status,
    onStatusChange(listener) {
      const stops = [cards.subscribe(listener), remote.subscribe(listener), serviceTime.subscribe(listener)];
      return () => stops.forEach((stop) => stop());
    },
    verify: (xml) => verifiers.plain().verify(xml),
    peers: options.peers,
    clock,
    log,
  });
  endApi = () => api.close();
  // Only now: a desktop whose ports are taken tries again every half a minute, and has started nothing.
  hasStarted = true;
  await audit.append({ event: 'agent.started', result: 'ok', notes: [`version=${version}`] }).catch(ignoreFullDisk);
  const control = await startControlServer({
    socket: data.controlSocket,
    handle: controlCommands({ port: () => api.port, status, pairing: desk, clients, cards, bindings, audit, signatures, remote, network, settings, clock }),
    log,
  });
  opened.defer(() => control.close());
  const { instance, publicKey } = identity;
  opened.defer(() => removePortFile(data.portFile));
  await writePortFile(data.portFile, { port: api.port, pid: process.pid, instance, publicKey, version });

  const running = opened.move();
  return {
    port: api.port,
    publicKey,
    pairing: desk.pairing,
    clients,
    signatures,
    desktop: agentDesktop({ status, recent, pairing: desk, clients, cards, audit, signatures, remote, serviceTime }),
    close: () => running.disposeAsync(),
  };
}

function heldPorts({ ports, programs }: NoFreePort): LogFields {
  return { ports: place(ports.join(', ')), heldBy: place(programs.join(', ')) };
}

/** A certificate that cannot be read is told of when a connection wants it. */
async function facilityOf(network: OutboundNetwork): Promise<string | null> {
  return (await network.clientCertificate().catch(() => null))?.organization ?? null;
}

/**
 * A full disk must not keep the agent from starting: only a running agent can tell the EHR why it does not sign. Another
 * agent on the same records must.
 */
async function lockRecords(audit: AuditLog, log: Log): Promise<void> {
  try {
    await audit.head();
  } catch (error) {
    const isLocked = error instanceof ProblemError && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ELOCKED';
    if (!(error instanceof ProblemError) || isLocked) throw error;
    log.error('audit.unwritable', { fault: fault(error) });
  }
}

/** How long the agent's end waits for a signature that a card is making, in milliseconds. */
const lastSignatureMs = 5_000;

/** A module that hangs must not hold up the end: its card host is closed under it, and whoever waits is told so. */
async function endRequests(signatures: SignatureRequests, cards: CardHost): Promise<void> {
  const closing = setTimeout(() => void cards.close().catch(() => undefined), lastSignatureMs);
  try {
    await signatures.close();
  } finally {
    clearTimeout(closing);
  }
}

/** That the agent started or stopped is worth a line, but a full disk must not keep it from either. */
function ignoreFullDisk(error: unknown): void {
  if (!(error instanceof ProblemError)) throw error;
}
