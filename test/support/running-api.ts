import { createHash, generateKeyPairSync } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect, type Socket } from 'node:net';
import path from 'node:path';
import { identityOf, type AgentIdentity } from '../../src/agent/api/agent-identity.ts';
import { defaultApiPolicy, type ApiPolicy } from '../../src/agent/api/api-policy.ts';
import { openClientFile } from '../../src/agent/api/client-file.ts';
import type { ClientRegistry, PolicyClient } from '../../src/agent/api/client-registry.ts';
import { Pairing, type PairingEvent } from '../../src/agent/api/pairing.ts';
import type { PeerPort } from '../../src/agent/api/peer-port.ts';
import { noRemoteSessions, type RemoteSessions } from '../../src/agent/api/remote-sessions.ts';
import { startApi, type Api } from '../../src/agent/api/server.ts';
import type { StatusView } from '../../src/agent/api/status-view.ts';
import type { LogFields } from '../../src/agent/log.ts';
import type { Clock, PairingView } from '../../src/agent/ports.ts';
import type { VerificationReport } from '../../src/formats/xades/report.ts';
import { openTemporaryFolder } from '../../src/sandbox/temporary-folder.ts';
import { ScriptedSignatures } from './scripted-signatures.ts';

export const nativeToken = 'native-token-native-token-native-token-0001';
export const webToken = 'web-token-web-token-web-token-web-token-00001';
export const webOrigin = 'https://ehr.example';

export function sha256Hex(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Time that a test moves. */
export class TestClock implements Clock {
  time = Date.UTC(2026, 3, 1, 0, 0, 0);

  now(): number {
    return this.time;
  }

  monotonic(): number {
    return this.time;
  }

  advance(milliseconds: number): void {
    this.time += milliseconds;
  }
}

export interface RunningApi {
  readonly api: Api;
  readonly port: number;
  readonly signatures: ScriptedSignatures;
  readonly clients: ClientRegistry;
  readonly pairing: Pairing;
  readonly pairingEvents: PairingEvent[];
  /** Every pairing window that was shown. */
  readonly windows: { readonly view: PairingView; readonly signal: AbortSignal; refuse(): void }[];
  readonly identity: AgentIdentity;
  readonly clock: TestClock;
  readonly logged: { readonly level: string; readonly event: string; readonly fields: LogFields | undefined }[];
  changeStatus(): void;
  close(): Promise<void>;
}

export interface RunningApiOptions {
  readonly policy?: Partial<ApiPolicy>;
  readonly clients?: readonly PolicyClient[];
  readonly peers?: PeerPort;
  readonly sessions?: RemoteSessions;
  readonly pairingAllowed?: boolean;
  readonly verify?: (xml: Uint8Array) => VerificationReport;
  readonly status?: () => StatusView;
}

/** A running local API over scripted signatures, with one native and one web client by policy. */
export async function startRunningApi(options: RunningApiOptions = {}): Promise<RunningApi> {
  const folder = openTemporaryFolder('hpki-api');
  const clock = new TestClock();
  const logged: RunningApi['logged'] = [];
  const log = {
    info: (event: string, fields?: LogFields) => void logged.push({ level: 'info', event, fields }),
    warn: (event: string, fields?: LogFields) => void logged.push({ level: 'warn', event, fields }),
    error: (event: string, fields?: LogFields) => void logged.push({ level: 'error', event, fields }),
  };
  const clients = await openClientFile({
    file: path.join(folder, 'clients.json'),
    policyClients: options.clients ?? [
      { name: 'Native EHR', native: true, tokenSha256: sha256Hex(nativeToken) },
      { name: 'Web EHR', origin: webOrigin, tokenSha256: sha256Hex(webToken) },
    ],
    tokenDays: 400,
    clock,
    log,
  });
  const windows: RunningApi['windows'] = [];
  const pairingEvents: PairingEvent[] = [];
  const pairing = new Pairing({
    prompts: {
      showPairingCode: (view, signal) =>
        new Promise((resolve) => windows.push({ view, signal, refuse: () => resolve('refused') })),
    },
    clients,
    clock,
    allowed: options.pairingAllowed ?? true,
    onEvent: (event) => void pairingEvents.push(event),
  });
  const signatures = new ScriptedSignatures();
  const identity = identityOf(generateKeyPairSync('ed25519').privateKey);
  const statusListeners = new Set<() => void>();
  const api = await startApi({
    policy: { ...defaultApiPolicy, ports: [0], ...options.policy },
    version: '0.0.0-test',
    identity,
    signatures,
    clients,
    pairing,
    sessions: options.sessions ?? noRemoteSessions,
    status: options.status ?? (() => plainStatus(identity.instance)),
    onStatusChange: (listener) => {
      statusListeners.add(listener);
      return () => statusListeners.delete(listener);
    },
    verify: options.verify ?? (() => plainReport),
    peers: options.peers ?? null,
    clock,
    log,
  });
  return {
    api,
    port: api.port,
    signatures,
    clients,
    pairing,
    pairingEvents,
    windows,
    identity,
    clock,
    logged,
    changeStatus: () => {
      for (const listener of statusListeners) listener();
    },
    async close() {
      await api.close();
      await clients.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function plainStatus(instance: string): StatusView {
  return {
    version: '0.0.0-test',
    instance,
    cardService: 'running',
    readers: [
      {
        name: 'Reader 0',
        state: 'ready',
        card: {
          name: '医者 三郎',
          role: 'Medical Doctor',
          certificateSha256: 'ab'.repeat(32),
          notAfter: new Date(Date.UTC(2028, 0, 1)),
          daysLeft: 640,
        },
        authentication: 'hpki-card',
      },
      { name: 'Reader 1', state: 'empty', card: null, authentication: null },
    ],
    remote: { configured: false, provider: null, sessions: [] },
    waiting: 0,
    problems: ['NO_CARD'],
  };
}

const plainReport: VerificationReport = {
  verdict: 'INVALID',
  documentType: null,
  level: null,
  signer: null,
  signingTime: null,
  checkedAt: new Date(Date.UTC(2026, 3, 1)),
  checks: [
    {
      id: 'prescan',
      verdict: 'INVALID',
      title: { ja: '前検査', en: 'Pre-scan' },
      reason: { ja: 'XMLではありません', en: 'not XML' },
    },
  ],
  nested: null,
};

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Parsed body. */
  readonly json: unknown;
}

export interface HttpQuestion {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Without `port` the address is 127.0.0.1. */
  readonly host?: string;
}

/** One request with exactly these headers; nothing is followed, retried or kept alive. */
export function ask(port: number, target: string, question: HttpQuestion = {}): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      { host: question.host ?? '127.0.0.1', port, path: target, method: question.method ?? 'GET', headers: question.headers, agent: false },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text, json: parse(text) });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(question.body);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Headers of a paired native EHR that posts JSON. */
export function nativeHeaders(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { authorization: `Bearer ${nativeToken}`, 'content-type': 'application/json', ...more };
}

export function webHeaders(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { authorization: `Bearer ${webToken}`, origin: webOrigin, 'content-type': 'application/json', ...more };
}

export function signatureBody(more: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    staff: { id: 'D0012', name: '医者 三郎' },
    documents: [{ id: 'rx-1', type: 'prescription', csv: Buffer.from('SJ1,1\r\n').toString('base64') }],
    ...more,
  });
}

/** Everything that the server says to these bytes until it closes, or until `enough` holds. */
export function sayRaw(
  port: number,
  bytes: string | Uint8Array,
  options: { readonly enough?: (heard: string) => boolean; readonly deadline?: number; readonly host?: string } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, options.host ?? '127.0.0.1');
    const enough = options.enough ?? isWhole;
    let heard = '';
    const timer = setTimeout(() => finish(new Error(`no whole answer in time, only ${JSON.stringify(heard)}`)), options.deadline ?? 20_000);
    const finish = (error?: Error): void => {
      clearTimeout(timer);
      socket.destroy();
      if (error === undefined) resolve(heard);
      else reject(error);
    };
    socket.on('connect', () => socket.write(bytes));
    socket.on('data', (chunk) => {
      heard += chunk.toString('utf8');
      if (enough(heard)) finish();
    });
    socket.on('close', () => finish());
    // A reset is an end too: what was heard before it counts.
    socket.on('error', () => finish());
  });
}

/** One answer with a Content-Length, or without a body. */
export function isWhole(heard: string): boolean {
  const end = heard.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const length = /\r\ncontent-length: *(\d+)/i.exec(heard.slice(0, end));
  return length === null || Buffer.byteLength(heard.slice(end + 4)) >= Number(length[1]);
}

export function statusOf(heard: string): number {
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(heard)?.[1] ?? 0);
}

export function openSocket(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket));
    socket.on('error', reject);
  });
}

/** Polls until `condition` holds. */
export async function until(condition: () => boolean, what: string, deadline = 20_000): Promise<void> {
  const end = performance.now() + deadline;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`it did not happen in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Nothing was signed, asked or shown, and no pairing began. */
export function sideEffects(running: RunningApi): unknown[] {
  return [...running.signatures.submitted, ...running.signatures.cancelled, ...running.windows];
}
