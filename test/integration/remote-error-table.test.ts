/**
 * Every error of remote signing is reached by a real request to the whole agent at the sandbox's service, and answered as the
 * table says. A code that is added without a way to reach it does not compile here.
 */
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { PhoneCode } from '../../src/agent/remote/remote-provider.ts';
import type { FaultToArm } from '../../src/sandbox/remote/faults/fault.ts';
import type { TlsIdentity } from '../../src/sandbox/ca/test-tls-ca.ts';
import { createTestTlsCa } from '../../src/sandbox/ca/test-tls-ca.ts';
import { expectAsTheTableSays, type RemoteCode } from '../support/error-table.ts';
import { InterceptionProxy } from '../support/network/interception-proxy.ts';
import { TlsAuthority } from '../support/network/tls-authority.ts';
import { approve } from '../support/remote-provider-desk.ts';
import { beginSession, RemoteClinic, signRemotely } from '../support/remote-clinic.ts';
import type { RunningAgent } from '../support/running-agent.ts';
import type { HttpAnswer } from '../support/running-api.ts';

vi.setConfig({ testTimeout: 120_000 });

let at: RemoteClinic;
const opened: (() => unknown)[] = [];
beforeAll(async () => {
  at = await RemoteClinic.open();
});
afterEach(async () => {
  await at.endAgents();
  at.service.control.refuseConnections('api', false);
  for (const close of opened.splice(0).reverse()) await close();
});
afterAll(() => at.close());

const signHash = 'csc.signatures.signHash';
const ready = (change: Readonly<Record<string, unknown>> = {}): Promise<RunningAgent> => at.ready('csc', change);

/** Authenticated and signed once; the next request meets the fault. */
async function signedThen(fault: FaultToArm): Promise<HttpAnswer> {
  const running = await ready();
  expect((await signRemotely(running)).status).toBe(201);
  at.arm({ times: null, ...fault });
  return signRemotely(running);
}

/** By phone, answered as the test says. */
async function byPhone(answer: (code: PhoneCode) => void, before: (running: RunningAgent) => Promise<unknown> = () => Promise.resolve()): Promise<HttpAnswer> {
  const running = await at.agent('csc');
  await before(running);
  running.person.code = (code) => {
    answer(code);
    return 'silent';
  };
  return signRemotely(running);
}

async function proxy(answer: (socket: Duplex) => void): Promise<Readonly<Record<string, unknown>>> {
  const server: Server = createServer().on('connect', (_request, socket: Duplex) => answer(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  opened.push(() => server.close());
  return at.throughProxy(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

/** A proxy that answers CONNECT with this status line. */
async function refusedByProxy(line: string): Promise<HttpAnswer> {
  const asks = line.startsWith('407') ? 'proxy-authenticate: Basic realm="hospital"\r\n' : '';
  return signRemotely(await ready(await proxy((socket) => socket.end(`HTTP/1.1 ${line}\r\ncontent-length: 0\r\n${asks}\r\n`))));
}

/** A proxy that brings every name to the service, whose certificate has only its own. */
async function underAnotherName(): Promise<HttpAnswer> {
  const { port } = new URL(at.service.addresses.api);
  const everyName = await proxy((socket) => {
    const there = connect(Number(port), '127.0.0.1', () => socket.write('HTTP/1.1 200 Connection established\r\n\r\n'));
    there.on('error', () => socket.destroy());
    socket.on('error', () => there.destroy()).pipe(there).pipe(socket);
  });
  return signRemotely(await ready(everyName));
}

async function withClientCertificate({ certificate, privateKey }: TlsIdentity, name: string): Promise<HttpAnswer> {
  const files = { certificate: path.join(at.folder, `${name}.pem`), key: path.join(at.folder, `${name}.key`) };
  writeFileSync(files.certificate, certificate);
  writeFileSync(files.key, privateKey);
  return signRemotely(await ready({ network: { clientCertificate: files } }));
}

const reach: Readonly<Record<RemoteCode, () => Promise<HttpAnswer>>> = {
  TOKEN_EXPIRED: () => signedThen({ kind: 'status', status: 401, on: signHash }),
  TOKEN_BOUND_REACHED: async () => {
    const running = await ready({ bounds: { documentsPerSession: 1 }, deadlines: { consentSeconds: 10 } });
    expect((await signRemotely(running)).status).toBe(201);
    running.person.consent = () => 'silent';
    return signRemotely(running);
  },
  PROVIDER_UNREACHABLE: async () => {
    at.service.control.refuseConnections('api', true);
    return signRemotely(await ready());
  },
  PROXY_AUTH_REQUIRED: () => refusedByProxy('407 Proxy Authentication Required'),
  PROXY_DENIED: () => refusedByProxy('403 Forbidden'),
  PROXY_UPSTREAM: () => refusedByProxy('503 Service Unavailable'),
  TLS_CLIENT_CERT_MISSING: async () => signRemotely(await ready({ network: { clientCertificate: 'none' } })),
  TLS_CLIENT_CERT_REJECTED: async () => withClientCertificate(await (await createTestTlsCa()).issueFacility('別の医院'), 'of-another-ca'),
  TLS_CLIENT_CERT_EXPIRED: async () => withClientCertificate(await at.service.trust.tlsCa.issueFacility('架空内科クリニック', at.service.trust.tlsCa.past), 'expired'),
  CA_UNKNOWN: async () => signRemotely(await ready({ network: { extraCa: [] } })),
  TLS_INTERCEPTED: async () => {
    const evil = await InterceptionProxy.start(await TlsAuthority.create('TEST Inspection CA', 'Evil Gate'));
    opened.push(() => evil.close());
    return signRemotely(await ready(at.throughProxy(evil.url)));
  },
  TLS_HOSTNAME: underAnotherName,
  NETWORK_NOT_CONFIGURED: async () => signRemotely(await ready({ network: { extraCa: [path.join(at.folder, 'is-not-there.pem')] } })),
  SERVICE_SUSPENDED: () => signedThen({ kind: 'status', status: 429, on: signHash }),
  PROVIDER_REFUSED: () => signedThen({ kind: 'status', status: 400, on: signHash }),
  REMOTE_ANSWER_LOST: () => signedThen({ kind: 'cut-after-work', on: signHash }),
  AUTHENTICATION_EXPIRED: () => byPhone(() => at.service.control.setClockOffset(120_000)),
  AUTHENTICATION_REFUSED: () => byPhone(({ userCode }) => void at.service.signIns.find(userCode)?.decline('a phone')),
  AUTHENTICATED_OTHER_PERSON: () =>
    byPhone(
      (code) => void approve(at.service, code, 'otherDoctor'),
      async (running) => {
        at.answerCodes(running);
        expect((await signRemotely(running)).status).toBe(201);
        await running.ask('/v1/sessions/D0012', { method: 'DELETE' });
      },
    ),
  AUTHENTICATION_NOT_OFFERED: async () => beginSession(await ready(), 'smartphone'),
  TERMINAL_DOES_NOT_SIGN: async () => signRemotely(await ready({ terminal: { authenticates: ['hpki-card'], signs: false } })),
  CLOCK_WRONG: async () => {
    at.service.control.setClockOffset(10 * 60_000);
    return signRemotely(await ready());
  },
};

describe('the table of errors, for remote signing', () => {
  it.each(Object.entries(reach))('%s is reached', async (code, request) => {
    const answer = await request();
    expectAsTheTableSays(code as RemoteCode, answer);
    expect(answer.text).not.toContain('"xml"');
  });
});
