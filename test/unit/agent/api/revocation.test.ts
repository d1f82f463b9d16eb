import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { signatureEvent, statusAnswer } from '../../../../src/contract/api.ts';
import { ask, nativeHeaders, nativeToken, sha256Hex, signatureBody, startRunningApi, until, webToken, webOrigin, type RunningApi } from '../../../support/running-api.ts';
import { signed } from '../../../support/scripted-signatures.ts';

const token = 'paired-token-paired-token-paired-token-00001';
let running: RunningApi;
let clientId: string;
const sockets: Socket[] = [];
beforeEach(async () => {
  running = await startRunningApi({ policy: { eventHeartbeat: 50, maxEventStreamsPerClient: 2 } });
  clientId = (await running.clients.add({ name: 'Paired EHR', origin: null, tokenSha256: sha256Hex(token) })).id;
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await running.close();
});

const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': 'k' };

/** An open event stream and what came over it. */
async function listen(as = token, origin?: string): Promise<{ heard: () => string; socket: Socket }> {
  let text = '';
  const socket = connect(running.port, '127.0.0.1');
  sockets.push(socket);
  socket.on('data', (chunk) => (text += chunk.toString()));
  socket.on('error', () => undefined);
  const originLine = origin === undefined ? '' : `Origin: ${origin}\r\n`;
  socket.write(`GET /v1/events HTTP/1.1\r\nHost: 127.0.0.1:${running.port}\r\nAuthorization: Bearer ${as}\r\n${originLine}\r\n`);
  await until(() => text.includes('event: readiness') || text.includes('HTTP/1.1 4'), 'an answer');
  return { heard: () => text, socket };
}

function dataOf(text: string, event: string): unknown[] {
  return [...text.matchAll(new RegExp(`event: ${event}\ndata: (.*)\n`, 'g'))].map((match) => JSON.parse(match[1] ?? '') as unknown);
}

describe('the event stream', () => {
  it("tells a client's own requests from the first change, without documents, and readiness when it changes", async () => {
    const mine = await listen();
    const other = await listen(nativeToken);
    await ask(running.port, '/v1/signatures', { method: 'POST', headers, body: signatureBody() });
    running.signatures.become(signed('req-1', '<secret-xml/>'));
    await until(() => dataOf(mine.heard(), 'signature').length === 2, 'both changes');
    expect(dataOf(mine.heard(), 'signature').map((data) => signatureEvent.parse(data).state)).toEqual(['awaiting_pin', 'signed']);
    expect(mine.heard()).not.toContain(Buffer.from('<secret-xml/>').toString('base64'));
    running.changeStatus();
    await until(() => dataOf(mine.heard(), 'readiness').length === 2, 'readiness');
    expect(statusAnswer.parse(dataOf(mine.heard(), 'readiness')[1]).problems[0]?.code).toBe('NO_CARD');
    expect(dataOf(other.heard(), 'signature')).toEqual([]);
  });

  it('beats, and carries the headers of every answer', async () => {
    const { heard } = await listen(webToken, webOrigin);
    await until(() => heard().includes('\n: \n\n') || /\r\n: \n\n/.test(heard()), 'a heartbeat');
    expect(heard()).toMatch(/content-type: text\/event-stream/i);
    expect(heard()).toMatch(/cache-control: no-store/i);
    expect(heard()).toMatch(new RegExp(`access-control-allow-origin: ${webOrigin}`, 'i'));
  });

  it('is bounded in number per client, and a closed one makes room', async () => {
    const first = await listen();
    await listen();
    expect((await listen()).heard()).toMatch(/^HTTP\/1\.1 429/);
    first.socket.destroy();
    await until(() => running.signatures.listeners(clientId) === 1, 'the first is gone');
    expect((await listen()).heard()).toMatch(/^HTTP\/1\.1 200/);
  });

  it('answers HEAD without opening a stream', async () => {
    const { status, headers: answered } = await ask(running.port, '/v1/events', { method: 'HEAD', headers });
    expect(status).toBe(200);
    expect(answered['content-type']).toContain('text/event-stream');
    expect(running.signatures.listeners(clientId)).toBe(0);
  });

  it('is cut when its reader does not read', async () => {
    const { socket } = await listen();
    socket.pause();
    await ask(running.port, '/v1/signatures', { method: 'POST', headers, body: signatureBody() });
    const reason = { ja: 'あ'.repeat(20_000), en: '' };
    for (let change = 0; change < 400 && running.signatures.listeners(clientId) > 0; change += 1) {
      running.signatures.become({ id: 'req-1', state: 'awaiting_card', reason, result: null, problem: null });
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => running.signatures.listeners(clientId) === 0, 'cut off');
  });
});

describe('a revoked client', () => {
  it('loses its event stream at once, and every other client keeps its own', async () => {
    const mine = await listen();
    const other = await listen(nativeToken);
    await running.clients.revoke(clientId);
    await until(() => mine.heard().endsWith('0\r\n\r\n'), 'the end of the stream');
    expect(running.signatures.listeners(clientId)).toBe(0);
    running.changeStatus();
    await until(() => dataOf(other.heard(), 'readiness').length === 2, 'the other one goes on');
  });

  it('has its long poll answered 401, and nothing more passes', async () => {
    const poll = ask(running.port, '/v1/signatures?wait=60', { method: 'POST', headers, body: signatureBody() });
    await until(() => running.signatures.listeners(clientId) === 1, 'waiting');
    await running.clients.revoke(clientId);
    expect((await poll).status).toBe(401);
    expect((await ask(running.port, '/v1/status', { headers })).status).toBe(401);
  });

  it('loses its event stream also by the end of its time', async () => {
    const { heard } = await listen();
    running.clock.advance(401 * 86_400_000);
    await until(() => heard().endsWith('0\r\n\r\n'), 'the end of the stream');
    expect((await ask(running.port, '/v1/status', { headers })).status).toBe(401);
  });
});

describe('the end of the agent', () => {
  it('answers long polls with the state, ends streams and frees the port', async () => {
    const { heard } = await listen();
    const silent = connect(running.port, '127.0.0.1');
    sockets.push(silent);
    await new Promise((resolve) => silent.once('connect', resolve));
    const poll = ask(running.port, '/v1/signatures?wait=60', { method: 'POST', headers: nativeHeaders({ 'idempotency-key': 'k' }), body: signatureBody() });
    await until(() => running.signatures.submitted.length === 1, 'submitted');
    await running.api.close();
    expect((await poll).status).toBe(202);
    await until(() => heard().endsWith('0\r\n\r\n'), 'the end of the stream');
    await expect(ask(running.port, '/health')).rejects.toThrow('ECONNREFUSED');
  });
});
