import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { openTemporaryFolder } from '../../src/sandbox/temporary-folder.ts';
import { bundleForBench } from './bundle.ts';
import { KeepAliveClient } from './keep-alive-client.ts';
import type { SoftHsmDoctor } from './softhsm-doctor.ts';

export interface AgentOrder {
  readonly dataRoot: string;
  readonly tokenSha256: string;
  readonly modulePath: string;
  readonly login: 'user' | 'context-specific';
  readonly pin: string;
  readonly trust: { readonly anchors: string; readonly chain: string; readonly crls: string };
}

/** One PIN session serves so many documents by policy; then a person confirms again. */
const documentsPerSession = 250;

export interface BenchDocument {
  readonly id: string;
  readonly csv: Uint8Array;
}

/** The built agent over a SoftHSM token, and an EHR's connection to it. */
export class MeasuredAgent {
  readonly pid: number;
  readonly #client: KeepAliveClient;
  readonly #token: string;
  readonly #end: () => Promise<void>;
  #servedBySession = documentsPerSession;

  private constructor(pid: number, client: KeepAliveClient, token: string, end: () => Promise<void>) {
    this.pid = pid;
    this.#client = client;
    this.#token = token;
    this.#end = end;
  }

  static async start(doctor: SoftHsmDoctor): Promise<MeasuredAgent> {
    const folder = openTemporaryFolder('hpki-bench-agent');
    const token = randomBytes(32).toString('base64url');
    const order: AgentOrder = {
      dataRoot: join(folder, 'data'),
      tokenSha256: createHash('sha256').update(token).digest('hex'),
      modulePath: doctor.softHsm.modulePath,
      login: doctor.softHsm.login,
      pin: doctor.pin,
      trust: doctor.people.trust,
    };
    const orderFile = join(folder, 'order.json');
    writeFileSync(orderFile, JSON.stringify(order), { mode: 0o600 });
    const entry = await bundleForBench();
    const profile = process.env['BENCH_CPU_PROFILE'];
    const child = spawn(process.execPath, [...(profile === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', profile]), entry, orderFile], {
      env: { ...process.env, ...doctor.softHsm.environment },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    const [line] = (await Promise.race([
      once(createInterface(child.stdout), 'line'),
      exited.then(() => {
        throw new Error('the agent did not start');
      }),
    ])) as [string];
    const { port } = JSON.parse(line) as { port: number };
    if (child.pid === undefined) throw new Error('the agent has no process id');
    const client = new KeepAliveClient(port);
    return new MeasuredAgent(child.pid, client, token, async () => {
      client.close();
      child.stdin.end();
      await exited;
      rmSync(folder, { recursive: true, force: true });
    });
  }

  /** Bytes of a request, made beforehand: an EHR's own work is not what is measured. */
  static bodyOf(documents: readonly BenchDocument[]): Buffer {
    return Buffer.from(
      JSON.stringify({
        staff: { id: 'D0012', name: '医者　三郎' },
        method: 'auto',
        documents: documents.map(({ id, csv }) => ({ id, type: 'prescription', csv: Buffer.from(csv).toString('base64') })),
      }),
    );
  }

  /**
   * Posts one request and resolves to its answer. Where the PIN session would not serve it any more, one
   * document is signed before, outside of what is measured: that request opens the next session.
   */
  async prepareSession(documents: number, body: Buffer): Promise<void> {
    if (this.#servedBySession + documents <= documentsPerSession) return;
    await this.post(body);
    this.#servedBySession = 1;
  }

  async post(body: Buffer, documents = 1): Promise<Buffer> {
    const { status, answer } = await this.#client.post('/v1/signatures', body, {
      authorization: `Bearer ${this.#token}`,
      'idempotency-key': randomUUID(),
      prefer: 'wait=60',
    });
    if (status !== 201) throw new Error(`the agent answered ${status}: ${answer.toString('utf8').slice(0, 500)}`);
    this.#servedBySession += documents;
    return answer;
  }

  close(): Promise<void> {
    return this.#end();
  }
}

/** Resident memory of a process and of the processes that it started, in MB (10^6 bytes). Linux. */
export function residentMegabytes(pid: number): readonly number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  return [pid, ...children].map((process) => {
    const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${process}/status`, 'utf8'))?.[1];
    return (Number(kilobytes) * 1024) / 1e6;
  });
}
