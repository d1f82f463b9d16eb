import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { isSameLogin, type OsLogin } from '../../native/peer/os-login.ts';
import { sessionRequest } from '../../contract/api.ts';
import { OneAtATime } from '../audit/one-at-a-time.ts';
import { storageFailure } from '../audit/storage-failure.ts';
import { fault, type Log } from '../log.ts';
import type { Clock, SecretStore } from '../ports.ts';
import { writeFileDurably } from '../storage/write-file-durably.ts';
import { seal, sealKeyBytes, sealVersion, unseal, type SealedToken } from './token-seal.ts';
import { ownerKey, type KeptToken, type LeftToken, type TokenOwner, type TokenStore } from './token-store.ts';

export interface SealedTokenStoreOptions {
  readonly file: string;
  readonly secrets: SecretStore;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
  /** A token serves the logon in which its person authenticated. */
  readonly login: OsLogin;
}

const keyName = 'token-key';

/** Two readings of one clock may differ by this much without anybody having set it. */
const clockToleranceMs = 60_000;

const fileSchema = z.strictObject({
  version: z.literal(sealVersion),
  tokens: z.array(
    z.strictObject({
      clientId: z.string(),
      staffId: z.string(),
      provider: z.string(),
      subject: z.string(),
      method: sessionRequest.shape.method,
      expiresAt: z.number(),
      storedAt: z.number(),
      login: z.strictObject({ bootedAt: z.number().nullable(), session: z.string() }),
      sealed: z.base64(),
    }),
  ),
});

/**
 * Tokens as one file of this user, each sealed under a key that the system's key store holds. With the first token of a
 * day comes a new key, so that what a backup or the disk's free blocks still hold of earlier ones cannot be opened.
 */
export class SealedTokenStore implements TokenStore {
  readonly #options: SealedTokenStoreOptions;
  readonly #turn = new OneAtATime();
  #tokens: readonly SealedToken[] | undefined;
  /** What this process has stored or found good: how long it still lives is known by a clock that nobody can set (Lifetime). */
  readonly #known = new WeakSet<SealedToken>();
  /** For good: from then on tokens are in memory alone. */
  #isOffDisk = false;

  constructor(options: SealedTokenStoreOptions) {
    this.#options = options;
  }

  get survivesRestart(): boolean {
    return !this.#isOffDisk;
  }

  get(owner: TokenOwner): Promise<Awaited<ReturnType<TokenStore['get']>>> {
    return this.#turn.run(async () => {
      const sealed = (await this.#valid()).find((token) => ownerKey(token) === ownerKey(owner));
      const key = sealed && (await this.#options.secrets.get(keyName));
      if (sealed === undefined || key === undefined) return undefined;
      const secret = unseal(sealed, key);
      if (secret === null) {
        this.#options.log.warn('token.seal_broken');
        await this.#write((await this.#valid()).filter((token) => token !== sealed));
        return undefined;
      }
      const { subject, method, expiresAt } = sealed;
      return { subject, method, expiresAt: new Date(expiresAt), secret };
    });
  }

  put(owner: TokenOwner, { subject, method, expiresAt, secret }: Parameters<TokenStore['put']>[1]): Promise<void> {
    return this.#turn.run(async () => {
      const others = (await this.#valid()).filter((token) => ownerKey(token) !== ownerKey(owner));
      const key = await this.#key(others.length === 0);
      const { clientId, staffId, provider } = owner;
      const label = { clientId, staffId, provider, subject, method, expiresAt: expiresAt.getTime(), storedAt: this.#options.clock.now(), login: this.#options.login };
      const sealed = seal(secret, label, key);
      this.#known.add(sealed);
      await this.#write([...others, sealed]);
    });
  }

  delete(owner: TokenOwner): Promise<void> {
    return this.#turn.run(async () => {
      const tokens = await this.#valid();
      const rest = tokens.filter((token) => ownerKey(token) !== ownerKey(owner));
      if (rest.length < tokens.length) await this.#write(rest);
    });
  }

  list(): Promise<readonly KeptToken[]> {
    return this.#turn.run(async () =>
      (await this.#valid()).map(({ clientId, staffId, provider, subject, method, expiresAt }) => ({
        owner: { clientId, staffId, provider },
        subject,
        method,
        expiresAt: new Date(expiresAt),
      })),
    );
  }

  takeLeft(): Promise<readonly LeftToken[]> {
    return this.#turn.run(async () => {
      this.#tokens ??= await this.#read();
      const over = this.#tokens.flatMap((token) => {
        const why = this.#whyOver(token);
        return why === null ? [] : [{ token, why }];
      });
      const key = over.some(({ why }) => why !== 'expired') ? await this.#options.secrets.get(keyName).catch(() => undefined) : undefined;
      await this.#valid();
      return over.map(({ token, why }) => {
        const { clientId, staffId, provider, subject, method, expiresAt } = token;
        const secret = key === undefined || why === 'expired' ? null : unseal(token, key);
        return { owner: { clientId, staffId, provider }, subject, method, expiresAt: new Date(expiresAt), why, secret };
      });
    });
  }

  removeFromDisk(): void {
    this.#isOffDisk = true;
    try {
      rmSync(this.#options.file, { force: true });
    } catch (error) {
      this.#options.log.error('token.not_deleted', { error: fault(error) });
    }
  }

  /**
   * Expired ones leave the file; so do those that an earlier run has left and that are from the future, because then nobody
   * can say how long they still live, and those of a logon that has ended: a program that was killed or lost its power could
   * not remove them ({@link takeLeft}).
   * SECURITY: test/unit/agent/tokens/token-stores.test.ts
   */
  async #valid(): Promise<readonly SealedToken[]> {
    const tokens = (this.#tokens ??= await this.#read());
    const valid = tokens.filter((token) => this.#whyOver(token) === null);
    for (const token of valid) this.#known.add(token);
    if (valid.length < tokens.length) await this.#write(valid);
    return valid;
  }

  #whyOver(token: SealedToken): LeftToken['why'] | null {
    const { expiresAt, storedAt, login } = token;
    const now = this.#options.clock.now();
    if (now >= expiresAt) return 'expired';
    if (!isSameLogin(login, this.#options.login)) return 'log_off';
    return this.#known.has(token) || storedAt <= now + clockToleranceMs ? null : 'clock_set_back';
  }

  /** A file that cannot be read holds no token that could be used: the person authenticates again. */
  async #read(): Promise<readonly SealedToken[]> {
    try {
      return fileSchema.parse(JSON.parse(await readFile(this.#options.file, 'utf8'))).tokens;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.#options.log.warn('token.file_unreadable', { error: fault(error) });
      return [];
    }
  }

  async #key(fresh: boolean): Promise<Uint8Array> {
    const { secrets } = this.#options;
    const known = fresh ? undefined : await secrets.get(keyName);
    if (known?.length === sealKeyBytes) return known;
    const key = randomBytes(sealKeyBytes);
    try {
      await secrets.set(keyName, key);
    } catch (cause) {
      throw storageFailure(cause);
    }
    return key;
  }

  async #write(tokens: readonly SealedToken[]): Promise<void> {
    if (!this.#isOffDisk) await this.#writeToDisk(tokens);
    this.#tokens = tokens;
  }

  /** SECURITY: a write that was under way when the file was removed has put it back (test/unit/agent/tokens/token-stores.test.ts). */
  async #writeToDisk(tokens: readonly SealedToken[]): Promise<void> {
    try {
      await writeFileDurably(this.#options.file, `${JSON.stringify({ version: sealVersion, tokens })}\n`);
    } catch (cause) {
      throw storageFailure(cause);
    } finally {
      if (this.#isOffDisk) this.removeFromDisk();
    }
  }
}
