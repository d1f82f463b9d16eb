import { constants, createHash, generateKeyPairSync, privateEncrypt, randomBytes, randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { lookup } from 'node:dns';
import { Agent as Dispatcher, request } from 'undici';
import type { Prompts } from '../../src/agent/ports.ts';
import { OutboundNetwork } from '../../src/agent/remote/network/outbound-network.ts';
import { createProviders } from '../../src/agent/remote/providers/create-providers.ts';
import type { RemoteToken, ValueSigning } from '../../src/agent/remote/remote-provider.ts';
import { fileSecretStore } from '../../src/agent/storage/file-secret-store.ts';
import { systemClock } from '../../src/agent/system-clock.ts';
import { startSandboxAgent } from '../../src/cli/sandbox/start-sandbox-agent.ts';
import { authenticationSteps } from '../../src/main/authentication-view.ts';
import { prescriptionOfSize } from '../../src/sandbox/samples/prescription.ts';
import { openSandboxClinic } from '../../src/sandbox/sandbox-clinic.ts';
import { scriptedPrompts } from '../../src/sandbox/scripted-prompts.ts';
import { openTemporaryFolder } from '../../src/sandbox/temporary-folder.ts';
import { KeepAliveClient } from './keep-alive-client.ts';
import { alternate, summarize, timed, timedAsync, type Summary } from './measure.ts';
import { openBenchClinic, type BenchClinic } from './remote-clinic.ts';
import type { BenchLine, BenchOptions, BenchRow } from './row.ts';

export const row: BenchRow = {
  number: 11,
  title: 'remote signing through squid with a client certificate, beside the service itself',
  needs: ['squid', 'openssl'],
  run,
};

/** What the service asks its clients to wait between two polls (RFC 8628 §3.2). */
const intervalMs = 2000;
const batch = 100;
const staff = { id: 'D0012', name: '医者　三郎' };
const now = (): number => performance.timeOrigin + performance.now();

async function run({ quick, note }: BenchOptions): Promise<readonly BenchLine[]> {
  const clinic = await openBenchClinic();
  try {
    const agent = await Measured.start(clinic);
    try {
      note('authentications');
      const logins = await agent.authenticate(quick ? 4 : 30);
      note('single signatures');
      const single = await againstServiceAlone(clinic, agent, quick);
      note('batches');
      const hashes = await batchAgainstSingles(clinic, quick);
      return lines(logins, single, hashes);
    } finally {
      await agent.close();
    }
  } finally {
    await clinic.close();
  }
}

interface Logins {
  /** From the click to the code with its drawn modules, and from the approval to the session, in milliseconds. */
  readonly qr: readonly number[];
  readonly ready: readonly number[];
}

/** The agent as the sandbox starts it, its window played: what is timed begins with the person's click. */
class Measured {
  readonly #clinic: BenchClinic;
  readonly #client: KeepAliveClient;
  readonly #token: string;
  readonly #times: Times;
  readonly #end: () => Promise<void>;

  private constructor(clinic: BenchClinic, client: KeepAliveClient, token: string, times: Times, end: () => Promise<void>) {
    this.#clinic = clinic;
    this.#client = client;
    this.#token = token;
    this.#times = times;
    this.#end = end;
  }

  static async start(clinic: BenchClinic): Promise<Measured> {
    const token = randomBytes(32).toString('base64url');
    const client = { name: 'bench', native: true as const, tokenSha256: createHash('sha256').update(token).digest('hex') };
    const times: Times = { clicked: 0, shown: 0, ready: null, code: null };
    const root = openTemporaryFolder('hpki-bench-agent');
    const agent = await startSandboxAgent({ clinic: await openSandboxClinic(), prompts: timedPrompts(times), ports: [0], settings: { ...clinic.settings, clients: [client] }, root });
    const keepAlive = new KeepAliveClient(agent.port);
    return new Measured(clinic, keepAlive, token, times, async () => {
      keepAlive.close();
      await agent.close();
      rmSync(root, { recursive: true, force: true });
    });
  }

  async authenticate(rounds: number): Promise<Logins> {
    const found: { qr: number[]; ready: number[] } = { qr: [], ready: [] };
    // The first makes the connections.
    for (let round = 0; round <= rounds; round += 1) {
      const shown = Promise.withResolvers<undefined>();
      const ready = Promise.withResolvers<number>();
      Object.assign(this.#times, { code: shown, ready });
      await this.#post('/v1/sessions', { staffId: staff.id, staffName: staff.name, method: 'smartphone' });
      await shown.promise;
      const { clicked, shown: at, phoneCode } = this.#times;
      if (phoneCode === undefined) throw new Error('no code was shown');
      const approved = await this.#clinic.approve(phoneCode);
      const end = await ready.promise;
      if (round > 0) {
        found.qr.push(at - clicked);
        found.ready.push(end - approved);
      }
      // Within its last hour alone a session would be renewed: it is ended, all but the last.
      if (round < rounds) await this.#delete();
    }
    return found;
  }

  /** One prescription of 2 KB, from the post to the signed and verified answer. */
  async sign(): Promise<void> {
    const document = { id: 'rx-1', type: 'prescription', csv: Buffer.from(prescriptionOfSize(2000)).toString('base64') };
    await this.#post('/v1/signatures', { staff, method: 'remote', documents: [document] });
  }

  readonly bearer = (): Promise<RemoteToken> => loginOf(this.#clinic);

  close(): Promise<void> {
    return this.#end();
  }

  async #post(target: string, body: unknown): Promise<void> {
    const headers = { authorization: `Bearer ${this.#token}`, 'idempotency-key': randomUUID(), prefer: 'wait=60' };
    const { status, answer } = await this.#client.post(target, Buffer.from(JSON.stringify(body)), headers);
    if (status !== 201) throw new Error(`the agent answered ${status}: ${answer.toString('utf8').slice(0, 500)}`);
  }

  async #delete(): Promise<void> {
    const { status } = await this.#client.delete(`/v1/sessions/${staff.id}`, { authorization: `Bearer ${this.#token}` });
    if (status !== 204) throw new Error(`the agent answered ${status} to the end of a session`);
  }
}

interface Times {
  clicked: number;
  shown: number;
  phoneCode?: Parameters<typeof authenticationSteps.code>[0];
  code: PromiseWithResolvers<undefined> | null;
  ready: PromiseWithResolvers<number> | null;
}

function timedPrompts(times: Times): Prompts {
  const prompts = scriptedPrompts({ pin: () => null, authentication: {} });
  return {
    ...prompts,
    openAuthentication(view) {
      const dialog = prompts.openAuthentication(view);
      return {
        ...dialog,
        chooseMethod(question, signal) {
          times.clicked = now();
          return dialog.chooseMethod(question, signal);
        },
        showCode(code, signal) {
          // What the window is sent: the modules are drawn before.
          authenticationSteps.code(code);
          times.shown = now();
          times.phoneCode = code;
          times.code?.resolve(undefined);
          return dialog.showCode(code, signal);
        },
        close(end) {
          if (end.outcome === 'authenticated') times.ready?.resolve(now());
          else times.ready?.reject(new Error(`the authentication ended ${end.outcome}`));
          dialog.close(end);
        },
      };
    },
  };
}

/** A provider of its own over the same way out, for hashes without the rest of the agent. */
async function providerAt({ settings, approve }: BenchClinic): Promise<{ readonly signing: ValueSigning; readonly login: () => Promise<RemoteToken>; readonly close: () => void }> {
  const secrets = fileSecretStore(openTemporaryFolder('hpki-bench-secrets'));
  const network = new OutboundNetwork({ settings: settings.network, secrets, system: null, environment: {}, clock: systemClock });
  const [provider] = await createProviders(settings.remote.providers, { network, clock: systemClock });
  if (provider?.signing.form !== 'value') throw new Error('the first provider of the sandbox signs values');
  return {
    signing: provider.signing,
    login: () =>
      provider.authenticate(
        { method: 'smartphone', staff, facility: null, terminal: 'bench' },
        { showCode: (code) => void approve(code), showLogin: () => Promise.reject(new Error('no page')), openCardKey: () => Promise.reject(new Error('no card')), discard: () => undefined },
        new AbortController().signal,
      ),
    close: () => network.close(),
  };
}

async function loginOf(clinic: BenchClinic): Promise<RemoteToken> {
  const provider = await providerAt(clinic);
  try {
    return await provider.login();
  } finally {
    provider.close();
  }
}

async function againstServiceAlone(clinic: BenchClinic, agent: Measured, quick: boolean): Promise<Readonly<Record<'ours' | 'service', Summary>>> {
  const service = await serviceAlone(clinic, agent.bearer);
  try {
    return await alternate([timedAsync('ours', () => agent.sign()), timedAsync('service', service.sign)], quick ? { warmUp: 3, measured: 20 } : { warmUp: 20, measured: 400 });
  } finally {
    await service.close();
  }
}

interface ServiceAlone {
  readonly sign: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** The same three calls (CSC API v2) without the agent and without the proxy: TLS with the client certificate, kept open. */
async function serviceAlone(clinic: BenchClinic, login: () => Promise<RemoteToken>): Promise<ServiceAlone> {
  const bearer = Buffer.from((await login()).secret).toString();
  const dispatcher = new Dispatcher({
    connect: {
      ca: clinic.file('tls-root.pem'),
      cert: clinic.file('facility.pem'),
      key: clinic.file('SANDBOX-facility.key.pem'),
      lookup: (_name, options, answer) => lookup('127.0.0.1', options, answer),
    },
  });
  const call = async (method: string, body: object): Promise<Record<string, unknown>> => {
    const answer = await request(`${clinic.addresses.csc.base}/${method}`, {
      method: 'POST',
      dispatcher,
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (answer.statusCode !== 200) throw new Error(`the service answered ${answer.statusCode}`);
    return (await answer.body.json()) as Record<string, unknown>;
  };
  const sign = async (): Promise<void> => {
    const { credentialIDs } = (await call('credentials/list', { credentialInfo: true, certificates: 'chain', authInfo: true })) as { credentialIDs: string[] };
    const named = { credentialID: credentialIDs[0], hashes: [randomBytes(32).toString('base64')], hashAlgorithmOID: '2.16.840.1.101.3.4.2.1' };
    const { SAD } = await call('credentials/authorize', { ...named, numSignatures: 1 });
    await call('signatures/signHash', { ...named, SAD, signAlgo: '1.2.840.113549.1.1.11' });
  };
  return { sign, close: () => dispatcher.close() };
}

type HashTimes = Readonly<Record<'batch' | 'singles' | 'rsa', Summary>>;

async function batchAgainstSingles(clinic: BenchClinic, quick: boolean): Promise<HashTimes> {
  const provider = await providerAt(clinic);
  try {
    const { signal } = new AbortController();
    const token = await provider.login();
    const [credential] = await provider.signing.credentials(token, signal);
    if (credential === undefined) throw new Error('the doctor has a credential');
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const sign = async (count: number): Promise<void> => {
      const hashes = Array.from({ length: count }, () => randomBytes(32));
      let signed = 0;
      for await (const value of provider.signing.sign(token, credential, hashes, signal)) signed += value.length > 0 ? 1 : 0;
      if (signed !== count) throw new Error('not every hash was signed');
    };
    return await alternate(
      [
        timedAsync('batch', () => sign(batch)),
        timedAsync('singles', async () => {
          for (let number = 0; number < batch; number += 1) await sign(1);
        }),
        // What no way of asking spares the service.
        timed('rsa', () => {
          for (let number = 0; number < batch; number += 1) privateEncrypt({ key: privateKey, padding: constants.RSA_PKCS1_PADDING }, randomBytes(51));
        }),
      ],
      quick ? { warmUp: 1, measured: 3 } : { warmUp: 2, measured: 20 },
    );
  } finally {
    provider.close();
  }
}

const milliseconds = (times: readonly number[]): Summary => summarize(times.map((ms) => ms * 1e6));

function lines(logins: Logins, single: Readonly<Record<'ours' | 'service', Summary>>, hashes: HashTimes): readonly BenchLine[] {
  const qrP95 = logins.qr.toSorted((a, b) => a - b)[Math.min(logins.qr.length - 1, Math.floor(logins.qr.length * 0.95))] ?? Number.NaN;
  const service = [{ name: 'the service alone, no proxy', measured: single.service }];
  return [
    {
      row: '11 (QR)',
      what: 'click → code with its drawn modules, p95',
      ours: milliseconds(logins.qr),
      against: [],
      value: qrP95,
      target: { relation: '<=', bound: 300, unit: 'ms' },
      remark: 'up to what the open window is sent to paint; one frame of the screen comes on top.',
    },
    {
      row: '11 (ready)',
      what: `phone approved → session ready, longest, beyond the polling interval of ${intervalMs} ms`,
      ours: milliseconds(logins.ready),
      against: [{ name: 'interval', measured: { count: intervalMs, unit: 'ms' } }],
      value: Math.max(...logins.ready) - intervalMs,
      target: { relation: '<=', bound: 300, unit: 'ms' },
      remark: 'the service forbids a client to ask more often. Negative: every approval was noticed before the interval was over.',
    },
    {
      row: '11 (one, p50)',
      what: 'one prescription, post → signed and verified answer, above the same calls to the service',
      ours: single.ours,
      against: service,
      value: single.ours.p50 - single.service.p50,
      target: { relation: '<=', bound: 15, unit: 'ms' },
      remark: 'the agent behind squid with its Basic password, client certificate, journal and audit on the disk, self-verification; the service is asked directly.',
    },
    {
      row: '11 (one, p99)',
      what: 'the same, p99 above p99',
      ours: single.ours,
      against: service,
      value: single.ours.p99 - single.service.p99,
      target: { relation: '<=', bound: 50, unit: 'ms' },
    },
    {
      row: '11 (100 hashes)',
      what: `${batch} hashes in one batch through squid, beside ${batch} one by one`,
      ours: hashes.batch,
      against: [
        { name: 'one by one', measured: hashes.singles },
        { name: `${batch} RSA-2048 operations alone`, measured: hashes.rsa },
      ],
      value: hashes.singles.p50 / hashes.batch.p50,
      target: { relation: '>=', bound: 5, unit: '× faster' },
      remark: 'the RSA operations are the service\'s in both ways, and bound the ratio.',
    },
  ];
}
