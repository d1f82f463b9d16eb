/**
 * Row 1 of the threat list: any web page that the doctor has open calls the local port (Trend Micro 2016, Zoom
 * CVE-2019-13450, Logitech Options 2018). The browser names the page in Origin and nothing else can be trusted, so an
 * Origin that was not paired, in exactly this spelling, is refused before anything happens — even with a stolen token.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, sideEffects, signatureBody, startRunningApi, webHeaders, webOrigin, webToken, type RunningApi } from '../support/running-api.ts';

let running: RunningApi;
beforeAll(async () => (running = await startRunningApi()));
afterAll(() => running.close());

const foreignOrigins = [
  'null', 'NULL', '', ' ', '*', 'https://', 'https:', '//ehr.example', 'ehr.example', 'undefined',
  'https://evil.example', 'http://evil.example:8080', 'http://ehr.example', 'https://ehr.example:444', 'https://ehr.example:443',
  'https://ehr.example:80', 'https://ehr.example/', 'https://ehr.example/path', 'https://ehr.example?', 'https://ehr.example#', 'https://ehr.example.',
  'HTTPS://ehr.example', 'https://EHR.example', 'https://ehr.Example',
  'https://ehr.example.evil.example', 'https://evil-ehr.example', 'https://evilehr.example', 'https://sub.ehr.example',
  'https://ehr.exampl', 'https://hr.example', 'https://ehr.example2', 'https://ehr.example@evil.example', 'https://evil.example@ehr.example',
  'https://evil.example/https://ehr.example', 'https://evil.example#https://ehr.example', 'https://ehr.example, https://evil.example',
  'https://evil.example https://ehr.example', 'https://ehr.example\thttps://evil.example', 'https://ehr%2eexample', 'https://xn--hr-fkb.example',
  'file://', 'data:', 'blob:https://ehr.example', 'chrome-extension://abcdefghijklmnop', 'app://ehr.example',
  'http://localhost', 'http://127.0.0.1', 'https://[::1]', 'https://ehr.example\u00e9', 'https://0x7f.1',
];

describe('a page that is not paired', () => {
  it.each(foreignOrigins)('is refused with the Origin %j, even with the paired token', async (origin) => {
    const answer = await ask(running.port, '/v1/signatures', {
      method: 'POST',
      headers: webHeaders({ origin: Buffer.from(origin, 'utf8').toString('latin1'), 'idempotency-key': 'k' }),
      body: signatureBody(),
    });
    expect(answer.status).toBe(403);
    expect(answer.json).toMatchObject({ code: 'ORIGIN_NOT_ALLOWED' });
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    expect(sideEffects(running)).toEqual([]);
  });

  it.each(foreignOrigins)('gets no preflight with the Origin %j', async (origin) => {
    const answer = await ask(running.port, '/v1/signatures', {
      method: 'OPTIONS',
      headers: {
        origin: Buffer.from(origin, 'utf8').toString('latin1'),
        'access-control-request-method': 'POST',
        'access-control-request-private-network': 'true',
      },
    });
    expect(answer.status).toBe(403);
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it.each(['/v1/status', '/v1/signatures/req-1', '/v1/events', '/v1/sessions/D1', '/openapi.json'])('may not read %s', async (path) => {
    const { status } = await ask(running.port, path, { headers: { origin: 'https://evil.example', authorization: `Bearer ${webToken}` } });
    expect(status).toBe(403);
  });

  it('learns from /health only that an agent is there', async () => {
    const { status, headers, json } = await ask(running.port, '/health', { headers: { origin: 'null' } });
    expect(status).toBe(200);
    expect(headers['access-control-allow-origin']).toBe('*');
    expect(Object.keys(json as object).sort()).toEqual(['apiVersion', 'instance', 'name', 'version']);
  });
});

describe('the paired page', () => {
  it('is let in, and only it is named in Access-Control-Allow-Origin', async () => {
    const { status, headers } = await ask(running.port, '/v1/status', { headers: webHeaders() });
    expect(status).toBe(200);
    expect(headers).toMatchObject({ 'access-control-allow-origin': webOrigin, vary: 'Origin', 'cache-control': 'no-store' });
  });

  it('gets its preflight before any token, with the headers of private network access', async () => {
    const { status, headers } = await ask(running.port, '/v1/signatures', {
      method: 'OPTIONS',
      headers: { origin: webOrigin, 'access-control-request-method': 'POST', 'access-control-request-private-network': 'true' },
    });
    expect(status).toBe(204);
    expect(headers).toMatchObject({
      'access-control-allow-origin': webOrigin,
      'access-control-allow-methods': 'POST, OPTIONS',
      'access-control-allow-headers': 'Authorization, Content-Type, Idempotency-Key, Prefer',
      'access-control-expose-headers': 'Location, Retry-After',
      'access-control-allow-private-network': 'true',
      vary: 'Origin',
    });
  });

  it('can read why it was refused', async () => {
    const { status, headers } = await ask(running.port, '/v1/status', { headers: { origin: webOrigin } });
    expect(status).toBe(401);
    expect(headers).toMatchObject({ 'access-control-allow-origin': webOrigin, 'www-authenticate': expect.stringMatching(/^Bearer/) as string });
  });
});
