/**
 * Row 8: a local CA left in the trust store (Sennheiser CVE-2018-17612; AutoFirma). Signers that speak https on localhost
 * install a CA of their own on every desk; whoever gets its key reads all the clinic's traffic. Here the local API is plain
 * http on the loopback literal, which browsers treat as secure, so that no certificate of ours is trusted anywhere.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connect as connectTls, rootCertificates } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot, startCommand, type RunningCommand } from '../support/command-line.ts';
import { ask } from '../support/running-api.ts';

/** Where Debian, OpenSSL, NSS and p11-kit keep what is trusted. */
const trustStores = ['/etc/ssl/certs', '/usr/local/share/ca-certificates', '/etc/ca-certificates', '/etc/pki', '/usr/share/ca-certificates'];

function stateOf(folders: readonly string[]): string[] {
  return folders.filter((folder) => existsSync(folder)).flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => {
      const stat = statSync(path.join(folder, name), { throwIfNoEntry: false });
      return `${folder}/${name} ${stat?.size} ${stat?.mtimeMs}`;
    }),
  );
}

describe('the agent as it is installed, started in a home folder that nobody has used', () => {
  let home: string;
  let served: RunningCommand;
  let port: number;
  const before = stateOf(trustStores);

  beforeAll(async () => {
    home = mkdtempSync(path.join(tmpdir(), 'hpki-home-'));
    served = startCommand(['serve', '--data-dir', path.join(home, 'data')], { env: { HOME: home, XDG_DATA_HOME: undefined } });
    port = Number((await served.seen(/http:\/\/127\.0\.0\.1:(\d+)/))[1]);
  });
  afterAll(async () => {
    await served.stop();
    rmSync(home, { recursive: true });
  });

  it('installs nothing in any trust store, and no database of certificates in the home folder', async () => {
    expect((await ask(port, '/health')).status).toBe(200);
    expect(stateOf(trustStores)).toEqual(before);
    expect(readdirSync(home)).toEqual(['data']);
  });

  it('keeps no certificate and no CA key in its data folder', () => {
    for (const name of readdirSync(home, { recursive: true, encoding: 'utf8' })) {
      expect(name).not.toMatch(/\.(pem|crt|cer|key|p12|pfx|jks|db)$/i);
      const file = path.join(home, name);
      if (statSync(file, { throwIfNoEntry: false })?.isFile() === true) expect(readFileSync(file, 'latin1')).not.toMatch(/BEGIN (TRUSTED )?CERTIFICATE|BEGIN RSA PRIVATE KEY/);
    }
  });

  it('does not speak TLS on its port', async () => {
    const outcome = await new Promise<string>((resolve) => {
      const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
        socket.destroy();
        resolve('a TLS server');
      });
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'refused'));
      socket.on('close', () => resolve('closed'));
    });
    expect(outcome).not.toBe('a TLS server');
  });

  it('does not redirect to https and does not ask browsers to', async () => {
    const { headers, status } = await ask(port, '/health');
    expect(status).toBe(200);
    expect(headers['strict-transport-security']).toBeUndefined();
    expect(headers.location).toBeUndefined();
  });
});

describe('the source', () => {
  // The double of a remote signing service is a server of TLS by its nature, and in no build of the product (scripts/build.ts).
  const isPlayedService = (name: string): boolean => name.split(path.sep).join('/').startsWith('sandbox/remote/');

  it('has no https server and no call of a program or setting that changes what is trusted', () => {
    const files = readdirSync(path.join(projectRoot, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts') && !isPlayedService(name));
    expect(files.length).toBeGreaterThan(200);
    for (const name of files) {
      // Comments may name what the code must not do; to say `rejectUnauthorized: true` is to insist.
      const source = readFileSync(path.join(projectRoot, 'src', name), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
      expect({ name, found: /update-ca-certificates|update-ca-trust|certutil|add-trusted-cert|CertAddCertificate|https\.createServer|tls\.createServer|NODE_TLS_REJECT_UNAUTHORIZED|rejectUnauthorized(?!: true\b)/.exec(source)?.[0] }).toEqual({ name, found: undefined });
    }
    expect(rootCertificates.length).toBeGreaterThan(50);
  });
});
