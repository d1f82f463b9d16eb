/**
 * Row 5: cross-site request forgery with "simple" requests. A form, an <img>, a no-cors fetch or sendBeacon needs no
 * preflight and may come without an Origin, but it can send neither application/json nor an Authorization header.
 * So nothing changes on GET, bodies must be JSON, and a token counts only for the kind of caller that it was given to.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, nativeHeaders, nativeToken, sayRaw, sideEffects, signatureBody, startRunningApi, statusOf, webHeaders, webOrigin, webToken, type RunningApi } from '../support/running-api.ts';

let running: RunningApi;
beforeAll(async () => (running = await startRunningApi({ policy: { requestsPerMinute: 100_000 } })));
afterAll(() => running.close());

const post = async (headers: Record<string, string>): Promise<{ status: number; code: unknown }> => {
  const { status, json } = await ask(running.port, '/v1/signatures', { method: 'POST', headers: { 'idempotency-key': 'k', ...headers }, body: signatureBody() });
  return { status, code: (json as { code?: unknown }).code };
};

/** With header lines as they are, twice the same one too. */
async function postRaw(...lines: readonly string[]): Promise<number> {
  const head = [`POST /v1/signatures HTTP/1.1`, `Host: 127.0.0.1:${running.port}`, 'Idempotency-Key: raw', `Content-Length: ${Buffer.byteLength(signatureBody())}`, ...lines];
  return statusOf(await sayRaw(running.port, `${head.join('\r\n')}\r\n\r\n${signatureBody()}`));
}

describe('a header that stands there twice', () => {
  const [token, json] = [`Authorization: Bearer ${nativeToken}`, 'Content-Type: application/json'];
  it.each([
    [401, 'a second token', [token, `Authorization: Bearer ${'x'.repeat(43)}`, json]],
    [401, 'the same token again', [token, token, json]],
    [415, 'a type of a form behind that of JSON', [token, json, 'Content-Type: text/plain']],
    [415, 'the same type again', [token, json, json]],
  ] as const)('is refused as %d: %s', async (status, _what, lines) => {
    expect(await postRaw(...lines)).toBe(status);
    expect(sideEffects(running)).toEqual([]);
  });

  it('is what was refused: once each passes', async () => {
    const before = sideEffects(running).length;
    expect(await postRaw(token, json)).toBe(202);
    running.signatures.submitted.splice(before);
  });
});

describe('a body that a form can send', () => {
  it.each([
    'text/plain', 'text/plain; charset=utf-8', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/plain; application/json',
    'text/plain, application/json', 'application/json, text/plain', 'application/jsonp', 'application/json-patch+json', 'application/json; charset=shift_jis',
    'application/json; charset=utf-7', 'APPLICATION/JSON; boundary=x', '', 'json', 'application/problem+json',
  ])('is refused as %j, even with a token', async (type) => {
    expect(await post(nativeHeaders({ 'content-type': type }))).toEqual({ status: 415, code: 'MEDIA_TYPE' });
    expect(sideEffects(running)).toEqual([]);
  });

  it('is refused without a Content-Type', async () => {
    expect(await post({ authorization: `Bearer ${nativeToken}` })).toEqual({ status: 415, code: 'MEDIA_TYPE' });
  });

  it('is refused compressed: a small body must not become a large one', async () => {
    expect(await post(nativeHeaders({ 'content-encoding': 'gzip' }))).toMatchObject({ status: 415 });
  });
});

describe('a request without a token of its own', () => {
  it.each(['POST', 'GET'])('is refused when it is a no-cors fetch (%s)', async (method) => {
    const path = method === 'POST' ? '/v1/signatures' : '/v1/status';
    const { status, headers } = await ask(running.port, path, {
      method,
      headers: { 'content-type': 'application/json', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'empty' },
    });
    expect(status).toBe(401);
    expect(headers['www-authenticate']).toMatch(/^Bearer/);
    expect(sideEffects(running)).toEqual([]);
  });

  it.each([
    ['a web token without an Origin', { authorization: `Bearer ${webToken}` }],
    ['a native token from the paired page', { authorization: `Bearer ${nativeToken}`, origin: webOrigin }],
    ['a native token from a browser', { authorization: `Bearer ${nativeToken}`, 'sec-fetch-site': 'none' }],
    ['a native token from a browser in another mode', { authorization: `Bearer ${nativeToken}`, 'sec-fetch-mode': 'navigate' }],
    ['a token in Basic', { authorization: `Basic ${nativeToken}` }],
    ['a token in the query alone', {}],
    ['a token with a blank behind', { authorization: `Bearer ${nativeToken} x` }],
    ['two tokens', { authorization: `Bearer ${nativeToken}, Bearer ${nativeToken}` }],
    ['the hash of the token', { authorization: `Bearer ${'ab'.repeat(32)}` }],
  ])('is refused: %s', async (_what, headers) => {
    const { status, json } = await ask(running.port, `/v1/status?access_token=${nativeToken}`, { headers: headers });
    expect({ status, code: (json as { code: string }).code }).toEqual({ status: 401, code: 'NOT_PAIRED' });
  });

  it('no changed token passes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(nativeToken.length - 1), fc.constantFrom('', 'A', '-', 'nn'), async (at, instead) => {
        const token = nativeToken.slice(0, at) + instead + nativeToken.slice(at + 1);
        fc.pre(token !== nativeToken);
        const { status } = await ask(running.port, '/v1/status', { headers: { authorization: `Bearer ${token}` } });
        expect(status).toBe(401);
      }),
      { numRuns: 100 },
    );
  });
});

describe('the callers that tokens were given to', () => {
  it('pass: the native one, also by the fetch of Node, and the paired page', async () => {
    expect(await post(nativeHeaders())).toMatchObject({ status: 202 });
    expect(await post(webHeaders({ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' }))).toMatchObject({ status: 202 });
    const fetched = await fetch(`http://127.0.0.1:${running.port}/v1/status`, { headers: { authorization: `Bearer ${nativeToken}` } });
    expect(fetched.status).toBe(200);
  });

  it('change nothing by GET, HEAD or OPTIONS', async () => {
    const before = sideEffects(running).length;
    for (const path of ['/health', '/openapi.json', '/v1/status', '/v1/signatures/req-1', '/v1/sessions/D1']) {
      for (const method of ['GET', 'HEAD', 'OPTIONS']) await ask(running.port, path, { method, headers: nativeHeaders() });
    }
    expect(sideEffects(running)).toHaveLength(before);
  });
});
