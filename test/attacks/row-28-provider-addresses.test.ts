/**
 * Row 28: endpoint injection (gematik CVE-2026-33875: a deep link named the server that was then believed). Here no caller
 * names an address: services come from machine policy alone, they are https, loopback included, and neither a redirect nor a
 * discovery document leads anywhere else.
 */
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { signatureRequest, sessionRequest } from '../../src/contract/api.ts';
import { resolveConfig } from '../../src/agent/config/resolve.ts';
import { failureOf, testNetwork } from '../support/network/test-network.ts';
import { TestService } from '../support/network/service.ts';
import { TlsAuthority } from '../support/network/tls-authority.ts';

let authority: TlsAuthority;
const opened: (() => unknown)[] = [];
beforeAll(async () => {
  authority = await TlsAuthority.create('TEST Service CA');
});
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

const provider = { kind: 'csc', name: 'test', issuer: 'https://sign.example', serviceUrl: 'https://sign.example/csc/v2', clientId: 'agent' };

describe('addresses of signing services', () => {
  it('are no part of a request', () => {
    const injected = { issuer: 'https://evil.example', serviceUrl: 'https://evil.example', provider: 'evil', redirectUrl: 'https://evil.example' };
    for (const [name, value] of Object.entries(injected)) {
      expect(sessionRequest.safeParse({ staffId: 'D1', method: 'smartphone' }).success).toBe(true);
      expect(sessionRequest.safeParse({ staffId: 'D1', method: 'smartphone', [name]: value }).success).toBe(false);
      expect(signatureRequest.safeParse({ staff: { id: 'D1', name: 'x' }, method: 'remote', documents: [{ id: 'a', type: 'prescription', csv: 'QQ==' }], [name]: value }).success).toBe(false);
    }
  });

  it('are nothing that a user may set', () => {
    const { settings, problems } = resolveConfig(undefined, { remote: { providers: [provider] }, network: { proxy: { url: 'http://evil.example:3128' } } });
    expect(settings.remote.providers).toEqual([]);
    expect(settings.network.proxy).toBe('system');
    expect(problems.map(({ path }) => path).sort()).toEqual(['network', 'remote']);
  });

  it.each(['http://sign.example', 'http://localhost:8080', 'https://user:secret@sign.example', 'ftp://sign.example'])('are refused as %s, in policy and on the way out', (address) => {
    expect(resolveConfig({ remote: { providers: [{ ...provider, issuer: address }] } }, undefined).problems).not.toEqual([]);
    const made = testNetwork();
    opened.push(() => made.close());
    expect(() => made.network.fetchFor([address])).toThrow();
  });

  it('lead nowhere else: neither by a redirect nor by what a service names', async () => {
    const [service, other] = await Promise.all([0, 1].map(() => TestService.start({ leaf: authority.issue({ commonName: 'service', names: ['localhost'] }) })));
    if (service === undefined || other === undefined) throw new Error('not started');
    const made = testNetwork({ trusted: [authority] });
    opened.push(() => service.close(), () => other.close(), () => made.close());
    service.answerWith((_seen, response) => response.writeHead(307, { location: other.address }).end());
    const fetch = made.network.fetchFor([service.address]);
    const redirected = await fetch(service.address, { method: 'POST', headers: { authorization: 'Bearer t' }, body: 'digest', redirect: 'follow' });
    expect([redirected.status, redirected.headers.get('location')]).toEqual([307, other.address]);
    const failure = await failureOf(fetch(other.address, { headers: { authorization: 'Bearer t' } }));
    expect(failure).toMatchObject({ code: 'NETWORK_NOT_CONFIGURED', sent: 'never' });
    expect(other.connections).toBe(0);
  });
});
