import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { leadsTo } from '../../../src/main/extra-authorities.ts';
import { createTestTlsCa, type TestTlsCa } from '../../../src/sandbox/ca/test-tls-ca.ts';


const unknownAuthority = 'net::ERR_CERT_AUTHORITY_INVALID';

describe('a login page under an authority that policy names', () => {
  let ours: TestTlsCa;
  let leaf: string;
  beforeAll(async () => {
    ours = await createTestTlsCa(new Date());
    leaf = (await ours.issueServer(['login.example.jp'])).certificate;
  });

  const request = (change: { hostname?: string; verificationResult?: string; data?: string } = {}) => ({
    hostname: change.hostname ?? 'login.example.jp',
    verificationResult: change.verificationResult ?? unknownAuthority,
    certificate: { data: change.data ?? leaf } as Parameters<typeof leadsTo>[1]['certificate'],
  });
  const anchors = () => [new X509Certificate(ours.serverRoot)];

  it('is accepted where the authority alone was unknown', () => {
    expect(leadsTo(anchors(), request())).toBe(true);
  });

  it('is not accepted for another host name', () => {
    expect(leadsTo(anchors(), request({ hostname: 'evil.example.jp' }))).toBe(false);
  });

  it.each(['net::OK', 'net::ERR_CERT_REVOKED', 'net::ERR_CERT_DATE_INVALID', 'net::ERR_CERT_COMMON_NAME_INVALID'])('leaves %s to Chromium', (verificationResult) => {
    expect(leadsTo(anchors(), request({ verificationResult }))).toBe(false);
  });

  it('is not accepted from a stranger with the same names', async () => {
    const strangers = await createTestTlsCa(new Date());
    const { certificate } = await strangers.issueServer(['login.example.jp']);
    expect(leadsTo(anchors(), request({ data: certificate }))).toBe(false);
  });

  it('is not accepted after its end', () => {
    expect(leadsTo(anchors(), request(), new Date(Date.now() + 100 * 365 * 86_400_000))).toBe(false);
  });
});
