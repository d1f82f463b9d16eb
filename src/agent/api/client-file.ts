import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { ProblemError } from '../../contract/problem.ts';
import { code, fault, type Log } from '../log.ts';
import type { Clock } from '../ports.ts';
import { writeFileDurably } from '../storage/write-file-durably.ts';
import type { Client, ClientRegistry, NewClient, PolicyClient } from './client-registry.ts';
import { originFromPolicy } from './origin.ts';

const clientFile = z.object({
  version: z.literal(1),
  clients: z.array(
    z.object({
      id: z.string(),
      name: z.string(),
      origin: z.string().nullable(),
      tokenSha256: z.string().regex(/^[0-9a-f]{64}$/),
      createdAt: z.iso.datetime(),
      expiresAt: z.iso.datetime().nullable(),
      lastUsedAt: z.iso.datetime().nullable(),
      revoked: z.boolean(),
    }),
  ),
});

interface Entry {
  client: Client;
  readonly token: Buffer;
}

const dayMs = 24 * 60 * 60 * 1000;
/** lastUsedAt is for people: it need not be on disk within the minute. */
const touchWriteDelay = 5 * 60 * 1000;
/** Revoked and expired entries are kept for a look back, up to this many clients. */
const maxKept = 512;

export interface ClientFileOptions {
  readonly file: string;
  readonly policyClients: readonly PolicyClient[];
  readonly tokenDays: number;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}

/** Clients in one JSON file of the user. Throws ProblemError STORAGE_FAILED for a file that cannot be read. */
export async function openClientFile(options: ClientFileOptions): Promise<ClientRegistry> {
  return new ClientFile(options, [...(await readClients(options.file)), ...fromPolicy(options)]);
}

class ClientFile implements ClientRegistry {
  readonly #options: ClientFileOptions;
  readonly #entries: Entry[];
  readonly #revocation = new Set<(clientId: string) => void>();
  #writing: Promise<void> = Promise.resolve();
  #pendingTouch: NodeJS.Timeout | undefined;

  constructor(options: ClientFileOptions, entries: Entry[]) {
    this.#options = options;
    this.#entries = entries;
  }

  findByToken(tokenSha256: Uint8Array): Client | undefined {
    if (tokenSha256.length !== 32) return undefined;
    let found: Client | undefined;
    // SECURITY: no early exit, each comparison in constant time. test/attacks/row-05-simple-requests.test.ts
    for (const entry of this.#entries) {
      if (timingSafeEqual(entry.token, tokenSha256) && this.#counts(entry.client)) found = entry.client;
    }
    return found;
  }

  knowsOrigin(origin: string): boolean {
    return this.#entries.some(({ client }) => client.origin === origin && this.#counts(client));
  }

  isLive(id: string): boolean {
    return this.#entries.some(({ client }) => client.id === id && this.#counts(client));
  }

  list(): readonly Client[] {
    return this.#entries.map((entry) => entry.client);
  }

  async add(added: NewClient): Promise<Client> {
    const token = Buffer.from(added.tokenSha256, 'hex');
    if (this.#entries.some((entry) => entry.token.equals(token))) {
      throw new ProblemError({
        code: 'REQUEST_INVALID',
        detail: {
          ja: 'このトークンはすでに使われています。新しい乱数でトークンを作ってください。',
          en: 'This token is in use already. Make a new one from fresh random bytes.',
        },
      });
    }
    const now = this.#options.clock.now();
    const client: Client = {
      id: randomUUID(),
      name: added.name,
      origin: added.origin,
      source: 'paired',
      createdAt: new Date(now),
      expiresAt: new Date(now + this.#options.tokenDays * dayMs),
      lastUsedAt: null,
      revoked: false,
    };
    const entry: Entry = { client, token };
    this.#forgetOldest();
    this.#entries.push(entry);
    try {
      await this.#write();
    } catch (error) {
      this.#entries.splice(this.#entries.indexOf(entry), 1);
      throw error;
    }
    return client;
  }

  async revoke(id: string): Promise<boolean> {
    const entry = this.#entries.find(({ client }) => client.id === id && client.source === 'paired');
    if (entry === undefined) return false;
    entry.client = { ...entry.client, revoked: true };
    for (const listener of this.#revocation) listener(id);
    await this.#write();
    return true;
  }

  onRevoked(listener: (clientId: string) => void): () => void {
    this.#revocation.add(listener);
    return () => this.#revocation.delete(listener);
  }

  touch(id: string): void {
    const entry = this.#entries.find(({ client }) => client.id === id);
    if (entry === undefined) return;
    entry.client = { ...entry.client, lastUsedAt: new Date(this.#options.clock.now()) };
    this.#pendingTouch ??= setTimeout(() => void this.#writeTouches(), touchWriteDelay).unref();
  }

  async close(): Promise<void> {
    if (this.#pendingTouch !== undefined) await this.#writeTouches();
    await this.#writing;
  }

  async #writeTouches(): Promise<void> {
    clearTimeout(this.#pendingTouch);
    this.#pendingTouch = undefined;
    // Nobody waits for it and nothing is decided by it: the log is told, by #write.
    await this.#write().catch(() => undefined);
  }

  #counts(client: Client): boolean {
    return !client.revoked && (client.expiresAt === null || client.expiresAt.getTime() > this.#options.clock.now());
  }

  #forgetOldest(): void {
    if (this.#entries.length < maxKept) return;
    const dead = this.#entries.findIndex(({ client }) => client.source === 'paired' && !this.#counts(client));
    if (dead >= 0) this.#entries.splice(dead, 1);
  }

  /** One writer at a time; a failed write does not stop the next one. */
  #write(): Promise<void> {
    const write = this.#writing.then(async () => {
      const clients = this.#entries
        .filter(({ client }) => client.source === 'paired')
        .map(({ client, token }) => ({
          id: client.id,
          name: client.name,
          origin: client.origin,
          tokenSha256: token.toString('hex'),
          createdAt: client.createdAt?.toISOString(),
          expiresAt: client.expiresAt?.toISOString() ?? null,
          lastUsedAt: client.lastUsedAt?.toISOString() ?? null,
          revoked: client.revoked,
        }));
      try {
        await writeFileDurably(this.#options.file, `${JSON.stringify({ version: 1, clients }, null, 1)}\n`);
      } catch (error) {
        this.#options.log.error('clients.not_written', { fault: fault(error) });
        throw storageFailed('書き込めません', 'cannot be written', error);
      }
    });
    this.#writing = write.catch(() => undefined);
    return write;
  }
}

async function readClients(file: string): Promise<Entry[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw storageFailed('読めません', 'cannot be read', error);
  }
  try {
    return clientFile.parse(JSON.parse(text)).clients.map(({ tokenSha256, ...client }) => ({
      client: {
        ...client,
        source: 'paired',
        createdAt: new Date(client.createdAt),
        expiresAt: client.expiresAt === null ? null : new Date(client.expiresAt),
        lastUsedAt: client.lastUsedAt === null ? null : new Date(client.lastUsedAt),
      },
      token: Buffer.from(tokenSha256, 'hex'),
    }));
  } catch (error) {
    throw storageFailed('壊れています', 'is damaged', error);
  }
}

function fromPolicy(options: ClientFileOptions): Entry[] {
  return options.policyClients.flatMap((policy): Entry[] => {
    const origin = 'origin' in policy ? originFromPolicy(policy.origin) : null;
    if ('origin' in policy && origin === null) {
      // SECURITY: never let a misspelt web client become a native one. test/unit/agent/api/client-file.test.ts
      options.log.warn('clients.policy_origin_unusable', { cause: code('not_an_origin') });
      return [];
    }
    const identity = createHash('sha256').update(JSON.stringify([policy.name, origin, policy.tokenSha256])).digest('hex');
    return [
      {
        client: {
          // Stable over restarts: idempotency keys are kept per client.
          id: `policy-${identity.slice(0, 24)}`,
          name: policy.name,
          origin,
          source: 'policy',
          createdAt: null,
          expiresAt: null,
          lastUsedAt: null,
          revoked: false,
        },
        token: Buffer.from(policy.tokenSha256, 'hex'),
      },
    ];
  });
}

function storageFailed(ja: string, en: string, cause: unknown): ProblemError {
  return new ProblemError(
    {
      code: 'STORAGE_FAILED',
      detail: { ja: `接続先EHRの一覧（clients.json）が${ja}。`, en: `The list of paired EHRs (clients.json) ${en}.` },
    },
    { cause },
  );
}
