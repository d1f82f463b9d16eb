import { spawn, spawnSync } from 'node:child_process';
import { createHash, verify, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { CardHost, CardStackState, PinEntry } from '../../src/native/host/card-host.ts';
import { forkChild, type ChildChannel } from '../../src/native/host/child-channel.ts';
import { createMemoryPinLedger, type PinLedger } from '../../src/native/host/pin-ledger.ts';
import { startCardHost, type StartCardHostOptions } from '../../src/native/host/process-card-host.ts';
import { cardHostProcesses } from '../support/card-host-processes.ts';
import { stateWhere } from '../support/card-states.ts';
import { describeWith } from '../support/machine.ts';
import { signRepeatedly } from '../support/pkcs11-shim/sign-repeatedly.ts';
import {
  buildTestModule,
  makeTempDir,
  provisionDoctor,
  testPin,
  type ProvisionedDoctor,
  type TestModule,
} from '../support/pkcs11-shim/test-module.ts';

const document = Buffer.from('an electronic prescription');
const hash = createHash('sha256').update(document).digest();
const wrongPin = '0000';

/** Everything runs through real processes: the host's own, the module in it, SoftHSM below. */
describeWith(['softhsm2', 'gcc'], 'the card host with a PKCS#11 module', () => {
  let dir: string;
  let plain: ProvisionedDoctor;
  let perSignature: ProvisionedDoctor;
  let module: TestModule;
  let ledger: PinLedger;
  let children: ChildChannel[];
  const hosts: CardHost[] = [];

  beforeAll(async () => {
    dir = makeTempDir();
    [plain, perSignature] = await Promise.all([
      provisionDoctor(join(dir, 'plain'), { alwaysAuthenticate: false }),
      provisionDoctor(join(dir, 'per-signature'), { alwaysAuthenticate: true }),
    ]);
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  beforeEach(() => {
    module = buildTestModule(join(dir, 'plain'), plain.softHsm);
    module.control({});
    module.forget();
    ledger = createMemoryPinLedger();
    children = [];
  });
  afterEach(async () => {
    module.control({});
    await Promise.all(hosts.splice(0).map((host) => host.close()));
  });

  function start(options: Partial<StartCardHostOptions> = {}): CardHost {
    const host = startCardHost({
      stack: { kind: 'pkcs11', module: { path: module.path, environment: module.environment, pollMs: 50 } },
      ledger,
      spawn: (entry, environment) => {
        const child = forkChild(entry, environment);
        children.push(child);
        return child;
      },
      ...options,
    });
    hosts.push(host);
    return host;
  }

  const entry = (pin: string, more: Partial<PinEntry> = {}): PinEntry => ({
    certificateSha256: plain.certificateSha256,
    pin: Buffer.from(pin),
    maxSignatures: 1,
    lifetimeMs: 60_000,
    spendLastTries: false,
    ...more,
  });

  const signOnce = async (host: CardHost, pin = testPin, more: Partial<PinEntry> = {}) =>
    host.sign(await host.holdPin(entry(pin, more)), hash);

  const isGood = (signature: Uint8Array, doctor: ProvisionedDoctor) =>
    verify('sha256', document, new X509Certificate(doctor.certificate).publicKey, signature);

  const isReady = (state: CardStackState) => state.service === 'running' && state.readers.some((reader) => reader.state === 'ready');

  /** A new process takes a second and more on a busy machine. */
  const ready = (host: CardHost) => expect.poll(() => isReady(host.state())).toBe(true);

  async function started(options: Partial<StartCardHostOptions> = {}): Promise<CardHost> {
    const host = start(options);
    await ready(host);
    return host;
  }

  it('signs on SoftHSM itself, with a key that wants the PIN before each signature', async () => {
    const { softHsm } = perSignature;
    const host = await started({
      stack: { kind: 'pkcs11', module: { path: softHsm.modulePath, environment: softHsm.environment, login: softHsm.login } },
    });
    const session = await host.holdPin(entry(testPin, { certificateSha256: perSignature.certificateSha256, maxSignatures: 2 }));
    expect(isGood(await host.sign(session, hash), perSignature)).toBe(true);
    expect(isGood(await host.sign(session, hash), perSignature)).toBe(true);
  });

  it('keeps to the 21 functions, initializes with NULL, and logs in once per signature', async () => {
    module.control({ drop_login: 1 });
    const host = await started();
    const session = await host.holdPin(entry(testPin, { maxSignatures: 3 }));
    for (let i = 0; i < 3; i++) expect(isGood(await host.sign(session, hash), plain)).toBe(true);
    expect(module.presentations()).toEqual(['login user accepted', 'login user accepted', 'login user accepted']);
    expect(module.violations()).toEqual([]);
    expect(module.events()).toContain('initialize null');
    expect(module.events()).not.toContain('initialize zero');
  });

  it('runs in the program\'s own folder, without the flags of Node that the agent has', async () => {
    const before = process.env['NODE_OPTIONS'];
    process.env['NODE_OPTIONS'] = '--no-deprecation';
    try {
      const [known, host] = [new Set(cardHostProcesses()), await started()];
      const [pid] = cardHostProcesses().filter((one) => !known.has(one));
      expect(isReady(host.state())).toBe(true);
      expect(readlinkSync(`/proc/${pid}/cwd`)).toBe(dirname(process.execPath));
      expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[1]).toMatch(/card-host-process\.ts$/);
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
      expect(environment.some((variable) => variable.startsWith('PATH='))).toBe(true);
      expect(environment.filter((variable) => variable.startsWith('NODE_OPTIONS='))).toEqual([]);
    } finally {
      if (before === undefined) delete process.env['NODE_OPTIONS'];
      else process.env['NODE_OPTIONS'] = before;
    }
  });

  it('logs in for the context only where the profile says so', async () => {
    const shim = buildTestModule(join(dir, 'per-signature'), perSignature.softHsm);
    shim.control({});
    const host = await started({
      stack: { kind: 'pkcs11', module: { path: shim.path, environment: shim.environment, login: 'context-specific' } },
    });
    const signature = await signOnce(host, testPin, { certificateSha256: perSignature.certificateSha256 });
    expect(isGood(signature, perSignature)).toBe(true);
    expect(shim.presentations()).toEqual(['login user accepted', 'login context accepted']);
    expect(shim.violations()).toEqual([]);
  });

  it('presents a wrong PIN exactly once', async () => {
    const host = await started();
    const session = await host.holdPin(entry(wrongPin, { maxSignatures: 3 }));
    await expect(host.sign(session, hash)).rejects.toMatchObject({ code: 'PIN_INCORRECT', triesLeft: 'unknown' });
    await expect(host.sign(session, hash)).rejects.toMatchObject({ code: 'PIN_SESSION_ENDED' });
    expect(module.presentations()).toEqual(['login user refused']);
    expect(await host.pinTries(plain.certificateSha256)).toEqual({ triesLeft: 'unknown', failuresSeen: 1, consentNeeded: false });
  });

  // Threats row 16 (fortify #543): CKR_USER_ALREADY_LOGGED_IN was taken for "the PIN is right".
  it.each([
    ['and the module says so', {}],
    ['and the module hides it', { lie_session: 1 }],
  ])('wrong PIN while already logged in is refused, %s', async (_, lie) => {
    module.control({ logged_in: testPin, ...lie });
    const host = await started();
    await expect(signOnce(host, wrongPin)).rejects.toMatchObject({ code: 'PIN_INCORRECT' });
    expect(module.presentations().filter((event) => event !== 'login user already')).toEqual(['login user refused']);
    expect(module.events()).not.toContain('signed');
  });

  it('refuses to sign with a module that cannot be logged out: it could not check any PIN', async () => {
    module.control({ logged_in: testPin, no_logout: 1 });
    const host = await started();
    await expect(signOnce(host, wrongPin)).rejects.toMatchObject({ code: 'CARD_MODULE_FAILED' });
    await expect(signOnce(host, testPin)).rejects.toMatchObject({ code: 'CARD_MODULE_FAILED' });
    expect(module.events()).not.toContain('signed');
  });

  it.each(['C_Login', 'C_Sign'])('survives a module that crashes in %s: a named error, a new process, the next signature', async (where) => {
    const host = await started();
    module.control({ crash: where });
    await expect(signOnce(host)).rejects.toMatchObject({ code: 'CARD_MODULE_FAILED', message: expect.stringContaining('SIGABRT') as string });
    module.control({});
    // The PIN was out and nobody knows the verdict: it counts as a spent try.
    expect((await host.pinTries(plain.certificateSha256)).failuresSeen).toBe(1);
    expect(isGood(await signOnce(host), plain)).toBe(true);
    expect((await host.pinTries(plain.certificateSha256)).failuresSeen).toBe(0);
  });

  it.each(['C_Login', 'C_Sign'])('kills a module that hangs in %s when its time is over', async (where) => {
    const host = await started({ deadlines: { sign: 2_000 } });
    module.control({ hang: where });
    await expect(signOnce(host)).rejects.toMatchObject({ code: 'CARD_MODULE_FAILED', message: expect.stringContaining('within 2000 ms') as string });
    module.control({});
    await ready(host);
    expect(isGood(await signOnce(host), plain)).toBe(true);
  });

  it('notices by a sign of life that an idle module hangs', async () => {
    const host = await started({ deadlines: { heartbeat: 100, card: 2_000 } });
    module.control({ hang: 'C_GetSlotList' });
    await expect.poll(() => host.state().service).toBe('unavailable');
    module.control({});
    await ready(host);
    expect(children.length).toBeGreaterThan(1);
  });

  it('gives up by name after repeated crashes, and works again when a person asks', async () => {
    module.control({ crash: 'C_GetSlotList' });
    const host = start();
    await expect.poll(() => host.state()).toMatchObject({ code: 'CARD_MODULE_FAILED', detail: expect.stringContaining('given up') as string });
    expect(children).toHaveLength(4);
    await expect(host.pinTries(plain.certificateSha256)).rejects.toMatchObject({ code: 'CARD_MODULE_FAILED' });
    expect(children).toHaveLength(4);
    module.control({});
    await host.revive();
    expect(isGood(await signOnce(host), plain)).toBe(true);
  });

  it('shows a card that leaves and comes back, without a restart', async () => {
    const host = await started();
    const session = await host.holdPin(entry(testPin, { maxSignatures: 9 }));
    await host.sign(session, hash);
    module.control({ removed: 1 });
    await expect.poll(() => host.state()).toMatchObject({ service: 'running', readers: [{ state: 'empty' }] });
    await expect(host.sign(session, hash)).rejects.toMatchObject({ code: 'CARD_REMOVED' });
    await expect(host.holdPin(entry(testPin))).rejects.toMatchObject({ code: 'NO_CARD' });
    module.control({});
    await ready(host);
    expect(isGood(await signOnce(host), plain)).toBe(true);
  });

  it.each([
    ['CKR_DEVICE_REMOVED', 50],
    ['CKR_TOKEN_NOT_PRESENT', 224],
    ['CKR_DEVICE_ERROR', 48],
  ])('calls %s in the middle of a signature a removed card, and goes on afterwards', async (_, value) => {
    const host = await started();
    module.control({ answer: 'C_Sign', answer_value: value });
    await expect(signOnce(host)).rejects.toMatchObject({ code: 'CARD_REMOVED' });
    module.control({});
    await ready(host);
    expect(isGood(await signOnce(host), plain)).toBe(true);
  });

  it('does not believe the flags about the last try, whichever way they lie', async () => {
    module.control({ lie_final_try: 1 });
    const host = await started();
    expect(await host.pinTries(plain.certificateSha256)).toEqual({ triesLeft: 'unknown', failuresSeen: 0, consentNeeded: false });
    expect(isGood(await signOnce(host), plain)).toBe(true);
  });

  it('spends the third try only with consent, and says when the card is locked', async () => {
    module.control({ max_tries: 3 });
    const host = await started();
    await expect(signOnce(host, wrongPin)).rejects.toMatchObject({ code: 'PIN_INCORRECT' });
    await expect(signOnce(host, wrongPin)).rejects.toMatchObject({ code: 'PIN_INCORRECT' });
    await expect(signOnce(host, wrongPin)).rejects.toMatchObject({ code: 'PIN_CONSENT_NEEDED' });
    expect(module.presentations()).toHaveLength(2);
    await expect(signOnce(host, wrongPin, { spendLastTries: true })).rejects.toMatchObject({ code: 'PIN_INCORRECT' });
    await expect(signOnce(host, testPin, { spendLastTries: true })).rejects.toMatchObject({ code: 'PIN_LOCKED', triesLeft: 0 });
  });

  it('replaces the process when its PIN session is over, and the readers stay as shown', async () => {
    const host = await started();
    const seen: CardStackState[] = [];
    host.subscribe((state) => seen.push(state));
    await signOnce(host);
    await expect.poll(() => children.length).toBe(2);
    expect(isGood(await signOnce(host), plain)).toBe(true);
    await expect.poll(() => children.length).toBe(3);
    expect(seen.filter((state) => !isReady(state))).toEqual([]);
    // Not counted as failures: four more would have used up the budget.
    for (let i = 0; i < 4; i++) await signOnce(host);
    expect(isReady(host.state())).toBe(true);
  });

  it('does not replace a process that already holds the next PIN', async () => {
    const host = await started();
    const [first, second] = [await host.holdPin(entry(testPin)), await host.holdPin(entry(testPin))];
    await host.sign(first, hash);
    expect(isGood(await host.sign(second, hash), plain)).toBe(true);
  });

  it('lets nothing that a module prints through, least of all the PIN', () => {
    module.control({ noisy: 1 });
    const script = fileURLToPath(new URL('../support/pkcs11-shim/print-nothing.ts', import.meta.url));
    const run = (pin: string): string => {
      const options = [script, module.path, plain.certificateSha256, pin, JSON.stringify(module.environment)];
      const { stdout, stderr } = spawnSync(process.execPath, options, { encoding: 'utf8' });
      return stdout + stderr;
    };
    const right = run(testPin);
    expect(right).toMatch(/^256 PIN_INCORRECT/);
    const canary = 'Canary-7391';
    const wrong = run(canary);
    expect(wrong).toContain('PIN_INCORRECT');
    for (const output of [right, wrong]) {
      expect(output).not.toContain(testPin);
      expect(output).not.toContain(canary);
      expect(output).not.toContain('talks and talks');
    }
  });

  it('ends with the agent, even while a module hangs with the PIN in its hands', async () => {
    module.control({ hang: 'C_Sign' });
    const entry = fileURLToPath(new URL('../support/pkcs11-shim/sign-and-wait.ts', import.meta.url));
    const agent = spawn(process.execPath, [entry, module.path, plain.certificateSha256, testPin, JSON.stringify(module.environment)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [said] = (await once(agent.stdout.setEncoding('utf8'), 'data')) as [string];
    const cardHost = Number(said);
    await expect.poll(() => module.events()).toContain('call C_Sign');
    expect(isAlive(cardHost)).toBe(true);
    agent.kill('SIGKILL');
    await expect.poll(() => isAlive(cardHost)).toBe(false);
  });

  it('opens as many sessions as it closes, over 300 signatures', async () => {
    const host = await started();
    module.forget();
    await signRepeatedly(host, plain.certificateSha256, testPin, 300, 100);
    const count = (event: string) => module.events().filter((one) => one === event).length;
    expect(count('signed')).toBe(300);
    expect(count('call C_CloseSession')).toBe(count('call C_OpenSession'));
    expect(count('login user accepted')).toBe(300);
  }, 120_000);

  // Threats row 21 (CVE-2023-38408).
  it.each([
    ['a relative path', 'softhsm/libsofthsm2.so', 'absolute'],
    ['a bare name that a search path would find', 'libsofthsm2.so', 'absolute'],
    ['a path that does not exist', '/nowhere/HpkiSigP11.so', 'no such file'],
    ['a folder', '/usr/lib', 'no such file'],
  ])('refuses %s as a module, without starting again', async (_, path, why) => {
    const host = start({ stack: { kind: 'pkcs11', module: { path } } });
    await expect(host.revive()).rejects.toMatchObject({ code: 'CARD_MODULE_FAILED', message: expect.stringContaining(why) as string });
    expect(host.state()).toMatchObject({ service: 'unavailable', code: 'CARD_MODULE_FAILED' });
    expect(children).toHaveLength(1);
  });

  it('refuses a file that is no program library, before it is loaded', async () => {
    const path = join(dir, 'planted.so');
    writeFileSync(path, '#!/bin/sh\necho planted\n'.repeat(10));
    const host = start({ stack: { kind: 'pkcs11', module: { path } } });
    await expect(host.revive()).rejects.toMatchObject({ message: expect.stringContaining('no program library') as string });
  });

  it('has the PIN entered on the reader where the token says so, by C_Login(NULL), and needs no new process', async () => {
    module.control({ keypad: testPin });
    const host = start();
    const card = await keypadCard(host);
    expect(card.keypad).toBe(true);
    const session = await host.holdPin(entry('', { pin: 'keypad', maxSignatures: 2 }));
    for (let n = 0; n < 2; n += 1) expect(holds(await host.sign(session, hash))).toBe(true);
    expect(module.presentations()).toEqual(['login user accepted', 'login user accepted']);
    expect(module.events().filter((event) => event === 'keypad waits')).toHaveLength(2);
    expect(module.violations()).toEqual([]);
    expect(children).toHaveLength(1);
  });

  it('tells Cancel on the reader from a wrong PIN there', async () => {
    module.control({ keypad: 'cancel' });
    const host = start();
    await keypadCard(host);
    const byKeypad = async () => host.sign(await host.holdPin(entry('', { pin: 'keypad' })), hash);
    await expect(byKeypad()).rejects.toMatchObject({ code: 'KEYPAD_CANCELLED' });
    // No counter confirms the module's word: on the safe side.
    expect(await ledger.load(plain.certificateSha256)).toEqual({ failures: 1, inFlight: false });
    module.control({ keypad: wrongPin });
    await expect(byKeypad()).rejects.toMatchObject({ code: 'PIN_INCORRECT' });
    expect(await ledger.load(plain.certificateSha256)).toEqual({ failures: 2, inFlight: false });
    expect(module.presentations()).toEqual(['login user refused']);
  });

  it('makes no signature from a PIN that is entered after the session was ended', async () => {
    module.control({ keypad: testPin, keypad_waits: 1 });
    const host = start();
    await keypadCard(host);
    const session = await host.holdPin(entry('', { pin: 'keypad' }));
    const failed = expect(host.sign(session, hash)).rejects.toMatchObject({ code: 'PIN_SESSION_ENDED' });
    await expect.poll(() => module.events()).toContain('keypad waits');
    const ended = host.endPinSession(session);
    module.control({ keypad: testPin });
    await Promise.all([failed, ended]);
    expect(module.presentations()).toEqual(['login user accepted']);
    expect(module.events()).not.toContain('signed');
    expect(module.events().at(-1)).not.toBe('login user accepted');
  });

  const holds = (signature: Uint8Array): boolean => verify('sha256', document, new X509Certificate(plain.certificate).publicKey, signature);

  async function keypadCard(host: CardHost) {
    const state = await stateWhere(host, (state) => state.service === 'running' && state.readers.some((reader) => reader.state === 'ready'), 20_000);
    const place = state.service === 'running' ? state.readers.find((reader) => reader.state === 'ready') : undefined;
    if (place?.state !== 'ready') throw new Error('no card');
    return place.card;
  }
});

/** Neither gone nor a zombie that nobody has waited for. */
function isAlive(pid: number): boolean {
  const status = `/proc/${pid}/status`;
  return existsSync(status) && !/^State:\tZ/m.test(readFileSync(status, 'utf8'));
}
