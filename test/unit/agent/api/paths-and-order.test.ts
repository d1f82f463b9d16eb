import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { problemAnswer, sessionAnswer, statusAnswer, verificationAnswer } from '../../../../src/contract/api.ts';
import { ask, nativeHeaders, nativeToken, sayRaw, startRunningApi, statusOf, webHeaders, type HttpAnswer, type RunningApi } from '../../../support/running-api.ts';

let running: RunningApi;
beforeAll(async () => {
  running = await startRunningApi({
    verify: (xml) => {
      if (xml.length === 3) throw new TypeError('the patient 山田 must not be quoted');
      return {
        verdict: 'INVALID',
        documentType: null,
        level: null,
        signer: null,
        signingTime: null,
        checkedAt: new Date(0),
        checks: [{ id: 'prescan', verdict: 'INVALID', title: { ja: '前検査', en: 'Pre-scan' }, reason: { ja: '不可', en: 'no' } }],
        nested: null,
      };
    },
  });
});
afterAll(() => running.close());

const codeOf = (answer: HttpAnswer): string => problemAnswer.parse(answer.json).code;

describe('the order of checks', () => {
  /** Each request breaks its own rule and every later one: the first rule in the order answers. */
  const host = 'evil.example';
  const origin = 'https://evil.example';
  const cases: readonly (readonly [string, string, { method: string; path: string; headers: Record<string, string> }])[] = [
    ['limits', 'TOO_LARGE', { method: 'PUT', path: '/nowhere', headers: { host, origin, 'content-length': String(5 * 1024 * 1024) } }],
    ['path', 'NOT_FOUND', { method: 'POST', path: '/nowhere', headers: { host, origin } }],
    ['method', 'METHOD_NOT_ALLOWED', { method: 'PUT', path: '/v1/signatures', headers: { host, origin } }],
    ['Host', 'HOST_NOT_ALLOWED', { method: 'POST', path: '/v1/signatures', headers: { host, origin, 'content-type': 'text/plain' } }],
    ['Origin', 'ORIGIN_NOT_ALLOWED', { method: 'POST', path: '/v1/signatures', headers: { origin, 'content-type': 'text/plain' } }],
    ['content type', 'MEDIA_TYPE', { method: 'POST', path: '/v1/signatures', headers: { 'content-type': 'text/plain' } }],
    ['token', 'NOT_PAIRED', { method: 'POST', path: '/v1/signatures', headers: { 'content-type': 'application/json' } }],
    ['schema', 'REQUEST_INVALID', { method: 'POST', path: '/v1/signatures', headers: nativeHeaders({ 'idempotency-key': 'k' }) }],
  ];

  it.each(cases)('%s answers %s', async (_rule, expected, { method, path, headers }) => {
    const lines = Object.entries({ host: `127.0.0.1:${running.port}`, 'content-length': '2', ...headers }).map(([name, value]) => `${name}: ${value}`);
    const heard = await sayRaw(running.port, `${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n{}`);
    expect(heard).toContain(`"code":"${expected}"`);
  });
});

describe('paths', () => {
  it.each([
    '/', '/favicon.ico', '/health/', '//health', '/Health', '/health/..', '/v1', '/v1/', '/v1/signatures/', '/v1/signatures/a/b', '/v1/signatures/%2e%2e%2fstatus/x',
    '/%zz', '/health%00', '/health;x=1', '/v1/status%2f', '/v1//status', `/v1/signatures/${'x'.repeat(500)}`, '/v2/signatures',
  ])('%s leads nowhere', async (path) => {
    const answer = await ask(running.port, path, { headers: nativeHeaders() });
    expect({ status: answer.status, code: codeOf(answer) }).toEqual({ status: 404, code: 'NOT_FOUND' });
  });

  it('a percent-encoded path is guarded like the plain one', async () => {
    expect((await ask(running.port, '/%76%31/status')).status).toBe(401);
    expect((await ask(running.port, '/%76%31/status', { headers: nativeHeaders() })).status).toBe(200);
  });

  it.each([
    ['*', 'OPTIONS'],
    ['ftp://127.0.0.1/health', 'GET'],
    ['127.0.0.1:80', 'CONNECT'],
  ])('the target %s is not served', async (target, method) => {
    const heard = await sayRaw(running.port, `${method} ${target} HTTP/1.1\r\nHost: 127.0.0.1:${running.port}\r\n\r\n`);
    expect([0, 400, 404]).toContain(statusOf(heard));
  });

  it.each([
    ['/v1/signatures', 'GET', 'POST, OPTIONS'],
    ['/v1/signatures/x', 'PUT', 'GET, HEAD, DELETE, OPTIONS'],
    ['/v1/signatures/x', 'PATCH', 'GET, HEAD, DELETE, OPTIONS'],
    ['/health', 'POST', 'GET, HEAD, OPTIONS'],
    ['/v1/status', 'TRACE', 'GET, HEAD, OPTIONS'],
    ['/v1/status', 'PROPFIND', 'GET, HEAD, OPTIONS'],
  ])('%s answers %s with 405 and the methods it has', async (path, method, allow) => {
    const answer = await ask(running.port, path, { method, headers: nativeHeaders() });
    expect({ status: answer.status, allow: answer.headers.allow }).toEqual({ status: 405, allow });
  });

  it('OPTIONS without CORS tells the methods, HEAD the headers', async () => {
    const options = await ask(running.port, '/v1/status', { method: 'OPTIONS' });
    expect({ status: options.status, allow: options.headers.allow }).toEqual({ status: 204, allow: 'GET, HEAD, OPTIONS' });
    const head = await ask(running.port, '/v1/status', { method: 'HEAD', headers: nativeHeaders() });
    expect({ status: head.status, text: head.text }).toEqual({ status: 200, text: '' });
  });
});

describe('answers', () => {
  it('of the status name cards, and what is wrong with its remedy, in the caller’s language', async () => {
    const status = statusAnswer.parse((await ask(running.port, '/v1/status', { headers: nativeHeaders({ 'accept-language': 'en' }) })).json);
    expect(status.readers[0]?.card?.name).toBe('医者 三郎');
    expect(status.problems[0]).toMatchObject({ code: 'NO_CARD', title: 'No card is in the reader' });
  });

  it('of remote sessions say that remote signing is not configured', async () => {
    const session = sessionAnswer.parse((await ask(running.port, '/v1/sessions/D0012', { headers: webHeaders() })).json);
    expect(session).toMatchObject({ staffId: 'D0012', ready: false, state: 'not_configured' });
    const begun = await ask(running.port, '/v1/sessions', { method: 'POST', headers: webHeaders(), body: '{"staffId":"D0012","method":"smartphone"}' });
    expect({ status: begun.status, code: codeOf(begun) }).toEqual({ status: 409, code: 'NOT_AUTHENTICATED' });
    expect((await ask(running.port, '/v1/sessions/D0012', { method: 'DELETE', headers: webHeaders() })).status).toBe(404);
  });

  it('of a verification are the report, also for a file that is no XML', async () => {
    const body = JSON.stringify({ xml: Buffer.from('junk').toString('base64') });
    const { status, json } = await ask(running.port, '/v1/verifications', { method: 'POST', headers: nativeHeaders(), body });
    expect(status).toBe(200);
    expect(verificationAnswer.parse(json)).toMatchObject({ verdict: 'INVALID', checks: [{ title: '前検査', reason: '不可' }] });
  });

  it('to our own mistakes carry a reference into the log, and neither a stack nor a message', async () => {
    const body = JSON.stringify({ xml: Buffer.from('bad').toString('base64') });
    const answer = await ask(running.port, '/v1/verifications', { method: 'POST', headers: nativeHeaders(), body });
    const problem = problemAnswer.parse(answer.json);
    expect({ status: answer.status, code: problem.code }).toEqual({ status: 500, code: 'INTERNAL' });
    expect(answer.text).not.toMatch(/山田|TypeError|\bat /);
    const line = running.logged.find(({ event }) => event === 'api.internal');
    expect(line?.fields).toMatchObject({ reference: problem.reference });
    expect(JSON.stringify(running.logged)).not.toContain('山田');
    expect(JSON.stringify(running.logged)).not.toContain(nativeToken);
  });
});
