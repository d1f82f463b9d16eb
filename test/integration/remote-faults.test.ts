/**
 * What becomes of a request when the way to the service breaks, at the whole agent and the sandbox's service, which counts:
 * what was never sent or only asks is tried again, a signature call that may have been carried out never is.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { FaultToArm } from '../../src/sandbox/remote/faults/fault.ts';
import { RemoteClinic, sessionOf, signRemotely, type ProviderKind } from '../support/remote-clinic.ts';
import { codeOf, staff, type RunningAgent } from '../support/running-agent.ts';
import { until } from '../support/running-api.ts';

vi.setConfig({ testTimeout: 120_000 });

let at: RemoteClinic;
beforeAll(async () => {
  at = await RemoteClinic.open();
});
afterEach(async () => {
  at.service.control.refuseConnections('api', false);
  at.service.control.showCertificate('valid');
  await at.endAgents();
});
afterAll(() => at.close());

const signatureCall = { csc: 'csc.signatures.signHash', kagura: 'kagura.sign' } as const;
const made = (): number => at.service.signing.made.doctor ?? 0;

/** Authenticated, and known by one signature; counters from zero. */
async function ready(kind: ProviderKind): Promise<RunningAgent> {
  const running = await at.ready(kind);
  expect((await signRemotely(running)).status).toBe(201);
  at.service.control.forgetCounts();
  return running;
}
const sent = (kind: ProviderKind): number => at.service.calls.received(signatureCall[kind]);

describe.each(['csc', 'kagura'] as const)('a signature call of %s', (kind) => {
  it.each<[string, FaultToArm, number]>([
    ['cut before the service read it', { kind: 'cut-before-read' }, 0],
    ['cut after the service read it', { kind: 'cut-after-read' }, 0],
    ['cut after the service signed', { kind: 'cut-after-work' }, 1],
    ['answered 500', { kind: 'status', status: 500 }, 0],
    ['answered 502', { kind: 'status', status: 502 }, 0],
    ['answered 503 by who does not say when to come again', { kind: 'status', status: 503 }, 0],
  ])('%s is a lost answer: sent once, and never again under its key', async (_what, fault, signatures) => {
    const running = await ready(kind);
    at.arm({ ...fault, on: signatureCall[kind] });
    for (let time = 0; time < 2; time += 1) expect(codeOf(await signRemotely(running, {}, { key: 'lost' }))).toBe('REMOTE_ANSWER_LOST');
    await running.restart();
    expect(codeOf(await signRemotely(running, {}, { key: 'lost' }))).toBe('REMOTE_ANSWER_LOST');
    expect([sent(kind), made()]).toEqual([1, signatures]);
  });

  it.each<[string, FaultToArm, string]>([
    ['503 with Retry-After', { kind: 'status', status: 503, retryAfter: 1 }, 'SERVICE_SUSPENDED'],
    ['429', { kind: 'status', status: 429, retryAfter: 1 }, 'SERVICE_SUSPENDED'],
  ])('answered %s was not carried out: not repeated by itself, and the same key runs anew', async (_what, fault, code) => {
    const running = await ready(kind);
    at.arm({ ...fault, on: signatureCall[kind] });
    const answer = await signRemotely(running, {}, { key: 'later' });
    expect([codeOf(answer), answer.headers['retry-after']]).toEqual([code, '1']);
    expect([sent(kind), made()]).toEqual([1, 0]);
    for (const end = performance.now() + 60_000; (await signRemotely(running, {}, { key: 'later' })).status !== 201; ) expect(performance.now()).toBeLessThan(end);
    expect([sent(kind), made()]).toEqual([2, 1]);
  });
});

describe('a call that only asks', () => {
  it.each<[string, FaultToArm]>([
    ['429 with Retry-After', { kind: 'status', status: 429, retryAfter: 1 }],
    ['503 with Retry-After', { kind: 'status', status: 503, retryAfter: 1 }],
    ['a cut', { kind: 'cut-after-work' }],
  ])('is asked again after %s, and the signature is made once', async (_what, fault) => {
    const running = await ready('csc');
    at.arm({ ...fault, on: 'csc.credentials.list' });
    expect((await signRemotely(running)).status).toBe(201);
    expect(at.service.calls.received('csc.credentials.list')).toBeGreaterThanOrEqual(2);
    expect(made()).toBe(1);
  });
});

describe('a service that cannot be reached', () => {
  it('was sent nothing: named, and the same key signs once when it is back', async () => {
    const running = await ready('csc');
    at.service.control.refuseConnections('api', true);
    expect(codeOf(await signRemotely(running, {}, { key: 'back' }))).toBe('PROVIDER_UNREACHABLE');
    expect(await sessionOf(running)).toMatchObject({ ready: true });
    at.service.control.refuseConnections('api', false);
    for (const end = performance.now() + 60_000; (await signRemotely(running, {}, { key: 'back' })).status !== 201; ) expect(performance.now()).toBeLessThan(end);
    expect(made()).toBe(1);
  });

  it('leaves `auto` to the card by itself, and the doctor is told', async () => {
    const running = await ready('csc');
    await until(() => running.cardsReady() > 0, 'the card is read', 60_000);
    at.service.control.refuseConnections('api', true);
    const answer = await running.sign({ method: 'auto', staff }, { wait: 60 });
    expect(answer.json).toMatchObject({ state: 'signed', method: 'local' });
    expect(running.person.notices.map(({ text }) => text.ja)).toContain(`リモート署名サービスに接続できません。${staff.name} 様のHPKIカードで署名します。`);
    expect(made()).toBe(0);
  });

  it('with a lost answer does not leave `auto` to the card: the service may have signed', async () => {
    const running = await ready('csc');
    at.arm({ kind: 'cut-after-work', on: signatureCall.csc });
    expect(codeOf(await running.sign({ method: 'auto' }, { wait: 60 }))).toBe('REMOTE_ANSWER_LOST');
    expect(running.person.asked('pin')).toBe(0);
    expect(made()).toBe(1);
  });

  it('by a certificate that has expired is told nothing, and is used again with a valid one', async () => {
    const running = await ready('csc');
    at.service.control.showCertificate('expired');
    const answer = await signRemotely(running);
    expect(answer.status).toBe(503);
    expect(sent('csc')).toBe(0);
    at.service.control.showCertificate('valid');
    for (const end = performance.now() + 60_000; (await signRemotely(running)).status !== 201; ) expect(performance.now()).toBeLessThan(end);
    expect(made()).toBe(1);
  });
});
