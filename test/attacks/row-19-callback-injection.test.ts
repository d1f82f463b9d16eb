/**
 * Row 19: OAuth callback injection (RFC 8252 §8). Whoever brings a client an answer of their own choosing logs the doctor in as
 * somebody else, or spends a stolen code. Here state, nonce and PKCE verifier belong to one login and are forgotten with it,
 * the address on which the page ends must be exactly the configured one, it is caught in the window and taken once, and no
 * port of the agent listens for it. The agent runs as installed, at the sandbox's platform; its login page is really gone
 * through, with a card in TLS.
 */
import { createHash, randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { withParameter } from '../support/card-browser.ts';
import { beginSession, RemoteClinic, sessionBecomes, sessionOf } from '../support/remote-clinic.ts';
import type { RunningAgent } from '../support/running-agent.ts';
import { ask, until } from '../support/running-api.ts';

vi.setConfig({ testTimeout: 120_000 });

let at: RemoteClinic;
beforeAll(async () => {
  at = await RemoteClinic.open();
});
afterEach(() => at.endAgents());
afterAll(() => at.close());

const exchanges = (): number => at.service.calls.received('kagura.token');
const refusals = (running: RunningAgent): readonly string[] => running.audit().filter(({ event }) => event === 'authentication.refused').map(({ result }) => result);

/** Begins a session whose login page ends as `bend` says, and waits for its end. */
async function logIn(running: RunningAgent, bend: (ended: URL) => URL = (ended) => ended): Promise<void> {
  at.answerLogins(running, bend);
  expect((await beginSession(running, 'hpki-card')).status).toBe(201);
  for (const end = performance.now() + 60_000; (await sessionOf(running)).state === 'authenticating'; ) {
    expect(performance.now()).toBeLessThan(end);
  }
}

describe('an answer that was not asked for', () => {
  it.each<[string, (ended: URL) => URL]>([
    ['with another state', (ended) => withParameter(ended, 'state', randomBytes(32).toString('base64url'))],
    ['without a state', (ended) => withParameter(ended, 'state', null)],
    ['with two states', (ended) => new URL(`${ended.href}&state=another`)],
    ['of another issuer', (ended) => withParameter(ended, 'iss', 'https://evil.example')],
    ['without a code', (ended) => withParameter(ended, 'code', null)],
    ['at another path', (ended) => new URL(ended.href.replace('/callback', '/callback2'))],
    ['at another host', (ended) => new URL(ended.href.replace('hpkicardless-clientadapter-server', 'evil.example'))],
    ['at another port', (ended) => new URL(ended.href.replace(':3000', ':3001'))],
    ['by another scheme', (ended) => new URL(ended.href.replace('http:', 'https:'))],
    ['with a user in the address', (ended) => new URL(ended.href.replace('http://', 'http://hpki@'))],
  ])('%s is refused, its code is not even exchanged', async (_what, bend) => {
    const running = await at.ready('kagura');
    await logIn(running, bend);
    expect(await sessionOf(running)).toMatchObject({ ready: false, state: 'not_authenticated' });
    expect(exchanges()).toBe(0);
    expect(refusals(running)).toEqual(['AUTHENTICATION_REFUSED']);
  });

  it("with a code of an attacker's own login is refused by PKCE, although the state is right", async () => {
    const running = await at.ready('kagura');
    const { kagura } = at.service.addresses;
    let stolen = '';
    // The attacker logs in with a verifier of their own, and brings the doctor's window the code.
    const attackers = new URL(kagura.authorization);
    const challenge = createHash('sha256').update(randomBytes(32).toString('base64url')).digest('base64url');
    attackers.search = new URLSearchParams({ client_id: 'HPKI', response_type: 'code', scope: 'openid', prompt: 'login', redirect_uri: kagura.redirectUri, code_challenge: challenge, code_challenge_method: 'S256', state: 'attacker', nonce: 'attacker' }).toString();
    stolen = (await at.browse({ url: attackers, redirectUrl: new URL(kagura.redirectUri), allowedOrigins: kagura.loginOrigins, card: 'hpki' })).searchParams.get('code') ?? '';
    expect(stolen.length).toBeGreaterThan(20);
    await logIn(running, (ended) => withParameter(ended, 'code', stolen));
    expect(exchanges()).toBe(1);
    expect(await sessionOf(running)).toMatchObject({ ready: false });
    expect(refusals(running)).toEqual(['AUTHENTICATION_REFUSED']);
  });
});

describe('a right answer', () => {
  it('is taken once: brought again, for another login, it fits nothing', async () => {
    const running = await at.ready('kagura');
    let first: URL | undefined;
    await logIn(running, (ended) => (first = ended));
    expect(await sessionOf(running)).toMatchObject({ ready: true });
    expect((await running.ask('/v1/sessions/D0012', { method: 'DELETE' })).status).toBe(204);
    const before = exchanges();
    await logIn(running, () => first ?? new URL('http://never'));
    expect(await sessionOf(running)).toMatchObject({ ready: false });
    expect(exchanges()).toBe(before);
  });

  it('that comes after the doctor or the EHR has given up becomes nothing', async () => {
    const running = await at.ready('kagura');
    const late = Promise.withResolvers<URL>();
    let ended: URL | undefined;
    running.person.method = () => 'hpki-card';
    running.person.login = async ({ page }) => {
      ended = await at.browse(page);
      return late.promise;
    };
    await beginSession(running, 'hpki-card');
    await until(() => ended !== undefined, 'the page has ended', 60_000);
    expect((await running.ask('/v1/sessions/D0012', { method: 'DELETE' })).status).toBe(204);
    await sessionBecomes(running, 'not_authenticated');
    late.resolve(ended ?? new URL('http://never'));
    // Whatever the late answer sets off has run when the next login, begun after it, is through.
    await logIn(running);
    expect(await sessionOf(running)).toMatchObject({ ready: true });
    expect(exchanges()).toBe(1);
  });

  it('that comes after the page has had its time ends by that name', async () => {
    const { network, remote, terminal } = at.settings('kagura');
    const running = await at.ready('kagura', {}, { settings: { network, terminal, remote: { ...remote, loginPageSeconds: 1 } } });
    running.person.ranOut = () => 'cancelled';
    running.person.method = () => 'hpki-card';
    running.person.login = () => 'silent';
    await beginSession(running, 'hpki-card');
    expect(await sessionBecomes(running, 'not_authenticated')).toMatchObject({ ready: false });
    expect(refusals(running)).toEqual(['AUTHENTICATION_EXPIRED']);
    expect(exchanges()).toBe(0);
  });
});

it.each(['/callback?code=stolen&state=guessed', '/cb?code=stolen', '/?code=stolen', '/v1/sessions/callback?code=stolen'])('no port of the agent takes an answer (%s)', async (path) => {
  const running = await at.ready('kagura');
  running.person.method = () => 'hpki-card';
  running.person.login = () => 'silent';
  await beginSession(running, 'hpki-card');
  await until(() => running.person.askedToAuthenticate('login') === 1, 'the login page is open', 60_000);
  for (const method of ['GET', 'POST']) {
    const { status } = await ask(running.port, path, { method });
    expect([401, 404, 405, 415]).toContain(status);
  }
  expect(await sessionOf(running)).toMatchObject({ state: 'authenticating' });
  expect(exchanges()).toBe(0);
});
