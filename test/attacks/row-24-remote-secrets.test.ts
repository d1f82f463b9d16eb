/**
 * Row 24 for the cloud: whoever reads a bearer token in a log is that doctor for a day. Everything that goes over the wire of
 * remote signing is recorded here as it is sent, and what is secret in it is then searched for in all that the agent writes,
 * answers, shows and hands to its windows, in plain, base64, hex and escapes: tokens, device and authorization codes,
 * verifiers, assertions, SADs, the PIN, the proxy's password, the client certificate's key and passphrase. What only the
 * terminal's window may show (user code, address, number) is searched for everywhere else. After a run with successes and
 * every kind of failure, at the sandbox's service.
 */
import { execFileSync } from 'node:child_process';
import type crypto from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { OutboundNetwork } from '../../src/agent/remote/network/outbound-network.ts';
import type { ServiceRequestInit } from '../../src/agent/remote/network/service-fetch.ts';
import { secretsIn } from '../support/canaries.ts';
import { startCommand, type CommandEnd } from '../support/command-line.ts';
import { listenToEvents } from '../support/event-listener.ts';
import { describeWith, programPath } from '../support/machine.ts';
import { memorySecrets } from '../support/network/test-network.ts';
import { approve } from '../support/remote-provider-desk.ts';
import { beginSession, RemoteClinic, sessionBecomes, sessionOf, signRemotely } from '../support/remote-clinic.ts';
import { codeOf, ehrToken, prescription, type RunningAgent } from '../support/running-agent.ts';
import type { HttpAnswer } from '../support/running-api.ts';

// A login's number has three digits, which stand in many places by chance. Here each has six that stand nowhere else.
vi.mock('node:crypto', async (importOriginal) => {
  const original = await importOriginal<typeof crypto>();
  let number = 860_417;
  const randomInt = (min: number, max: number): number => (min === 100 && max === 1000 ? (number += 1013) : original.randomInt(min, max));
  return { ...original, randomInt };
});

const typed = {
  'the PIN': '73918462',
  'the passphrase of the client certificate': 'pfx-canary-パスフレーズ',
  "the proxy's password": 'proxy-canary-9d2e',
};
/** Fields of requests and answers whose values are secret, wherever they stand. */
const secretFields = ['access_token', 'id_token', 'device_code', 'SAD', 'assertion', 'code', 'code_verifier', 'Token', 'token'];
/** Only for the window, the phone and the service. */
const windowFields = ['user_code', 'verification_uri', 'verification_uri_complete'];

describeWith(['openssl'], 'after a day of remote signing', () => {
  let at: RemoteClinic;
  /** Name and number of the value: value. */
  const wire: Record<string, string> = {};
  const windowOnly: Record<string, string> = {};
  const numbers: string[] = [];
  const answers: string[] = [];
  const codes = new Set<string>();
  const printed: string[] = [];
  const agents: RunningAgent[] = [];
  let events = '';
  let proxySaw = '';

  function note(name: string, value: unknown): void {
    if (typeof value !== 'string' || value.length < 8) return;
    if (secretFields.includes(name)) wire[`${name} ${Object.keys(wire).length}`] = value;
    if (windowFields.includes(name)) windowOnly[`${name} ${Object.keys(windowOnly).length}`] = value;
  }
  function record(text: string, headers?: RequestInit['headers']): void {
    const bearer = new Headers(headers).get('authorization')?.replace('Bearer ', '');
    note('token', bearer);
    if (text.startsWith('{')) for (const [name, value] of Object.entries(JSON.parse(text) as object)) note(name, value);
    else for (const [name, value] of new URLSearchParams(text)) {
      note(name, value);
      if (name === 'authorization_details') numbers.push((JSON.parse(value) as { number: string }[])[0]?.number ?? '');
    }
  }
  function keep(answer: HttpAnswer): HttpAnswer {
    answers.push(answer.text + JSON.stringify(answer.headers));
    codes.add(codeOf(answer) ?? String(answer.status));
    return answer;
  }
  async function command(running: RunningAgent, secret: string | null, ...args: string[]): Promise<CommandEnd> {
    const started = startCommand([...args, '--data-dir', running.data.root]);
    if (secret !== null) started.type(`${secret}\n`);
    started.hangUp();
    const end = await started.ended;
    printed.push(end.out, end.err);
    return end;
  }

  async function day(): Promise<void> {
    const providers = [...at.settings('csc').remote.providers.map((provider) => ({ ...provider, methods: ['smartphone', 'mynumber-card'] })), ...at.settings('kagura').remote.providers];
    const secrets = { ...memorySecrets(), protection: 'os-keychain' } as const;
    const running = await at.agent(
      'csc',
      { network: { clientCertificate: 'imported' }, remote: { providers, keepTokens: 'sealed' }, bounds: { documentsPerSession: 20, requestsPerHour: 60 } },
      { inserted: at.loginCard({ pin: typed['the PIN'] }), secrets },
    );
    agents.push(running);
    await using heard = await listenToEvents(running, ehrToken);
    running.person.authenticationPin = () => typed['the PIN'];

    // Without a client certificate first, then with the one of the operator's file.
    keep(await signRemotely(running));
    const { certificate, privateKey } = at.service.trust.facility;
    const file = (name: string): string => path.join(at.folder, name);
    writeFileSync(file('clinic.pem'), certificate + privateKey);
    execFileSync(programPath('openssl'), ['pkcs12', '-export', '-in', file('clinic.pem'), '-out', file('clinic.pfx'), '-passout', `pass:${typed['the passphrase of the client certificate']}`], { stdio: 'pipe' });
    expect((await command(running, 'a wrong passphrase', 'network', 'import-certificate', file('clinic.pfx'))).code).toBe(1);
    expect((await command(running, typed['the passphrase of the client certificate'], 'network', 'import-certificate', file('clinic.pfx'))).code).toBe(0);

    // By phone: declined, then approved; signatures; a lost answer; a revoked token; a swapped answer.
    running.person.method = ({ problem }) => (problem === null ? 'smartphone' : 'cancelled');
    running.person.code = ({ userCode }) => {
      void at.service.signIns.find(userCode)?.decline('a phone');
      return 'silent';
    };
    keep(await signRemotely(running));
    at.answerCodes(running);
    keep(await beginSession(running));
    await sessionBecomes(running, 'ready');
    keep(await signRemotely(running, { documents: [prescription('rx-1'), prescription('rx-2')] }));
    at.arm({ kind: 'cut-after-work', on: 'csc.signatures.signHash' });
    keep(await signRemotely(running));
    at.service.control.revokeTokens();
    keep(await signRemotely(running));
    at.arm({ kind: 'wrong-hash', on: 'csc.signatures.signHash' });
    keep(await signRemotely(running));
    running.person.code = (code) => {
      void approve(at.service, code, 'otherDoctor');
      return 'silent';
    };
    keep(await signRemotely(running));

    // By the card, on the platform's page: a wrong answer, then the right one.
    at.answerLogins(running, (ended) => new URL(ended.href.replace(/state=[^&]+/, 'state=guessed')));
    keep(await beginSession(running, 'hpki-card'));
    await sessionBecomes(running, 'not_authenticated');
    at.answerLogins(running);
    keep(await beginSession(running, 'hpki-card'));
    await sessionBecomes(running, 'ready');
    keep(await signRemotely(running));
    for (const target of ['/v1/status', '/v1/sessions/D0012', '/openapi.json']) keep(await running.ask(target));
    for (const args of [['session', 'list'], ['session', 'list', '--json'], ['staff', 'list'], ['status', '--json'], ['doctor', '--json'], ['network', 'test'], ['audit', 'export', '--csv']]) await command(running, null, ...args);
    await running.restart();
    expect(await sessionOf(running)).toMatchObject({ ready: true });
    keep(await running.ask('/v1/sessions/D0012', { method: 'DELETE' }));
    events = heard.text;

    // By the card, with an assertion.
    const byCard = await at.ready('csc', {}, { inserted: at.loginCard({ pin: typed['the PIN'] }), secrets: memorySecrets() });
    agents.push(byCard);
    byCard.person.authenticationPin = () => typed['the PIN'];
    keep(await signRemotely(byCard));
  }

  /** A proxy that wants a password, and leads to nothing. */
  async function behindProxy(): Promise<void> {
    const proxy = createServer().on('connect', ({ headers }, socket) => {
      proxySaw += headers['proxy-authorization'] ?? '';
      socket.end(headers['proxy-authorization'] === undefined ? 'HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic realm="hospital"\r\ncontent-length: 0\r\n\r\n' : 'HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n');
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const place = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const running = await at.ready('csc', at.throughProxy(`http://${place}`), { secrets: memorySecrets() });
    agents.push(running);
    keep(await signRemotely(running));
    expect((await command(running, typed["the proxy's password"], 'network', 'set-proxy-password', '--proxy', place, '--user', 'clinic')).code).toBe(0);
    keep(await signRemotely(running));
    await command(running, null, 'network', 'test');
    proxy.close();
  }

  beforeAll(async () => {
    at = await RemoteClinic.open();
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its own network below.
    const original = OutboundNetwork.prototype.fetchFor;
    vi.spyOn(OutboundNetwork.prototype, 'fetchFor').mockImplementation(function (this: OutboundNetwork, addresses) {
      const plain = original.call(this, addresses);
      return async (address, init: ServiceRequestInit = {}) => {
        record(typeof init.body === 'string' ? init.body : init.body instanceof URLSearchParams ? init.body.toString() : '', init.headers);
        const answer = await plain(address, init);
        record(await answer.clone().text());
        return answer;
      };
    });
    await day();
    await behindProxy();
  }, 240_000);
  afterAll(async () => {
    vi.restoreAllMocks();
    await at.close();
  });

  const secrets = (): Readonly<Record<string, string>> => {
    // One line from the middle of the key's base64.
    const keyLine = at.service.trust.facility.privateKey.split('\n')[10] ?? '';
    return { ...typed, ...wire, "a line of the client certificate's key": keyLine };
  };
  /** All that leaves the agent or lies on its disk, by its place. The system's key store lies elsewhere. */
  const places = (): ReadonlyMap<string, string> => {
    const files = agents.flatMap((running, number) => [...running.files()].map(([name, content]): [string, string] => [`agent ${number}: ${name}`, content]));
    return new Map([...files, ...answers.map((text, number): [string, string] => [`answer ${number}`, text]), ['events', events], ...printed.map((text, number): [string, string] => [`command ${number}`, text])]);
  };

  it('the run was what it should be: every secret was met, and every kind of failure', () => {
    const kinds = new Set(Object.keys(wire).map((name) => name.split(' ')[0]));
    expect([...kinds].sort()).toEqual([...secretFields].sort());
    for (const code of ['TLS_CLIENT_CERT_MISSING', 'AUTHENTICATION_REFUSED', 'REMOTE_ANSWER_LOST', 'SIGNATURE_MISMATCH', 'AUTHENTICATED_OTHER_PERSON', 'PROXY_AUTH_REQUIRED', 'PROXY_DENIED', '201']) expect([...codes]).toContain(code);
    expect(Buffer.from(proxySaw.split(' ').at(-1) ?? '', 'base64').toString()).toBe(`clinic:${typed["the proxy's password"]}`);
    expect(numbers.length).toBeGreaterThan(2);
    for (const number of numbers) expect(number).toMatch(/^\d{6}$/);
    const names = [...places().keys()].join('\n');
    for (const name of ['agent.log', 'journal.jsonl', 'audit.jsonl', 'staff.json', 'tokens.json', 'answer 5', 'command 5']) expect(names).toContain(name);
    expect(events).toContain('event: signature');
  });

  it('no file, answer, event or printed line holds a secret', () => {
    for (const [place, text] of places()) expect({ place, secrets: secretsIn(text, secrets()) }).toEqual({ place, secrets: [] });
  });

  it('nothing that a window is told holds a secret', () => {
    for (const { person } of agents) {
      for (const told of [person.shown, person.shownAuthentication, person.notices]) {
        expect(secretsIn(JSON.stringify(told, (_key, value: unknown) => (value instanceof URL ? value.href : value)), secrets())).toEqual([]);
      }
    }
  });

  it('the code, its address and its number are in the window alone', () => {
    expect(Object.keys(windowOnly).length).toBeGreaterThan(5);
    for (const [place, text] of places()) expect({ place, secrets: secretsIn(text, windowOnly) }).toEqual({ place, secrets: [] });
    // As a word of its own: a digest or a time may have the same digits.
    const number = new RegExp(`(?<![0-9A-Za-z.])(?:${numbers.join('|')})(?![0-9A-Za-z])`);
    const [first = ''] = numbers;
    for (const leaked of [first, Number(first), `番号は${first}です。`]) expect(JSON.stringify({ leaked })).toMatch(number);
    for (const [place, text] of places()) expect({ place, found: number.exec(text)?.[0] ?? null }).toEqual({ place, found: null });
  });
});
