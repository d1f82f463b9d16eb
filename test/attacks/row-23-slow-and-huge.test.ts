/**
 * Row 23: slow or huge requests (Fortify buffers 128 MiB). A program that opens sockets and says little, sends bodies
 * without end or never reads must neither fill the memory nor keep the doctor's EHR waiting.
 */
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { ask, isWhole, nativeHeaders, nativeToken, openSocket, sayRaw, sideEffects, signatureBody, startRunningApi, statusOf, until, webHeaders, webOrigin, type HttpAnswer, type RunningApi } from '../support/running-api.ts';

const MiB = 1024 * 1024;
let running: RunningApi;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await running.close();
});

async function hang(words: string): Promise<Socket> {
  const socket = await openSocket(running.port);
  socket.on('error', () => undefined);
  sockets.push(socket);
  // An end is noticed only by a socket that reads.
  socket.resume();
  socket.write(words);
  return socket;
}

async function goodCall(key: string): Promise<number> {
  const answer = await ask(running.port, '/v1/signatures', { method: 'POST', headers: nativeHeaders({ 'idempotency-key': key }), body: signatureBody() });
  return answer.status;
}

/** A valid body of exactly this many bytes. */
function padded(size: number): string {
  return signatureBody() + ' '.repeat(size - Buffer.byteLength(signatureBody()));
}

describe('200 half-open sockets', () => {
  it.each([
    ['that say nothing', ''],
    ['in the middle of a header', 'POST /v1/signatures HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: '],
    ['in the middle of the request line', 'GE'],
  ])('%s do not disturb a good client', async (_what, words) => {
    running = await startRunningApi();
    for (let count = 0; count < 200; count += 1) await hang(words);
    for (let call = 0; call < 20; call += 1) expect(await goodCall(`k${call}`)).toBe(202);
    // The oldest ones have made room.
    await until(() => sockets.filter((socket) => socket.closed).length >= 200 - 128, 'the oldest are dropped');
  });

  it('with a body that does not come do not disturb it either, and never get a 408', async () => {
    running = await startRunningApi({ policy: { requestTimeout: 300, headersTimeout: 200, timeoutCheckInterval: 50 } });
    const heard: string[] = [];
    for (let count = 0; count < 200; count += 1) {
      const socket = await hang(
        `POST /v1/signatures HTTP/1.1\r\nHost: 127.0.0.1:${running.port}\r\nAuthorization: Bearer ${nativeToken}\r\n` +
          'Idempotency-Key: k\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{',
      );
      socket.on('data', (chunk) => heard.push(chunk.toString()));
    }
    for (let call = 0; call < 20; call += 1) expect(await goodCall(`k${call}`)).toBe(202);
    await until(() => sockets.every((socket) => socket.closed), 'all are closed by the timeout');
    expect(heard.filter((text) => /^HTTP\/1\.1 (408|425)/.test(text))).toEqual([]);
    expect(running.signatures.submitted).toHaveLength(20);
  });
});

describe('a slow header', () => {
  it('is closed after the header timeout without a word', async () => {
    running = await startRunningApi({ policy: { headersTimeout: 100, requestTimeout: 200, timeoutCheckInterval: 20 } });
    const heard = await sayRaw(running.port, 'GET /health HTTP/1.1\r\nHost: ', { enough: () => false });
    expect(heard).toBe('');
  });

  it('of more than 16 KiB is refused', async () => {
    running = await startRunningApi();
    const heard = await sayRaw(running.port, `GET /health HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`);
    expect(statusOf(heard)).toBe(413);
    expect(heard).toContain('application/problem+json');
  });
});

describe('a large body', () => {
  const head = (port: number, more: string): string =>
    `POST /v1/signatures HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${nativeToken}\r\nIdempotency-Key: k\r\nContent-Type: application/json\r\n${more}\r\n`;

  it('of 5 MiB is read to its end and gets a 413; the connection lives on', async () => {
    running = await startRunningApi();
    const next = `GET /health HTTP/1.1\r\nHost: 127.0.0.1:${running.port}\r\n\r\n`;
    const request = Buffer.concat([
      Buffer.from(head(running.port, `Content-Length: ${5 * MiB}\r\n`)),
      Buffer.alloc(5 * MiB, 0x20),
      Buffer.from(next),
    ]);
    const heard = await sayRaw(running.port, request, { enough: (text) => text.includes('"name":"hpki-agent"') });
    expect(statusOf(heard)).toBe(413);
    expect(heard).toContain('"code":"TOO_LARGE"');
    expect(heard).toContain('HTTP/1.1 200 OK');
    expect(sideEffects(running)).toEqual([]);
  });

  it('of 5 MiB in chunks gets the same', async () => {
    running = await startRunningApi();
    const chunk = Buffer.concat([Buffer.from(`${(64 * 1024).toString(16)}\r\n`), Buffer.alloc(64 * 1024, 0x20), Buffer.from('\r\n')]);
    const request = Buffer.concat([Buffer.from(head(running.port, 'Transfer-Encoding: chunked\r\n')), ...Array.from({ length: 80 }, () => chunk), Buffer.from('0\r\n\r\n')]);
    expect(statusOf(await sayRaw(running.port, request))).toBe(413);
    expect(sideEffects(running)).toEqual([]);
  });

  it('of more than 8 MiB closes the connection', async () => {
    running = await startRunningApi();
    const socket = await hang(head(running.port, `Content-Length: ${64 * MiB}\r\n`));
    await until(() => socket.destroyed || socket.readableEnded, 'closed');
    expect(sideEffects(running)).toEqual([]);
  });

  it.each([
    ['refused for its size', ''],
    ['refused for its Host', 'Host: evil.example\r\n'],
  ])('without end is cut off at 8 MiB when it was %s', async (_what, host) => {
    running = await startRunningApi();
    const start = host === '' ? head(running.port, 'Transfer-Encoding: chunked\r\n') : `POST /v1/signatures HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n`;
    const socket = await hang(start);
    const chunk = `${(MiB).toString(16)}\r\n${' '.repeat(MiB)}\r\n`;
    let sent = 0;
    while (!socket.destroyed && sent < 64) {
      sent += 1;
      if (!socket.write(chunk)) await new Promise<void>((resolve) => socket.once('drain', resolve).once('close', resolve));
    }
    await until(() => socket.destroyed, 'cut off');
    // What the agent took; the rest of what was sent lies in the kernel's buffers.
    expect(sent).toBeLessThan(32);
    expect(sideEffects(running)).toEqual([]);
  });

  it('of exactly 4 MiB is read', async () => {
    running = await startRunningApi();
    const body = padded(4 * MiB);
    const { status } = await ask(running.port, '/v1/signatures', { method: 'POST', headers: nativeHeaders({ 'idempotency-key': 'k' }), body });
    expect(status).toBe(202);
  });

  it('of one byte more is not', async () => {
    running = await startRunningApi();
    const { status } = await ask(running.port, '/v1/signatures', { method: 'POST', headers: nativeHeaders({ 'idempotency-key': 'k' }), body: padded(4 * MiB + 1) });
    expect(status).toBe(413);
  });

  it('is bounded by policy, up to 16 MiB and no further', async () => {
    running = await startRunningApi({ policy: { bodyLimit: 16 * MiB } });
    const body = padded(16 * MiB);
    const { status } = await ask(running.port, '/v1/signatures', { method: 'POST', headers: nativeHeaders({ 'idempotency-key': 'k' }), body });
    expect(status).toBe(202);
    await expect(startRunningApi({ policy: { bodyLimit: 16 * MiB + 1 } })).rejects.toThrow(RangeError);
  });

  it('waits for 100-continue only when it will be read', async () => {
    running = await startRunningApi();
    const expecting = (token: string): string =>
      `POST /v1/signatures HTTP/1.1\r\nHost: 127.0.0.1:${running.port}\r\nAuthorization: Bearer ${token}\r\nIdempotency-Key: k\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(signatureBody())}\r\nExpect: 100-continue\r\n\r\n`;
    expect(await sayRaw(running.port, expecting(nativeToken), { enough: (text) => text.includes('\r\n\r\n') })).toMatch(/^HTTP\/1\.1 100/);
    expect(statusOf(await sayRaw(running.port, expecting('x'.repeat(43))))).toBe(401);
  });
});

describe('too many requests', () => {
  it('of one client are answered 429 with the seconds to wait, and another client is not held up', async () => {
    running = await startRunningApi({ policy: { requestsPerMinute: 10 } });
    const statuses = [];
    for (let call = 0; call < 6; call += 1) statuses.push(await goodCall(`k${call}`));
    expect(statuses).toEqual([202, 202, 202, 202, 202, 429]);
    const refused = await ask(running.port, '/v1/status', { headers: nativeHeaders() });
    expect(refused.status).toBe(429);
    expect((await ask(running.port, '/v1/status', { headers: webHeaders() })).status).toBe(200);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    running.clock.advance(Number(refused.headers['retry-after']) * 1000);
    expect(await goodCall('later')).toBe(202);
  });

  it('without a client are counted by Origin: one page does not use up what another or a program may ask', async () => {
    running = await startRunningApi({ policy: { openRequestsPerMinute: 10 } });
    const health = async (origin?: string): Promise<HttpAnswer> => ask(running.port, '/health', { headers: origin === undefined ? {} : { origin } });
    const statuses: number[] = [];
    for (let call = 0; call < 6; call += 1) statuses.push((await health('https://evil.example')).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429]);
    expect([(await health(webOrigin)).status, (await health()).status]).toEqual([200, 200]);
  });

  it('at a time are answered 429', async () => {
    running = await startRunningApi({ policy: { maxPending: 3 } });
    await goodCall('k');
    const polls = Array.from({ length: 3 }, () => hang(`GET /v1/signatures/req-1?wait=60 HTTP/1.1\r\nHost: 127.0.0.1:${running.port}\r\nAuthorization: Bearer ${nativeToken}\r\n\r\n`));
    await Promise.all(polls);
    const clientId = running.signatures.submitted[0]?.caller.clientId ?? '';
    await until(() => running.signatures.listeners(clientId) === 3, 'three wait');
    expect((await ask(running.port, '/health')).status).toBe(429);
    for (const socket of sockets) socket.destroy();
    await until(() => running.signatures.listeners(clientId) === 0, 'they hung up');
    expect((await ask(running.port, '/health')).status).toBe(200);
  });
});

describe('bytes that are no request', () => {
  it.each([
    ['Content-Length and Transfer-Encoding together', 'POST /v1/signatures HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nX'],
    ['two Content-Lengths', 'POST /v1/signatures HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    ['a disguised Transfer-Encoding', 'POST /v1/signatures HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n'],
    ['a blank before the colon', 'GET /health HTTP/1.1\r\nHost : h\r\n\r\n'],
    ['a folded header', 'GET /health HTTP/1.1\r\nHost: h\r\n X\r\n\r\n'],
    ['a bare LF in a header', 'GET /health HTTP/1.1\r\nHost: h\nX: y\r\n\r\n'],
    ['a NUL in a header', 'GET /health HTTP/1.1\r\nHost: h\0\r\n\r\n'],
    ['a TLS handshake', Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03])],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['no method', '/health HTTP/1.1\r\n\r\n'],
  ])('are answered 400 or closed: %s', async (_what, bytes) => {
    running = await startRunningApi();
    const heard = await sayRaw(running.port, bytes, { enough: isWhole });
    expect([0, 400, 421]).toContain(statusOf(heard));
    expect(heard).not.toMatch(/HTTP\/1\.1 2/);
    expect(sideEffects(running)).toEqual([]);
  });

  it('do not let a second request hide in the body of the first', async () => {
    running = await startRunningApi();
    const hidden = `POST /v1/signatures HTTP/1.1\r\nHost: 127.0.0.1:${running.port}\r\nAuthorization: Bearer ${nativeToken}\r\nIdempotency-Key: k\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(signatureBody())}\r\n\r\n${signatureBody()}`;
    const outer = `GET /health HTTP/1.1\r\nHost: 127.0.0.1:${running.port}\r\nContent-Length: ${Buffer.byteLength(hidden)}\r\n\r\n${hidden}GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n`;
    const heard = await sayRaw(running.port, outer, { enough: (text) => text.includes('HTTP/1.1 404') });
    expect(heard.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 404']);
    expect(sideEffects(running)).toEqual([]);
  });
});
