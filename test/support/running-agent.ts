/** The whole agent over virtual cards, as an EHR and a person at the desk meet it: real HTTP server, real files. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { createAgent, type Agent, type AgentOptions } from '../../src/agent/agent.ts';
import type { PeerPort } from '../../src/agent/api/peer-port.ts';
import { settingsSchema, type Settings } from '../../src/agent/config/settings.ts';
import type { Clock, PairingView, Prompts, SecretStore } from '../../src/agent/ports.ts';
import { dataDirectory, prepareDataDirectory, type DataDirectory } from '../../src/agent/storage/data-directory.ts';
import { openFileLog } from '../../src/agent/storage/file-log.ts';
import { fileSecretStore } from '../../src/agent/storage/file-secret-store.ts';
import { systemClock } from '../../src/agent/system-clock.ts';
import { verifyAuditFile, type AuditVerdict } from '../../src/agent/audit/audit-verifier.ts';
import type { CardHost, ReaderState } from '../../src/native/host/card-host.ts';
import type { VirtualHpkiCard } from '../../src/sandbox/cards/virtual-hpki-card.ts';
import { VirtualReaders } from '../../src/sandbox/cards/virtual-readers.ts';
import { sampleDates } from '../../src/sandbox/samples/sample-dates.ts';
import { samplePrescriptionCsv, type SamplePrescriptionOptions } from '../../src/sandbox/samples/prescription.ts';
import { openTemporaryFolder } from '../../src/sandbox/temporary-folder.ts';
import { virtualCardHost } from '../../src/sandbox/virtual-card-host.ts';
import { PlayedPerson } from '../unit/agent/signing/played-person.ts';
import { ask, sha256Hex, type HttpAnswer } from './running-api.ts';
import type { TestClinic } from './test-clinic.ts';

export const ehrToken = 'ehr-token-ehr-token-ehr-token-ehr-token-ehr-01';
export const otherEhrToken = 'other-token-other-token-other-token-other-0002';
export const staff = { id: 'D0012', name: '医者 三郎' } as const;

/** A person at the desk who also sees pairing codes. */
export class PersonAtDesk extends PlayedPerson {
  readonly pairings: PairingView[] = [];

  override showPairingCode(view: PairingView, signal: AbortSignal): Promise<'refused'> {
    this.pairings.push(view);
    return super.showPairingCode(view, signal);
  }
}

export interface RunningAgentOptions {
  /** Opened once and shared by the tests of a file: keys take time. */
  readonly clinic: TestClinic;
  /** Without the clinic's revocation lists. */
  readonly withoutCrl?: boolean;
  readonly readers?: readonly string[];
  /** Put into the first reader at once. Default: the doctor's. */
  readonly inserted?: VirtualHpkiCard | null;
  readonly settings?: Partial<Settings>;
  readonly clock?: Clock;
  /** Who owns a connection; null as where the platform cannot tell. */
  readonly peers?: PeerPort;
  /** Something else than {@link RunningAgent.person}. */
  readonly prompts?: Prompts;
  /** Something else than files in the data folder. */
  readonly secrets?: SecretStore;
  /** Services of remote signing instead of those that the settings name. */
  readonly providers?: AgentOptions['providers'];
  /** Something else than the virtual readers. */
  readonly cards?: (data: DataDirectory, readers: VirtualReaders) => CardHost;
  /** A data folder that is there already; it is left behind. */
  readonly root?: string;
  /** Its trust files are there already too. */
  readonly withTrustWritten?: boolean;
}

export interface Posted {
  readonly documents?: readonly unknown[];
  readonly [field: string]: unknown;
}

export interface PostOptions {
  readonly key?: string;
  readonly token?: string;
  readonly wait?: number;
  readonly language?: string;
}

export interface AuditLine {
  readonly event: string;
  readonly result: string;
  readonly request: string | null;
  readonly staffId: string | null;
  readonly documents: readonly { readonly id: string; readonly result: string; readonly warnings: readonly string[] }[] | null;
}

export const firstReader = 'Virtual Reader 1';
export const secondReader = 'Virtual Reader 2';

export class RunningAgent {
  readonly person = new PersonAtDesk();
  readonly readers: VirtualReaders;
  readonly data: DataDirectory;
  agent!: Agent;
  readonly #options: RunningAgentOptions;
  #cards!: CardHost;
  #keys = 0;

  private constructor(options: RunningAgentOptions, root: string) {
    this.#options = options;
    this.data = dataDirectory(root);
    this.readers = new VirtualReaders([...(options.readers ?? [firstReader, secondReader])]);
    const card = options.inserted === undefined ? options.clinic.card('doctor') : options.inserted;
    if (card !== null) this.readers.insert(card, firstReader);
  }

  static async start(options: RunningAgentOptions): Promise<RunningAgent> {
    const running = new RunningAgent(options, options.root ?? openTemporaryFolder('hpki-agent'));
    await running.#start();
    return running;
  }

  get port(): number {
    return this.agent.port;
  }

  /** Ends this agent as a person would and starts another on the same files. */
  async restart(): Promise<void> {
    await this.agent.close();
    await this.#start();
  }

  async close(): Promise<void> {
    await this.agent.close();
    await this.readers.close();
    if (this.#options.root === undefined) await rm(this.data.root, { recursive: true, force: true });
  }

  async #start(): Promise<void> {
    const { clinic, settings, clock = systemClock, cards, withoutCrl, withTrustWritten, prompts = this.person, peers = null, secrets = fileSecretStore(this.data.secrets), providers } = this.#options;
    const trust = path.join(this.data.root, 'trust');
    await prepareDataDirectory(this.data);
    if (withTrustWritten !== true) await clinic.writeTrust(trust, { crl: withoutCrl !== true });
    const log = openFileLog(this.data.logs);
    const defaults = settingsSchema.parse({
      trust: { anchors: [path.join(trust, 'trust.pem')], chain: [path.join(trust, 'chain.pem')], crlDir: trust },
      clients: [
        { name: 'EHR', native: true, tokenSha256: sha256Hex(ehrToken) },
        { name: 'Other EHR', native: true, tokenSha256: sha256Hex(otherEhrToken) },
      ],
    });
    this.#cards = cards?.(this.data, this.readers) ?? virtualCardHost(this.readers);
    this.agent = await createAgent({
      data: this.data,
      settings: { ...defaults, api: { ...defaults.api, ports: [0], requestsPerMinute: 6000 }, ...settings },
      cards: this.#cards,
      prompts,
      secrets,
      ...(providers === undefined ? {} : { providers }),
      clock,
      log,
      peers,
      terminal: 'test',
      onClose: () => log.close(),
    });
  }

  /** One call of a paired native EHR. */
  ask(target: string, question: { readonly method?: string; readonly body?: string; readonly token?: string; readonly headers?: Record<string, string> } = {}): Promise<HttpAnswer> {
    const { method = 'GET', body, token = ehrToken, headers = {} } = question;
    return ask(this.port, target, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(method === 'POST' ? { 'content-type': 'application/json' } : {}), ...headers },
      ...(body === undefined ? {} : { body }),
    });
  }

  /** Posts a signature request (by default the sample prescription) and waits for its end. */
  sign(body: Posted = {}, { key = this.newKey(), token = ehrToken, wait = 20, language = 'en' }: PostOptions = {}): Promise<HttpAnswer> {
    return this.ask('/v1/signatures', {
      method: 'POST',
      token,
      headers: { 'idempotency-key': key, prefer: `wait=${wait}`, 'accept-language': language },
      body: JSON.stringify({ staff, documents: [prescription()], ...body }),
    });
  }

  /** Cards that were read to the end and could be asked to sign. */
  cardsReady(): number {
    return this.#readersRead().filter(({ state }) => state === 'ready').length;
  }

  /** Cards that were read to the end, of whatever kind. */
  cardsRead(): number {
    return this.#readersRead().filter(({ state }) => state !== 'empty').length;
  }

  #readersRead(): readonly ReaderState[] {
    const state = this.#cards.state();
    const isRead = (reader: ReaderState): boolean => (reader.state === 'ready' ? reader.authentication !== 'reading' : reader.state !== 'reading');
    return state.service === 'running' ? state.readers.filter(isRead) : [];
  }

  newKey(): string {
    return `key-${++this.#keys}`;
  }

  journal(): string {
    return readIfThere(this.data.journal);
  }

  audit(): AuditLine[] {
    return readIfThere(this.data.audit)
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as AuditLine);
  }

  verifyAudit(): Promise<AuditVerdict> {
    return verifyAuditFile(this.data.audit);
  }

  /** Every file that the agent has written, by its path inside of the data folder; the test's own trust files are left out. */
  files(): ReadonlyMap<string, string> {
    const found = new Map<string, string>();
    for (const name of readdirSync(this.data.root, { recursive: true, encoding: 'utf8' })) {
      const file = path.join(this.data.root, name);
      if (!name.startsWith('trust') && statSync(file, { throwIfNoEntry: false })?.isFile() === true) found.set(name, readFileSync(file, 'latin1'));
    }
    return found;
  }
}

function readIfThere(file: string): string {
  return statSync(file, { throwIfNoEntry: false }) === undefined ? '' : readFileSync(file, 'utf8');
}

export function prescription(id = 'rx-1', csv: Uint8Array | SamplePrescriptionOptions = {}): { id: string; type: 'prescription'; csv: string } {
  const bytes = csv instanceof Uint8Array ? csv : samplePrescriptionCsv({ ...sampleDates(), ...csv });
  return { id, type: 'prescription', csv: Buffer.from(bytes).toString('base64') };
}

/** The `code` of a problem, whether it is the answer or stands within it. */
export function codeOf({ json }: Pick<HttpAnswer, 'json'>): string | undefined {
  const body = json as { code?: string; problem?: { code?: string } } | undefined;
  return body?.code ?? body?.problem?.code;
}

/** The signed bytes of the first, or the named, document of a 201. */
export function xmlOf({ json }: Pick<HttpAnswer, 'json'>, id?: string): Buffer {
  const documents = (json as { documents: { id: string; xml?: string }[] }).documents;
  const xml = documents.find((document) => id === undefined || document.id === id)?.xml;
  if (xml === undefined) throw new Error('this answer holds no signed document');
  return Buffer.from(xml, 'base64');
}
