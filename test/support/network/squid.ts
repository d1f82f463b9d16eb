/**
 * A squid of its own for one test: own port, own folder, own users. Suites say describeWith(['squid', 'openssl'], …).
 * It knows `service.test` as this machine, which the agent itself could not look up.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from '../free-port.ts';
import { programPath } from '../machine.ts';

/** Debian's user for it: started by root, squid becomes this one. */
const proxyUser = 13;

const realm = 'TEST hospital';

export interface SquidOptions {
  readonly authentication?: 'none' | 'basic' | 'digest';
  readonly user?: string;
  readonly password?: string;
  /** How often a Digest nonce may be used. */
  readonly nonceUses?: number;
  /** Hosts that CONNECT may name. */
  readonly allowed?: readonly string[];
  /** A site's own rules in place of these, as a file of conf.d. `usersFile` in them stands for this squid's file of users. */
  readonly site?: { readonly rules: string; readonly usersFile: string; readonly hosts: Readonly<Record<string, string>> };
  /** With a certificate: an https proxy. Debian's squid speaks it by GnuTLS. */
  readonly tls?: { readonly certificate: string; readonly key: string };
}

export class Squid {
  readonly port: number;
  readonly #folder: string;
  #child: ChildProcess | null = null;

  private constructor(port: number, folder: string) {
    this.port = port;
    this.#folder = folder;
  }

  static async start(options: SquidOptions = {}): Promise<Squid> {
    const folder = mkdtempSync(path.join(tmpdir(), 'hpki-squid-'));
    const squid = new Squid(await freePort(), folder);
    squid.#configure(options);
    if (process.getuid?.() === 0) {
      for (const name of ['', 'squid.conf', 'site.conf', 'hosts', 'users', 'proxy.pem', 'proxy.key']) {
        const file = path.join(folder, name);
        if (existsSync(file)) chownSync(file, proxyUser, proxyUser);
      }
    }
    await squid.up();
    return squid;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** What it has written down of each CONNECT: status, method, target, user. */
  get requests(): readonly string[] {
    const file = path.join(this.#folder, 'access.log');
    return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter((line) => line.includes(' CONNECT ')) : [];
  }

  async up(): Promise<void> {
    const child = spawn(programPath('squid'), ['-N', '-f', path.join(this.#folder, 'squid.conf')], { stdio: 'ignore' });
    this.#child = child;
    while (!(await answers(this.port))) {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`squid ended: ${readFileSync(path.join(this.#folder, 'cache.log'), 'utf8')}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Ends it as a machine that is switched off does. Resolves when it is no more, also for whoever asks while it dies. */
  async down(): Promise<void> {
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  async stop(): Promise<void> {
    await this.down();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #configure({ authentication = 'none', user = 'agent', password = 'secret', nonceUses = 50, allowed = ['service.test'], site, tls }: SquidOptions): void {
    const at = (name: string): string => path.join(this.#folder, name);
    const known = Object.entries(site?.hosts ?? { 'service.test': '127.0.0.1', 'other.test': '127.0.0.1' });
    writeFileSync(at('hosts'), [...known, ['localhost', '127.0.0.1']].map(([name, address]) => `${address} ${name}\n`).join(''));
    if (site !== undefined) writeFileSync(at('site.conf'), site.rules.replaceAll(site.usersFile, at('users')));
    if (tls !== undefined) {
      writeFileSync(at('proxy.pem'), tls.certificate);
      writeFileSync(at('proxy.key'), tls.key);
    }
    writeFileSync(at('users'), authentication === 'digest' ? digestUser(user, password) : authentication === 'basic' ? basicUser(user, password) : '', { mode: 0o644 });
    chmodSync(this.#folder, 0o755);
    const helper = (name: string): string => path.join('/usr/lib/squid', name);
    const asks =
      authentication === 'basic'
        ? [`auth_param basic program ${helper('basic_ncsa_auth')} ${at('users')}`, 'auth_param basic children 1', `auth_param basic realm ${realm}`]
        : authentication === 'digest'
          ? [
              `auth_param digest program ${helper('digest_file_auth')} -c ${at('users')}`,
              'auth_param digest children 1',
              `auth_param digest realm ${realm}`,
              `auth_param digest nonce_max_count ${nonceUses}`,
              'auth_param digest check_nonce_count on',
            ]
          : [];
    const rules = [
      ...asks,
      'acl users proxy_auth REQUIRED',
      `acl services dstdomain ${allowed.join(' ')}`,
      'acl CONNECT method CONNECT',
      ...(asks.length === 0 ? [] : ['http_access deny !users']),
      'http_access allow CONNECT services',
      'http_access deny all',
    ];
    writeFileSync(
      at('squid.conf'),
      [
        tls === undefined ? `http_port 127.0.0.1:${this.port}` : `https_port 127.0.0.1:${this.port} tls-cert=${at('proxy.pem')} tls-key=${at('proxy.key')}`,
        `pid_filename ${at('squid.pid')}`,
        `coredump_dir ${this.#folder}`,
        `cache_log ${at('cache.log')}`,
        'logformat test %>Hs %rm %ru %un',
        `access_log stdio:${at('access.log')} test`,
        `hosts_file ${at('hosts')}`,
        'cache deny all',
        'cache_mem 1 MB',
        'visible_hostname proxy.test',
        'max_filedescriptors 1024',
        'connect_timeout 5 seconds',
        'shutdown_lifetime 0 seconds',
        ...(site === undefined ? rules : [`include ${at('site.conf')}`]),
        '',
      ]
        .filter((line) => authentication !== 'none' || !line.startsWith('acl users'))
        .join('\n'),
    );
  }
}

function basicUser(user: string, password: string): string {
  const hash = execFileSync(programPath('openssl'), ['passwd', '-apr1', '-stdin'], { input: password, encoding: 'utf8' }).trim();
  return `${user}:${hash}\n`;
}

function digestUser(user: string, password: string): string {
  return `${user}:${realm}:${createHash('md5').update(`${user}:${realm}:${password}`).digest('hex')}\n`;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const end = (answered: boolean) => () => {
      socket.destroy();
      resolve(answered);
    };
    socket.on('connect', end(true)).on('error', end(false));
  });
}
