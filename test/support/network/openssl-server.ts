/** `openssl s_server` with client certificates required: unlike Node's server it says why it refuses one. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { programPath } from '../machine.ts';
import type { Leaf, TlsAuthority } from './tls-authority.ts';

export interface OpensslServer {
  readonly address: string;
  stop(): Promise<void>;
}

export async function startOpensslServer(leaf: Leaf, clients: TlsAuthority, version: '-tls1_2' | '-tls1_3'): Promise<OpensslServer> {
  const folder = mkdtempSync(path.join(tmpdir(), 'hpki-s_server-'));
  const at = (name: string, content: string): string => {
    const file = path.join(folder, name);
    writeFileSync(file, content);
    return file;
  };
  const files = ['-cert', at('server.pem', leaf.certificate), '-key', at('server.key', leaf.key), '-CAfile', at('clients.pem', clients.pem)];
  const child = spawn(programPath('openssl'), ['s_server', '-accept', '127.0.0.1:0', ...files, '-Verify', '1', '-verify_return_error', '-www', version], { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = once(child, 'exit');
  let said = '';
  for await (const piece of child.stdout.setEncoding('utf8')) {
    said += piece as string;
    const port = /ACCEPT 127\.0\.0\.1:(\d+)/.exec(said)?.[1];
    if (port === undefined) continue;
    child.stdout.resume();
    return {
      address: `https://localhost:${port}`,
      async stop() {
        child.kill('SIGKILL');
        await ended;
        rmSync(folder, { recursive: true });
      },
    };
  }
  throw new Error(`openssl s_server ended: ${said}`);
}
