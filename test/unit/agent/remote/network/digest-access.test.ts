import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readChallenges } from '../../../../../src/agent/remote/network/auth-challenges.ts';
import { digestAuthorization, readDigestChallenge, strongest, type DigestChallenge } from '../../../../../src/agent/remote/network/digest-access.ts';

/** RFC 7616 §3.9.1: one server, two challenges, one user. */
const rfc = {
  field: [
    'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256,',
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS",',
    'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=MD5,',
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"',
  ].join(' '),
  credentials: { user: 'Mufasa', password: 'Circle of Life' },
  use: { method: 'GET', uri: '/dir/index.html', cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ', count: 1 },
};

const challengesOf = (field: string): DigestChallenge[] => readChallenges(field).flatMap(({ parameters }) => readDigestChallenge(parameters) ?? []);
const theOne = (field: string): DigestChallenge => {
  const [challenge] = challengesOf(field);
  if (challenge === undefined) throw new Error(`not understood: ${field}`);
  return challenge;
};
const responseIn = (header: string): string | undefined => /response="([0-9a-f]+)"/.exec(header)?.[1];

describe('Digest access authentication', () => {
  it.each([
    ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
    ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
  ])('answers the challenge of RFC 7616 §3.9.1 in %s as the RFC does', (hash, response) => {
    const challenge = challengesOf(rfc.field).find((one) => one.hash === hash);
    if (challenge === undefined) throw new Error('the challenge was not read');
    const header = digestAuthorization(challenge, rfc.credentials, rfc.use);
    expect(responseIn(header)).toBe(response);
    expect(header).toContain('username="Mufasa"');
    expect(header).toContain('nc=00000001');
    expect(header).toContain('qop=auth');
    expect(header).toContain('opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"');
    expect(header).toContain(`algorithm=${hash}`);
  });

  it('chooses the stronger hash of the two, in whichever order they come', () => {
    const both = challengesOf(rfc.field);
    expect(strongest(both)?.hash).toBe('SHA-256');
    expect(strongest([...both].reverse())?.hash).toBe('SHA-256');
    expect(strongest([])).toBeUndefined();
  });

  it('hashes the user name where the proxy wants it so (RFC 7616 §3.4.4)', () => {
    const challenge = theOne('Digest realm="api@example.org", nonce="n", algorithm=SHA-512-256, qop="auth", charset=UTF-8, userhash=true');
    const header = digestAuthorization(challenge, { user: 'Jäsøn Doe', password: 'Secret, or not?' }, rfc.use);
    const hashed = createHash('sha512-256').update('Jäsøn Doe:api@example.org').digest('hex');
    expect(header).toContain(`username="${hashed}"`);
    expect(header).toContain('userhash=true');
    expect(header).not.toContain('Doe');
  });

  it('sends a name outside ASCII as the extended parameter', () => {
    const challenge = theOne('Digest realm="院内", nonce="n", qop="auth"');
    const header = digestAuthorization(challenge, { user: "医師'1", password: 'x' }, rfc.use);
    expect(header).toContain("username*=UTF-8''%E5%8C%BB%E5%B8%AB%271");
  });

  it('keeps quotes in a name from ending the quoted string', () => {
    const header = digestAuthorization(theOne('Digest realm="r", nonce="n", qop="auth"'), { user: 'a", nc=00000009, x="\\', password: 'x' }, rfc.use);
    expect(header).toContain('username="a\\", nc=00000009, x=\\"\\\\"');
    expect(header.match(/nc=00000001/g)).toHaveLength(1);
  });

  it('answers a challenge without qop as RFC 2069 did', () => {
    const challenge = theOne('Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"');
    const header = digestAuthorization(challenge, { user: 'Mufasa', password: 'CircleOfLife' }, rfc.use);
    // The example of RFC 2069 §2.4 as its erratum corrects it.
    expect(responseIn(header)).toBe('1949323746fe6a43ef61f9606e7febea');
    expect(header).not.toMatch(/nc=|cnonce|qop/);
  });

  it('binds the key to the session where -sess is asked for', () => {
    const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
    const challenge = theOne('Digest realm="r", nonce="n", qop="auth", algorithm=MD5-sess');
    const a1 = md5(`${md5('u:r:p')}:n:${rfc.use.cnonce}`);
    const expected = md5(`${a1}:n:00000001:${rfc.use.cnonce}:auth:${md5('GET:/dir/index.html')}`);
    expect(responseIn(digestAuthorization(challenge, { user: 'u', password: 'p' }, rfc.use))).toBe(expected);
  });

  it.each([
    ['a hash that is not spoken', 'Digest realm="r", nonce="n", algorithm=SHA-1'],
    ['a name of every object', 'Digest realm="r", nonce="n", algorithm=toString'],
    ['only integrity of the body', 'Digest realm="r", nonce="n", qop="auth-int"'],
    ['no nonce', 'Digest realm="r", qop="auth"'],
  ])('leaves a challenge alone that has %s', (_what, field) => {
    expect(challengesOf(field)).toEqual([]);
  });
});

describe('challenges in a Proxy-Authenticate field', () => {
  const read = (field: string): unknown => readChallenges(field).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);

  it.each<[string, unknown]>([
    ['Basic realm="a, b=c"', [['basic', { realm: 'a, b=c' }]]],
    ['Negotiate, NTLM, Basic realm="x"', [['negotiate', {}], ['ntlm', {}], ['basic', { realm: 'x' }]]],
    ['Negotiate YIIJvwYGKwYBBQUCoA==, Digest realm=x , nonce = "y"', [['negotiate', {}], ['digest', { realm: 'x', nonce: 'y' }]]],
    ['Newauth realm="apps", type=1, title="Login to \\"apps\\"", Basic realm="simple"', [['newauth', { realm: 'apps', type: '1', title: 'Login to "apps"' }], ['basic', { realm: 'simple' }]]],
    ['Digest realm="first", realm="second"', [['digest', { realm: 'first' }]]],
    [' , ,Basic realm="x",,', [['basic', { realm: 'x' }]]],
    ['Basic realm="never ends', [['basic', {}]]],
    ['realm="nobody asked"', []],
    ['', []],
  ])('%s', (field, expected) => {
    expect(read(field)).toEqual(expected);
  });

  it('takes linear time for whatever a proxy sends', () => {
    for (const unit of ['a', '"', '\\', 'a=', 'a="', 'a ', ',', 'a=b,', '= ', 'A a=']) {
      const before = process.cpuUsage();
      readChallenges(`Digest ${unit.repeat(8000)}`);
      expect(process.cpuUsage(before).user).toBeLessThan(2_000_000);
    }
  });
});
