import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemIo, type AppendIo } from '../../../../src/agent/audit/append-only-file.ts';
import { AuditLog } from '../../../../src/agent/audit/audit-log.ts';
import { verifyAuditFile, type AuditVerdict } from '../../../../src/agent/audit/audit-verifier.ts';
import { silentLog, type Log } from '../../../../src/agent/log.ts';
import type { Caller, Clock, SecretStore } from '../../../../src/agent/ports.ts';
import { Authentications } from '../../../../src/agent/remote/authentications.ts';
import { PersonCheck } from '../../../../src/agent/remote/person-check.ts';
import { RemoteSessionDesk } from '../../../../src/agent/remote/remote-session-desk.ts';
import { SessionsOfCallers } from '../../../../src/agent/remote/sessions-of-callers.ts';
import { memoryTokenStore } from '../../../../src/agent/tokens/memory-token-store.ts';
import { SealedTokenStore } from '../../../../src/agent/tokens/sealed-token-store.ts';
import type { TokenStore } from '../../../../src/agent/tokens/token-store.ts';
import type { SessionMethod } from '../../../../src/contract/api.ts';
import { JournalFile } from '../../../../src/agent/signing/journal-file.ts';
import type { SignaturePolicy } from '../../../../src/agent/signing/signature-policy.ts';
import { Lane } from '../../../../src/agent/signing/lane.ts';
import type { RemoteSigning } from '../../../../src/agent/signing/request-ways.ts';
import { SignatureRequests } from '../../../../src/agent/signing/signature-requests.ts';
import type { SignatureRequest, SignatureSnapshot } from '../../../../src/agent/signing/signature-service.ts';
import { StaffBindingsFile } from '../../../../src/agent/signing/staff-bindings-file.ts';
import { sampleProfile } from '../../../../src/formats/xades/signature-profile.ts';
import { createTestCa, type CertificateRequest, type IssuedCertificate, type TestCa } from '../../../../src/sandbox/ca/test-ca.ts';
import { generateTestKey } from '../../../../src/sandbox/ca/test-keys.ts';
import { samplePrescriptionCsv, type SamplePrescriptionOptions } from '../../../../src/sandbox/samples/prescription.ts';
import { PlayedCardHost } from './played-card-host.ts';
import { PlayedPerson } from './played-person.ts';
import { PlayedProvider, type PlayedAccount } from './played-provider.ts';

export const today = new Date('2026-04-01T03:00:00.500Z');

export interface Cast {
  readonly ca: TestCa;
  readonly doctor: IssuedCertificate;
  readonly otherDoctor: IssuedCertificate;
  readonly pharmacist: IssuedCertificate;
  /** The doctor's key for logins, on an HPKI card. */
  readonly doctorLogin: IssuedCertificate;
  /** A certificate over the doctor's key. */
  issue(request: Partial<CertificateRequest>): Promise<IssuedCertificate>;
}

export async function createCast(): Promise<Cast> {
  const [ca, key, otherKey, pharmacistKey] = await Promise.all([
    createTestCa({ now: today }),
    generateTestKey(),
    generateTestKey(),
    generateTestKey(),
  ]);
  const doctor = { kind: 'signing', role: 'Medical Doctor', commonName: 'TEST Saburo Isha', registration: 'TEST0001' } as const;
  return {
    ca,
    doctor: await ca.issue({ ...doctor, kanjiName: 'テスト医者　三郎' }, key),
    otherDoctor: await ca.issue({ ...doctor, commonName: 'TEST Jiro Betsu', registration: 'TEST0002' }, otherKey),
    pharmacist: await ca.issue({ ...doctor, role: 'Pharmacist', commonName: 'TEST Hanako Chozai', registration: 'TEST0003' }, pharmacistKey),
    doctorLogin: await ca.issue({ ...doctor, kind: 'authentication' }, key),
    issue: (request) => ca.issue({ ...doctor, ...request }, key),
  };
}

export const ehr: Caller = { clientId: 'ehr-1', clientName: '電子カルテ', origin: null, program: '/opt/ehr' };
export const otherEhr: Caller = { clientId: 'ehr-2', clientName: '別の電子カルテ', origin: 'https://ehr.example', program: null };
export const staff = { id: 'D0012', name: '医者 三郎' };

export const defaultPolicy: SignaturePolicy = {
  pin: 'every-signature',
  bounds: { documentsPerSession: 250, requestsPerHour: 60 },
  deadlines: { consentSeconds: 20, cardSeconds: 20 },
  staff: { binding: 'ask', preset: [] },
  signature: sampleProfile,
  terminal: { signs: true },
};

export interface DeskOptions {
  readonly policy?: Partial<SignaturePolicy>;
  /** Stands between the two files and the disk. */
  readonly io?: (file: 'journal' | 'audit') => AppendIo;
  readonly log?: Log;
  readonly held?: { readonly ms: number; readonly bytes: number };
  /** Remote signing beside the cards. Its service outlives the agents that use it. */
  readonly remote?: RemoteDeskOptions;
}

export interface RemoteDeskOptions {
  readonly form?: 'value' | 'element';
  readonly confirm?: 'never' | 'each-batch' | 'each';
  readonly methods?: readonly SessionMethod[];
  /** The service wants a card on its own page, where it cannot be used here. */
  readonly pageWithoutCards?: boolean;
  /** Another service after it, which has its cards from the agent. */
  readonly secondProvider?: boolean;
  /** Whose client certificate it is; a clinic's where left out. */
  readonly facility?: () => Promise<string | null>;
  /** Tokens survive a restart of the agent. */
  readonly sealed?: boolean;
}

/** The signing part of an agent with a data folder of its own, a person and cards that are played. It can be restarted. */
export class SigningDesk {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'hpki-signing-'));
  readonly clock = new TurnedClock();
  readonly secrets = memorySecrets();
  readonly options: DeskOptions;
  readonly ca: TestCa;
  person: PlayedPerson;
  cards = new PlayedCardHost();
  journal!: JournalFile;
  audit!: AuditLog;
  bindings!: StaffBindingsFile;
  agent!: SignatureRequests;
  readonly provider: PlayedProvider;
  readonly secondProvider: PlayedProvider;
  sessions!: RemoteSessionDesk;
  authentications!: Authentications;
  callers!: SessionsOfCallers;
  store!: TokenStore;
  /** Name of the operating system's logon, from the next start on. */
  logon = 'the logon';

  constructor(cast: Cast, options: DeskOptions = {}) {
    this.ca = cast.ca;
    this.options = options;
    this.provider = new PlayedProvider(options.remote?.form ?? 'value', accountOf(cast.doctor), () => this.clock.now());
    this.secondProvider = new PlayedProvider('value', accountOf(cast.doctor), () => this.clock.now(), 'second');
    const { pageWithoutCards = false } = options.remote ?? {};
    if (pageWithoutCards) this.provider.cardLogin = 'page';
    this.person = new PlayedPerson({ loginPageTakesCards: !pageWithoutCards });
    this.start();
  }

  start(): void {
    const { clock, secrets } = this;
    const { io = () => systemIo, log = silentLog, held } = this.options;
    this.journal = new JournalFile({ file: this.journalFile, clock, io: io('journal') });
    this.audit = new AuditLog({ file: this.auditFile, clock, secrets, io: io('audit'), terminal: 'clinic-1' });
    this.bindings = new StaffBindingsFile(path.join(this.folder, 'staff.json'));
    const trust = { anchors: [this.ca.root.certificate.der], chain: [this.ca.signing.certificate.der], crls: this.ca.crls().map(({ der }) => der) };
    const policy = { ...defaultPolicy, ...this.options.policy };
    const windows = new Lane();
    const remote = this.#openRemote(policy, windows);
    this.agent = new SignatureRequests({
      prompts: this.person,
      cards: this.cards,
      journal: this.journal,
      audit: this.audit,
      bindings: this.bindings,
      trust: () => trust,
      policy,
      clock,
      log,
      windows,
      remote: this.options.remote === undefined ? null : remote,
      ...(held ? { held } : {}),
    });
  }

  #openRemote(policy: SignaturePolicy, windows: Lane): RemoteSigning {
    const { clock, secrets, bindings, audit, provider } = this;
    const { log = silentLog, remote = {} } = this.options;
    const { methods = ['smartphone', 'hpki-card', 'mynumber-card'], confirm = 'never', sealed = false, secondProvider = false, facility = () => Promise.resolve('架空内科クリニック') } = remote;
    // What lies in memory goes with the agent; a sealed file stays.
    this.store = sealed ? new SealedTokenStore({ file: this.tokenFile, secrets, clock, log, login: { bootedAt: null, session: this.logon } }) : memoryTokenStore(clock);
    const parts = { prompts: this.person, cards: this.cards, bindings, audit, clock, log, policy, windows, terminal: 'clinic-1' };
    const inOrder = secondProvider ? [provider, this.secondProvider] : [provider];
    const providers = new Map(inOrder.map((one) => [one.name, one]));
    this.sessions = new RemoteSessionDesk({ ...parts, providers, store: this.store });
    this.authentications = new Authentications({
      ...parts,
      providers: inOrder,
      facility,
      methods,
      deadlines: policy.deadlines,
      loginPageSeconds: 20,
      sessions: this.sessions,
      people: new PersonCheck(parts),
    });
    this.callers = new SessionsOfCallers({ sessions: this.sessions, authentications: this.authentications, clock, log, onChange: () => undefined });
    return { providers, sessions: this.sessions, authentications: this.authentications, confirm };
  }

  get tokenFile(): string {
    return path.join(this.folder, 'tokens.json');
  }

  /** As after a crash: whatever the old agent still had in mind is gone. `meanwhile` is what the disk went through. */
  async crash(meanwhile: () => void): Promise<void> {
    await this.stop();
    meanwhile();
    this.person = new PlayedPerson();
    const readers = this.cards;
    this.cards = new PlayedCardHost();
    this.cards.inserted(readers);
    this.start();
  }

  get journalFile(): string {
    return path.join(this.folder, 'journal.jsonl');
  }

  get auditFile(): string {
    return path.join(this.folder, 'audit.jsonl');
  }

  async stop(): Promise<void> {
    await this.agent.close();
    await this.authentications.close();
    await this.sessions.close();
    await this.journal.close();
    await this.audit.close();
  }

  async restart(): Promise<void> {
    await this.stop();
    this.start();
    await this.sessions.open();
  }

  async dispose(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Posts and waits for the end. */
  async sign(key: string, request: SignatureRequest = requestFor(['rx-1']), caller: Caller = ehr): Promise<SignatureSnapshot> {
    const { id } = await this.agent.submit(caller, key, request);
    return this.ended(id, caller);
  }

  async ended(id: string, caller: Caller = ehr): Promise<SignatureSnapshot> {
    const snapshot = await this.agent.settled(caller, id, 15_000, new AbortController().signal);
    if (!snapshot) throw new Error(`there is no request ${id}`);
    return snapshot;
  }

  verifyAudit(): Promise<AuditVerdict> {
    return verifyAuditFile(this.auditFile);
  }

  auditEntries(): { readonly event: string; readonly result: string; readonly request: string | null; readonly notes: readonly string[] }[] {
    return readLines(this.auditFile) as never;
  }

  journalRecords(): { readonly type: string; readonly id: string; readonly documents?: readonly { readonly signedInfoSha256: string }[] }[] {
    return readLines(this.journalFile) as never;
  }
}

function readLines(file: string): unknown[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown);
}

export function requestFor(
  ids: readonly string[],
  changes: Partial<SignatureRequest> & { readonly sample?: SamplePrescriptionOptions } = {},
): SignatureRequest {
  const { sample, ...rest } = changes;
  const csv = samplePrescriptionCsv({ issued: '20260401', expires: '20260404', ...sample });
  return { staff, method: 'auto', partial: false, documents: ids.map((id) => ({ id, type: 'prescription', csv })), ...rest };
}

export function accountOf(...certificates: readonly IssuedCertificate[]): PlayedAccount {
  return { subject: `sub-${certificates[0]?.certificate.subject.commonName ?? 'nobody'}`, certificates };
}

/** The signed bytes of a snapshot, by document id. */
export function xmlOf(snapshot: SignatureSnapshot): ReadonlyMap<string, string> {
  const documents = snapshot.result?.documents ?? [];
  return new Map(documents.flatMap((document) => (document.state === 'signed' ? [[document.id, Buffer.from(document.xml).toString('utf8')]] : [])));
}

export class TurnedClock implements Clock {
  #ms = 0;

  advance(ms: number): void {
    this.#ms += ms;
  }

  now(): number {
    return today.getTime() + this.#ms;
  }

  monotonic(): number {
    return performance.now() + this.#ms;
  }
}

export function memorySecrets(): SecretStore {
  const kept = new Map<string, Uint8Array>();
  return {
    protection: 'memory',
    get: (name) => Promise.resolve(kept.get(name)),
    set: (name, secret) => {
      kept.set(name, secret);
      return Promise.resolve();
    },
  };
}

/** Waits for a condition that an event will bring about. */
export async function until(what: string, condition: () => boolean): Promise<void> {
  const end = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`never happened: ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

