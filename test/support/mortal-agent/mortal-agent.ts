/** An agent in a process of its own that is killed and started again over the same files, and the EHR that posts to it. */
import { fork, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { dataDirectory, type DataDirectory } from '../../../src/agent/storage/data-directory.ts';
import { openTemporaryFolder } from '../../../src/sandbox/temporary-folder.ts';
import { ask, sha256Hex, type HttpAnswer } from '../running-api.ts';
import type { TestClinic } from '../test-clinic.ts';
import type { FromLife, LifeOrder, ToLife } from './process.ts';

/** The connection ended before the answer had arrived. */
export type Lost = 'lost';

export class MortalAgent {
  readonly data: DataDirectory;
  readonly #folder: string;
  readonly #order: Omit<LifeOrder, 'diesAfter'>;
  readonly #token = randomBytes(32).toString('base64url');
  #life: { readonly child: ChildProcess; readonly ended: Promise<unknown> } | undefined;
  #port = 0;
  #deathsKnown = 0;

  private constructor(clinic: TestClinic, folder: string) {
    this.#folder = folder;
    const root = path.join(folder, 'data');
    this.data = dataDirectory(root);
    const { certificate, pkcs8 } = clinic.people.doctor;
    this.#order = {
      root,
      trust: path.join(folder, 'trust'),
      tokenSha256: sha256Hex(this.#token),
      certificate: certificate.der,
      ca: clinic.ca.signing.certificate.der,
      rootCertificate: clinic.ca.root.certificate.der,
      privateKey: pkcs8,
      deathFile: path.join(folder, 'deaths'),
      hashFile: path.join(folder, 'hashes'),
    };
    for (const file of [this.#order.deathFile, this.#order.hashFile]) writeFileSync(file, '');
  }

  static async make(clinic: TestClinic): Promise<MortalAgent> {
    const agent = new MortalAgent(clinic, openTemporaryFolder('hpki-mortal'));
    await clinic.writeTrust(agent.#order.trust);
    return agent;
  }

  get isAlive(): boolean {
    return this.#life !== undefined;
  }

  /** Starts it over the files that are there. `false` where it died before it listened, as it was told to. */
  async boot(diesAfter: number | null = null): Promise<boolean> {
    if (this.#life !== undefined) throw new Error('it lives already');
    const child = fork(path.join(import.meta.dirname, 'process.ts'), [], {
      execArgv: [],
      env: { ...environment(), NODE_COMPILE_CACHE: compiled() },
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text));
    const ended = once(child, 'exit').then(([code, signal]: unknown[]) => {
      this.#life = undefined;
      // An agent that ends by itself has a fault: nothing but the kill may end it.
      if (signal !== 'SIGKILL') throw new Error(`the agent ended by itself (${String(code)}): ${said}`);
    });
    this.#life = { child, ended };
    child.send({ type: 'live', order: { ...this.#order, diesAfter } } satisfies ToLife);
    const alive = await Promise.race([nextMessage(child), ended]);
    if (alive?.type !== 'alive') return false;
    this.#port = alive.port;
    return this.isAlive;
  }

  /** From now on it dies at that effect. */
  async arm(diesAfter: number): Promise<void> {
    const { child, ended } = this.#lives();
    child.send({ type: 'arm', diesAfter } satisfies ToLife);
    await Promise.race([nextMessage(child), ended]);
  }

  /** kill -9, whatever it is doing. */
  async kill(): Promise<void> {
    const life = this.#life;
    if (life === undefined) return;
    life.child.kill('SIGKILL');
    await life.ended;
  }

  /** The effect after which this life has ended as it was told to; null where it still lives. */
  async diedAfter(): Promise<string | null> {
    // One more call: when that is answered, the answer before it has been sent in every respect.
    if (this.isAlive) await ask(this.#port, '/health').catch(() => undefined);
    const deaths = this.deaths();
    if (deaths.length === this.#deathsKnown) return null;
    await this.#life?.ended;
    this.#deathsKnown = deaths.length;
    return deaths.at(-1) ?? null;
  }

  /** The answer to a POST, or that the agent died under it. */
  post(key: string, body: unknown, wait = 60): Promise<HttpAnswer | Lost> {
    return this.#ask('POST', '/v1/signatures', JSON.stringify(body), { 'content-type': 'application/json', 'idempotency-key': key, prefer: `wait=${wait}` });
  }

  get(id: string, wait = 60): Promise<HttpAnswer | Lost> {
    return this.#ask('GET', `/v1/signatures/${id}?wait=${wait}`);
  }

  async #ask(method: string, target: string, body?: string, headers: Record<string, string> = {}): Promise<HttpAnswer | Lost> {
    if (this.#life === undefined) return 'lost';
    const { ended } = this.#life;
    try {
      return await ask(this.#port, target, {
        method,
        headers: { authorization: `Bearer ${this.#token}`, 'accept-language': 'en', ...headers },
        ...(body === undefined ? {} : { body }),
      });
    } catch {
      await ended;
      return 'lost';
    }
  }

  /** Every hash that the card has signed, over all lives, in order. */
  signedHashes(): readonly string[] {
    return linesOf(this.#order.hashFile);
  }

  /** The effects after which it has died, over all lives, in order. */
  deaths(): readonly string[] {
    return linesOf(this.#order.deathFile);
  }

  async dispose(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #lives(): { readonly child: ChildProcess; readonly ended: Promise<unknown> } {
    if (this.#life === undefined) throw new Error('it is dead');
    return this.#life;
  }
}

/** One folder for all lives of this test process. */
let cache: string | undefined;

function compiled(): string {
  if (cache === undefined) {
    const folder = openTemporaryFolder('hpki-mortal');
    process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
    cache = folder;
  }
  return cache;
}

/** Nothing of the test runner's. */
function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(NODE_|VITEST)/.test(name)));
}

async function nextMessage(child: ChildProcess): Promise<FromLife> {
  const [message] = (await once(child, 'message')) as [FromLife];
  return message;
}

function linesOf(file: string): readonly string[] {
  return readFileSync(file, 'utf8').split('\n').filter((line) => line !== '');
}
