/** A hospital's way out, whole: the agent behind a real squid with a password, at the sandbox's service with its client certificate. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { describeWith } from '../support/machine.ts';
import { Squid, type SquidOptions } from '../support/network/squid.ts';
import { RemoteClinic, sessionOf, signRemotely } from '../support/remote-clinic.ts';
import { codeOf, type RunningAgent } from '../support/running-agent.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

describeWith(['squid', 'openssl'], 'remote signing behind squid', () => {
  let at: RemoteClinic;
  const squids: Squid[] = [];
  beforeAll(async () => {
    at = await RemoteClinic.open({ hostName: 'service.test' });
  });
  afterEach(async () => {
    await at.endAgents();
    for (const squid of squids.splice(0)) await squid.stop();
  });
  afterAll(() => at.close());

  async function behind(options: SquidOptions = {}, password = 'secret'): Promise<{ running: RunningAgent; squid: Squid }> {
    const squid = await Squid.start({ authentication: 'basic', user: 'agent', password: 'secret', ...options });
    squids.push(squid);
    const passwordFile = path.join(at.folder, 'proxy-password');
    writeFileSync(passwordFile, `${password}\n`);
    return { squid, running: await at.ready('csc', { network: { proxy: { url: squid.url, user: 'agent', passwordFile } } }) };
  }
  const signed = (): number => at.service.signing.made.doctor ?? 0;

  it.each(['basic', 'digest'] as const)('authenticates and signs through it (%s)', async (authentication) => {
    const { running } = await behind({ authentication });
    expect((await signRemotely(running)).json).toMatchObject({ state: 'signed', method: 'remote' });
    expect((await signRemotely(running)).status).toBe(201);
    expect(signed()).toBe(2);
  });

  it.each<[string, SquidOptions, string, string]>([
    ['a wrong password', {}, 'wrong', 'PROXY_AUTH_REQUIRED'],
    ['a host that it does not allow', { allowed: ['elsewhere.test'] }, 'secret', 'PROXY_DENIED'],
  ])('names %s, and the service hears nothing', async (_what, options, password, code) => {
    const { running } = await behind(options, password);
    expect(codeOf(await signRemotely(running))).toBe(code);
    expect(at.service.calls.all()).toEqual({});
  });

  it('that goes down leaves the session as it is, and the same key signs once when it is back', async () => {
    const { running, squid } = await behind();
    expect((await signRemotely(running)).status).toBe(201);
    await squid.down();
    expect(codeOf(await signRemotely(running, {}, { key: 'down' }))).toBe('PROVIDER_UNREACHABLE');
    expect(await sessionOf(running)).toMatchObject({ ready: true });
    await squid.up();
    for (const end = performance.now() + 90_000; (await signRemotely(running, {}, { key: 'down' })).status !== 201; ) expect(performance.now()).toBeLessThan(end);
    expect(signed()).toBe(2);
  });
});
