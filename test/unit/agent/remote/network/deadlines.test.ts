/** How long the agent waits for a machine that says nothing: as the manual says, and as it is when nobody sets anything else. */
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { usualBounds } from '../../../../../src/agent/remote/network/breaker.ts';
import type { NetworkError } from '../../../../../src/agent/remote/network/network-error.ts';
import { usualDeadlines } from '../../../../../src/agent/remote/network/phases.ts';
import { mostTries, retryWithinMs } from '../../../../../src/agent/remote/network/retry-policy.ts';
import { loginAnswerSeconds } from '../../../../../src/agent/remote/providers/oauth/oauth-client.ts';
import { revocationMs } from '../../../../../src/agent/remote/remote-session-desk.ts';
import { projectRoot } from '../../../../support/command-line.ts';
import { TestService } from '../../../../support/network/service.ts';
import { failureOf, testNetwork, type TestNetwork } from '../../../../support/network/test-network.ts';
import { TlsAuthority } from '../../../../support/network/tls-authority.ts';

const page = readFileSync(path.join(projectRoot, 'docs', 'admin', 'proxy.md'), 'utf8');
const [section = ''] = /^## どれだけ待つか$[^]*?(?=^## )/m.exec(page) ?? [];

it('is what the manual says', () => {
  const seconds = [...section.matchAll(/^\| [^|]+ \| (\d+) \|/gm)].map(([, text]) => Number(text));
  const { dns, tcp, connect, tls, firstByte, silence } = usualDeadlines;
  expect(seconds).toEqual([dns / 1000, tcp / 1000, connect / 1000, tls / 1000, loginAnswerSeconds, firstByte / 1000, silence / 1000, revocationMs / 1000]);
  expect(section).toContain(`${retryWithinMs / 1000}秒以内に${mostTries}回まで`);
  expect(section).toContain(`${usualBounds.failures}回失敗したホストには、${usualBounds.firstMs / 1000}秒（その後も失敗すれば最大${usualBounds.longestMs / 1000}秒`);
});

describe('a half-open socket, with nothing set', () => {
  let server: Server;
  let network: TestNetwork;
  let connected = 0;
  const opened: (() => unknown)[] = [];
  beforeEach(async () => {
    connected = 0;
    server = createServer((socket) => {
      connected += 1;
      socket.on('error', () => undefined);
      opened.push(() => socket.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(async () => {
    vi.useRealTimers();
    network.close();
    for (const close of opened.splice(0).reverse()) await close();
    await new Promise((resolve) => server.close(resolve));
  });

  /** Real sockets go on; timers stand still until they are moved. */
  async function happens(what: () => boolean): Promise<void> {
    while (!what()) await turn();
  }
  async function endsAfter(milliseconds: number, call: Promise<unknown>, isWaiting: () => boolean): Promise<NetworkError> {
    let ended = false;
    const failure = failureOf(call).finally(() => (ended = true));
    await happens(isWaiting);
    for (let turns = 0; turns < 50; turns += 1) await turn();
    await vi.advanceTimersByTimeAsync(milliseconds - 1000);
    for (let turns = 0; turns < 50; turns += 1) await turn();
    expect(ended).toBe(false);
    // undici looks at its own deadlines twice a second.
    await vi.advanceTimersByTimeAsync(2500);
    return failure;
  }
  const place = (): string => `127.0.0.1:${(server.address() as AddressInfo).port}`;

  it('ends in the TLS handshake after 10 seconds', async () => {
    network = testNetwork({ pause: () => Promise.reject(new Error('once is enough')) });
    const address = `https://${place()}`;
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const call = network.network.connect(new URL(address), new AbortController().signal);
    expect(await endsAfter(10_000, call, () => connected > 0)).toMatchObject({ code: 'PROVIDER_UNREACHABLE', phase: 'tls', sent: 'never' });
  });

  it('ends in the CONNECT of a proxy after 15', async () => {
    network = testNetwork({ settings: { proxy: { url: `http://${place()}`, basic: true, bypass: [] } } });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const call = network.network.connect(new URL('https://service.test'), new AbortController().signal);
    expect(await endsAfter(15_000, call, () => connected > 0)).toMatchObject({ code: 'PROVIDER_UNREACHABLE', phase: 'connect', hop: 'proxy', sent: 'never' });
  });

  it('ends after a signature was sent, 60 seconds later, as a lost answer', async () => {
    const authority = await TlsAuthority.create('TEST Service CA');
    const service = await TestService.start({ leaf: authority.issue({ commonName: 'service', names: ['localhost'] }) });
    opened.push(() => service.close());
    service.answerWith(() => undefined);
    network = testNetwork({ trusted: [authority] });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const call = network.network.fetchFor([service.address])(service.address, { method: 'POST', body: 'sign this' });
    expect(await endsAfter(60_000, call, () => service.seen.length > 0)).toMatchObject({ code: 'REMOTE_ANSWER_LOST', phase: 'http', sent: 'maybe' });
  });
});
