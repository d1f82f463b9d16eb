/** The client certificate as a service sees it, and what is said when the service does not take it. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createServer } from 'node:tls';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { importClientCertificate, type ClientCertificate } from '../../src/agent/remote/network/client-certificate.ts';
import { describeWith, programPath } from '../support/machine.ts';
import { startOpensslServer } from '../support/network/openssl-server.ts';
import { TestService } from '../support/network/service.ts';
import { failureOf, testNetwork, type TestNetwork } from '../support/network/test-network.ts';
import { TlsAuthority, type LeafOptions } from '../support/network/tls-authority.ts';

let authority: TlsAuthority;
let clients: TlsAuthority;
let strangers: TlsAuthority;
const opened: (() => unknown)[] = [];
beforeAll(async () => {
  [authority, clients, strangers] = await Promise.all([TlsAuthority.create('TEST Service CA'), TlsAuthority.create('TEST Client CA'), TlsAuthority.create('TEST Strangers CA')]);
});
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

const pem = (issuer: TlsAuthority, options: Partial<LeafOptions> = {}): ClientCertificate => {
  const { certificate, key } = issuer.issue({ commonName: 'TEST clinic 1', for: 'client', ...options });
  return importClientCertificate(Buffer.from(certificate + key), '');
};
async function networkWith(certificate: ClientCertificate | null): Promise<TestNetwork> {
  const made = testNetwork({ trusted: [authority] });
  opened.push(() => made.close());
  if (certificate !== null) await made.network.useClientCertificate(certificate);
  return made;
}
const serverLeaf = (): ReturnType<TlsAuthority['issue']> => authority.issue({ commonName: 'service', names: ['localhost'] });

const cases: readonly (readonly [string, () => ClientCertificate | null, string])[] = [
  ['is missing', () => null, 'TLS_CLIENT_CERT_MISSING'],
  ['has expired', () => pem(clients, { from: -100, until: -1 }), 'TLS_CLIENT_CERT_EXPIRED'],
  ['comes from another CA', () => pem(strangers), 'TLS_CLIENT_CERT_REJECTED'],
];

/** It answers a bad certificate by hanging up without a word. */
describe.each(['TLSv1.2', 'TLSv1.3'] as const)('a service on Node with %s', (maxVersion) => {
  async function service(): Promise<TestService> {
    const started = await TestService.start({ leaf: serverLeaf(), clients, tls: { maxVersion } });
    opened.push(() => started.close());
    return started;
  }

  it('sees the certificate', async () => {
    const { address, seen } = await service();
    const { network } = await networkWith(pem(clients));
    expect((await network.fetchFor([address])(address)).status).toBe(200);
    expect(seen).toMatchObject([{ client: 'TEST clinic 1', protocol: maxVersion }]);
  });

  it.each(cases)('is not sent a request when the certificate %s', async (_what, certificate, code) => {
    const { address, seen } = await service();
    const { network } = await networkWith(certificate());
    const failure = await failureOf(network.fetchFor([address])(address, { method: 'POST', body: 'sign this' }));
    expect(failure).toMatchObject({ code, phase: 'tls', hop: 'service', sent: 'never' });
    expect(seen).toEqual([]);
  });

  it('is shown a new certificate as soon as it is imported', async () => {
    const { address, seen } = await service();
    const { network } = await networkWith(pem(strangers));
    const fetch = network.fetchFor([address]);
    await failureOf(fetch(address));
    await network.useClientCertificate(pem(clients));
    await fetch(address);
    await network.useClientCertificate(pem(clients, { commonName: 'TEST clinic 2' }));
    await fetch(address);
    expect(seen.map(({ client }) => client)).toEqual(['TEST clinic 1', 'TEST clinic 2']);
  });
});

it('a service that hangs up while this process is too busy to hear it is not sent a request either', async () => {
  const { certificate, key } = serverLeaf();
  const server = createServer({ cert: certificate, key, ca: clients.pem, requestCert: true, minVersion: 'TLSv1.3' });
  let wasBusy = false;
  // Longer than a verdict is waited for: when it ends, the time is over and the verdict is there.
  server.once('tlsClientError', () => setImmediate(() => {
    wasBusy = true;
    for (const end = performance.now() + 1_100; performance.now() < end;);
  }));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  opened.push(() => server.close());
  const address = `https://localhost:${(server.address() as AddressInfo).port}`;
  const { network } = await networkWith(null);
  const failure = await failureOf(network.fetchFor([address])(address, { method: 'POST', body: 'sign this' }));
  expect(wasBusy).toBe(true);
  expect(failure).toMatchObject({ code: 'TLS_CLIENT_CERT_MISSING', phase: 'tls', sent: 'never' });
});

/** It says why, by an alert. */
describeWith(['openssl'], 'a service on OpenSSL', () => {
  it.each(['-tls1_2', '-tls1_3'] as const)('takes the certificate (%s)', async (version) => {
    const server = await startOpensslServer(serverLeaf(), clients, version);
    opened.push(() => server.stop());
    const { network } = await networkWith(pem(clients));
    expect(await (await network.fetchFor([server.address])(`${server.address}/`)).text()).toContain('TEST clinic 1');
  });

  it.each((['-tls1_2', '-tls1_3'] as const).flatMap((version) => cases.map(([what, certificate, code]) => [what, version, certificate, code] as const)))(
    'proves that nothing was carried out when the certificate %s (%s)',
    async (_what, version, certificate, code) => {
      const server = await startOpensslServer(serverLeaf(), clients, version);
      opened.push(() => server.stop());
      const { network } = await networkWith(certificate());
      const failure = await failureOf(network.fetchFor([server.address])(server.address, { method: 'POST', body: 'sign this' }));
      expect(failure).toMatchObject({ code, phase: 'tls', sent: 'never' });
    },
  );
});

/** nginx takes every handshake and answers with a page of its own. */
describe('a service behind nginx', () => {
  const page = (title: string) => `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>400 Bad Request</h1></center></body>\r\n</html>\r\n`;

  it.each([
    [400, page('400 No required SSL certificate was sent'), null, 'TLS_CLIENT_CERT_MISSING'],
    [496, '', null, 'TLS_CLIENT_CERT_MISSING'],
    [400, page('400 The SSL certificate error'), 90, 'TLS_CLIENT_CERT_REJECTED'],
    [495, '', 90, 'TLS_CLIENT_CERT_REJECTED'],
    [400, page('400 The SSL certificate error'), -1, 'TLS_CLIENT_CERT_EXPIRED'],
  ])('says by status %s that it is $3', async (status, html, until, code) => {
    const service = await TestService.start({ leaf: serverLeaf(), clients, requireClient: false });
    opened.push(() => service.close());
    service.answerWith((_seen, response) => response.writeHead(status, { 'content-type': 'text/html' }).end(html));
    const { network } = await networkWith(until === null ? null : pem(clients, { from: -100, until }));
    const failure = await failureOf(network.fetchFor([service.address])(service.address, { method: 'POST', body: 'sign this' }));
    expect(failure).toMatchObject({ code, sent: 'never' });
  });

  it('hands on any other 400', async () => {
    const service = await TestService.start({ leaf: serverLeaf() });
    opened.push(() => service.close());
    service.answerWith((_seen, response) => response.writeHead(400).end('{"error":"invalid_request"}'));
    const { network } = await networkWith(null);
    expect((await network.fetchFor([service.address])(service.address)).status).toBe(400);
  });
});

it('takes the certificate from PEM files that policy names, and says which of them is missing', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'hpki-client-'));
  opened.push(() => rmSync(folder, { recursive: true }));
  const { certificate, key } = clients.issue({ commonName: 'TEST by policy', for: 'client' });
  const files = { certificate: path.join(folder, 'client.pem'), key: path.join(folder, 'client.key') };
  writeFileSync(files.certificate, certificate);
  const made = testNetwork({ trusted: [authority], settings: { clientCertificate: files } });
  opened.push(() => made.close());
  const service = await TestService.start({ leaf: serverLeaf(), clients });
  opened.push(() => service.close());
  const fetch = made.network.fetchFor([service.address]);
  const failure = await failureOf(fetch(service.address));
  expect(failure).toMatchObject({ code: 'NETWORK_NOT_CONFIGURED', sent: 'never' });
  expect(failure.problem.detail?.ja).toContain(files.certificate);
  writeFileSync(files.key, key);
  await fetch(service.address);
  expect(service.seen).toMatchObject([{ client: 'TEST by policy' }]);
});

describeWith(['openssl'], 'a file of PKCS#12', () => {
  it('is shown as it was imported', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'hpki-pfx-'));
    opened.push(() => rmSync(folder, { recursive: true }));
    const { certificate, key } = clients.issue({ commonName: 'TEST from pfx', for: 'client' });
    writeFileSync(path.join(folder, 'all.pem'), certificate + key);
    execFileSync(programPath('openssl'), ['pkcs12', '-export', '-in', path.join(folder, 'all.pem'), '-out', path.join(folder, 'client.pfx'), '-passout', 'pass:パス word'], { stdio: 'pipe' });
    const service = await TestService.start({ leaf: serverLeaf(), clients });
    opened.push(() => service.close());
    const { network } = await networkWith(importClientCertificate(readFileSync(path.join(folder, 'client.pfx')), 'パス word'));
    await network.fetchFor([service.address])(service.address);
    expect(service.seen).toMatchObject([{ client: 'TEST from pfx' }]);
  });
});
