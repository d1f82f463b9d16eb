/**
 * Row 10: cloud or proxy swaps the hash or the certificate (Web eID's analysis of remote signing). A client that releases
 * whatever a service returns signs what the service likes. Here every answer is verified over this agent's own digest, the
 * doctor's own certificate, role and staff binding: otherwise it is named, audited, never released, and the session is over.
 * The agent runs as installed, at the sandbox's service, which really signs wrongly.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { FaultToArm } from '../../src/sandbox/remote/faults/fault.ts';
import { RemoteClinic, sessionOf, signRemotely, type ProviderKind } from '../support/remote-clinic.ts';
import { codeOf, prescription, xmlOf, type RunningAgent } from '../support/running-agent.ts';

vi.setConfig({ testTimeout: 120_000 });

let at: RemoteClinic;
beforeAll(async () => {
  at = await RemoteClinic.open();
});
afterEach(() => at.endAgents());
afterAll(() => at.close());

type Swap = readonly [what: string, kind: ProviderKind, fault: FaultToArm];
const [csc, kagura] = ['csc.signatures.signHash', 'kagura.sign'];
const swaps: readonly Swap[] = [
  ['another hash, signed by the right key', 'csc', { kind: 'wrong-hash', on: csc, times: null }],
  ["the hash, signed by another doctor's key", 'csc', { kind: 'wrong-certificate', whose: 'other-doctor', on: csc, times: null }],
  ["the hash, signed by a pharmacist's key", 'csc', { kind: 'wrong-certificate', whose: 'wrong-role', on: csc, times: null }],
  ['an element over another hash', 'kagura', { kind: 'wrong-hash', on: kagura, times: null }],
  ['an element that signs another document, and says so', 'kagura', { kind: 'modified-document', on: kagura, times: null }],
  ["an element under another doctor's certificate", 'kagura', { kind: 'wrong-certificate', whose: 'other-doctor', on: kagura, times: null }],
  ["an element under a pharmacist's certificate", 'kagura', { kind: 'wrong-certificate', whose: 'wrong-role', on: kagura, times: null }],
];

const endpoint = { csc, kagura };
/** Codes of the lines of the audit log by their event. */
const audited = (running: RunningAgent, event: string): readonly string[] => running.audit().filter((line) => line.event === event).map(({ result }) => result);

describe('a service that returns', () => {
  it.each(swaps)('%s (%s) gets nothing released: named, audited, the session over', async (_what, kind, fault) => {
    const running = await at.ready(kind);
    // The doctor's account and certificate are known from an honest signature.
    expect((await signRemotely(running)).status).toBe(201);
    at.arm(fault);
    const answer = await signRemotely(running, { documents: [prescription('rx-1'), prescription('rx-2')] }, { key: 'swapped' });
    expect([answer.status, codeOf(answer)]).toEqual([502, 'SIGNATURE_MISMATCH']);
    expect(answer.text).not.toContain('"xml"');
    expect(await sessionOf(running)).toMatchObject({ ready: false, state: 'not_authenticated', until: null });
    expect(audited(running, 'authentication.mismatch')).toEqual(['SIGNATURE_MISMATCH']);
    expect(audited(running, 'token.revoked')).toEqual(['ok']);
    expect(audited(running, 'signature.released')).toHaveLength(1);
    expect(await running.verifyAudit()).toMatchObject({ ok: true });

    // Nor is it released later: the same key brings the same refusal, and the service is asked to sign nothing again.
    at.service.control.disarm();
    const sent = at.service.calls.received(endpoint[kind]);
    expect(codeOf(await signRemotely(running, { documents: [prescription('rx-1'), prescription('rx-2')] }, { key: 'swapped' }))).toBe('SIGNATURE_MISMATCH');
    expect(at.service.calls.received(endpoint[kind])).toBe(sent);
  });

  it("another doctor's certificate in its list (csc) is sent no hash", async () => {
    const running = await at.ready('csc');
    expect((await signRemotely(running)).status).toBe(201);
    const sent = at.service.calls.received(csc);
    at.arm({ kind: 'wrong-certificate', whose: 'other-doctor', on: 'csc.credentials.list', times: null });
    expect(codeOf(await signRemotely(running))).toBe('AUTHENTICATED_OTHER_PERSON');
    expect(await sessionOf(running)).toMatchObject({ ready: false });
    expect(at.service.calls.received(csc)).toBe(sent);
  });

  it('a certificate whose role does not fit in its list (csc) is sent no hash', async () => {
    const running = await at.ready('csc');
    at.arm({ kind: 'wrong-certificate', whose: 'wrong-role', on: 'csc.credentials.list', times: null });
    expect(codeOf(await signRemotely(running))).toBe('ROLE_NOT_ALLOWED');
    expect(at.service.calls.received(csc)).toBe(0);
  });

  it('one wrong answer in a batch with `partial` releases not even the right ones before it', async () => {
    const running = await at.ready('kagura');
    at.arm({ kind: 'wrong-hash', on: kagura, after: 1 });
    const answer = await signRemotely(running, { documents: [prescription('rx-1'), prescription('rx-2'), prescription('rx-3')], partial: true });
    expect(codeOf(answer)).toBe('SIGNATURE_MISMATCH');
    expect(answer.text).not.toContain('"xml"');
    expect(at.service.calls.received(kagura)).toBe(2);
  });
});

it.each(['csc', 'kagura'] as const)('an honest service (%s) is not suspected', async (kind) => {
  const running = await at.ready(kind);
  const answer = await signRemotely(running);
  expect(answer.status).toBe(201);
  expect(xmlOf(answer).length).toBeGreaterThan(1000);
  expect(at.service.signing.made).toEqual({ doctor: 1 });
});
