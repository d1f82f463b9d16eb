/**
 * Row 3: DNS rebinding (Blizzard's agent, 2018). The attacker's own name is made to point at 127.0.0.1, so that the
 * browser takes the agent for the attacker's site and sends no Origin at all. The Host header still says the attacker's
 * name: every route, /health too, answers 421 to any Host but the three loopback names with this very port.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nativeToken, sayRaw, sideEffects, startRunningApi, statusOf, type RunningApi } from '../support/running-api.ts';

let running: RunningApi;
beforeAll(async () => (running = await startRunningApi({ policy: { openRequestsPerMinute: 100_000, requestsPerMinute: 100_000 } })));
afterAll(() => running.close());

const routes = [
  'GET /health', 'GET /health?nonce=0123456789abcdef', 'GET /openapi.json', 'POST /v1/pairings', 'POST /v1/pairings/x/confirm', 'GET /v1/status',
  'POST /v1/signatures', 'GET /v1/signatures/req-1', 'DELETE /v1/signatures/req-1', 'GET /v1/events', 'POST /v1/sessions',
  'GET /v1/sessions/D1', 'DELETE /v1/sessions/D1', 'POST /v1/verifications', 'HEAD /health', 'OPTIONS /v1/signatures',
];

const foreignHosts = (port: number): string[] => [
  'evil.example', `evil.example:${port}`, `127.0.0.1.evil.example:${port}`, `localhost.evil.example:${port}`, `evil.localhost:${port}`,
  `localhost.:${port}`, 'localhost', '127.0.0.1', '[::1]', `127.0.0.1:${port + 1}`, `127.0.0.1:0${port}`, `127.0.0.1:${port}.`, `127.1:${port}`,
  `127.0.0.2:${port}`, `2130706433:${port}`, `0x7f.0.0.1:${port}`, `[::ffff:127.0.0.1]:${port}`, `[0:0:0:0:0:0:0:1]:${port}`, `::1:${port}`,
  `user@127.0.0.1:${port}`, `127.0.0.1:${port}@evil.example`, `127.0.0.1:${port},evil.example`, '', `192.168.0.10:${port}`,
];

function request(route: string, host: string): string {
  return `${route} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${nativeToken}\r\nContent-Type: application/json\r\nContent-Length: 0\r\n\r\n`;
}

describe.each(routes)('%s', (route) => {
  it('answers 421 to a foreign Host', async () => {
    for (const host of foreignHosts(running.port)) {
      const heard = await sayRaw(running.port, request(route, host), { enough: (text) => text.includes('\r\n\r\n') });
      expect(`${host}: ${statusOf(heard)}`).toBe(`${host}: 421`);
    }
    expect(sideEffects(running)).toEqual([]);
  });

  it.each(['127.0.0.1', 'localhost', 'LOCALHOST', '[::1]'])('takes %s for its own name', async (name) => {
    const heard = await sayRaw(running.port, request(route, `${name}:${running.port}`), { enough: (text) => text.includes('\r\n\r\n') });
    expect(statusOf(heard)).not.toBe(421);
    expect(statusOf(heard)).toBeGreaterThanOrEqual(200);
  });
});

describe('a request that hides its Host', () => {
  it('is refused with two Hosts, whichever comes first', async () => {
    const ours = `127.0.0.1:${running.port}`;
    for (const [first, second] of [[ours, 'evil.example'], ['evil.example', ours], [ours, ours]]) {
      const heard = await sayRaw(running.port, `GET /health HTTP/1.1\r\nHost: ${first}\r\nHost: ${second}\r\n\r\n`);
      expect(statusOf(heard)).toBe(400);
    }
  });

  it('is refused without a Host', async () => {
    expect(statusOf(await sayRaw(running.port, 'GET /health HTTP/1.1\r\n\r\n'))).toBe(400);
    expect(statusOf(await sayRaw(running.port, 'GET /health HTTP/1.0\r\n\r\n'))).toBe(421);
  });

  it('is refused in absolute form with a foreign authority, though the Host is ours', async () => {
    const ours = `127.0.0.1:${running.port}`;
    const heard = await sayRaw(running.port, `GET http://evil.example/health HTTP/1.1\r\nHost: ${ours}\r\n\r\n`);
    expect(statusOf(heard)).toBe(421);
    const other = await sayRaw(running.port, `GET http://${ours}/health HTTP/1.1\r\nHost: evil.example\r\n\r\n`);
    expect(statusOf(other)).toBe(421);
    const both = await sayRaw(running.port, `GET http://${ours}/health HTTP/1.1\r\nHost: ${ours}\r\n\r\n`);
    expect(statusOf(both)).toBe(200);
  });
});
