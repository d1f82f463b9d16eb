import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { verifyAudit } from '../../../../src/agent/audit/audit-verifier.ts';
import { OtherVersionRuns } from '../../../../src/agent/control/control-client.ts';
import { resolveConfig } from '../../../../src/agent/config/resolve.ts';
import type { CheckResult, DiagnosedParts } from '../../../../src/agent/diagnostics/check.ts';
import { expiryWarningDays } from '../../../../src/agent/diagnostics/checks/card-checks.ts';
import type { SecretStore } from '../../../../src/agent/ports.ts';
import { version } from '../../../../src/contract/version.ts';
import type { NetworkErrorCode } from '../../../../src/contract/error-codes.ts';
import type { ServiceDiagnosis } from '../../../../src/agent/remote/network/diagnose-service.ts';
import { diagnose } from '../../../../src/agent/diagnostics/diagnose.ts';
import { dataDirectory } from '../../../../src/agent/storage/data-directory.ts';
import type { CardKind, CardStackState, ReaderState } from '../../../../src/native/host/card-host.ts';
import { createTestCa } from '../../../../src/sandbox/ca/test-ca.ts';
import { sandboxPeople } from '../../../../src/sandbox/sandbox-clinic.ts';

const day = 24 * 60 * 60 * 1000;
const portFile = { port: 17090, pid: 1, instance: 'i', publicKey: 'k', version };

let root: string;
let certificate: Uint8Array;
let notAfter: Date;
beforeAll(async () => {
  const issued = (await (await createTestCa()).issue(sandboxPeople.doctor)).certificate;
  certificate = issued.der;
  notAfter = issued.notAfter;
});
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'hpki-doctor-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** A machine on which all is well, but for what a test says. */
function parts(changed: Partial<DiagnosedParts> = {}): DiagnosedParts {
  return {
    now: new Date(),
    config: resolveConfig(undefined, undefined),
    policy: { state: 'none', place: '/etc/hpki-agent/policy.json' },
    data: dataDirectory(root),
    secrets: secretsIn('user-only-file'),
    login: { bootedAt: null, session: '3e7a' },
    cards: { service: 'running', readers: [ready()] },
    modules: [],
    installedModules: [],
    pkcs11Binding: 'built',
    processBits: 64,
    portFile,
    askHealth: () => Promise.resolve('ours'),
    portsFree: () => Promise.resolve([{ port: 17090, free: true, holder: null }]),
    anchors: [{ name: 'CN=Root', sha256: 'ab'.repeat(32), notAfter: new Date(Date.now() + 900 * day), known: true }],
    unreadableTrustFiles: [],
    verifyAudit: () => verifyAudit([]),
    services: () => Promise.resolve([]),
    ...changed,
  };
}

function secretsIn(protection: SecretStore['protection']): SecretStore {
  return { protection, get: () => Promise.resolve(undefined), set: () => Promise.resolve() };
}

const csc = { kind: 'csc', name: 'csc', issuer: 'https://sign.example', serviceUrl: 'https://sign.example/csc/v2', clientId: 'hpki-agent' };
const withProvider = (keepTokens: string): ReturnType<typeof resolveConfig> => resolveConfig({ remote: { providers: [csc], keepTokens } }, undefined);

function ready(): ReaderState {
  return { reader: 'Reader 1', state: 'ready', card: { reader: 'Reader 1', certificateSha256: 'cd'.repeat(32), certificate, chain: [], driver: 'direct' }, authentication: null };
}

function identity(kind: CardKind): ReaderState {
  return { reader: 'r', state: 'identity_card', authentication: { kind, reader: 'r', certificateSha256: 'ef'.repeat(32), certificate, driver: 'direct' } };
}

async function results(changed: Partial<DiagnosedParts>): Promise<readonly CheckResult[]> {
  const all: CheckResult[] = [];
  for await (const result of diagnose(parts(changed))) all.push(result);
  return all;
}

async function statusOf(id: string, changed: Partial<DiagnosedParts>): Promise<CheckResult['status'] | undefined> {
  const found = (await results(changed)).filter((result) => result.id === id);
  expect(found.length, `${id} once`).toBeLessThanOrEqual(1);
  return found[0]?.status;
}

const withReader = (state: ReaderState): Partial<DiagnosedParts> => ({ cards: { service: 'running', readers: [state] } });
const down = (code: 'NO_CARD_SERVICE' | 'CARD_MODULE_FAILED'): CardStackState => ({ service: 'unavailable', code, detail: 'why' });
const module = (found: boolean, bits: 32 | 64 | null): Partial<DiagnosedParts> => ({ modules: [{ path: '/opt/m.so', found, bits }] });
const refusedPolicy = { state: 'refused', place: '/etc/hpki-agent/policy.json', reason: { ja: '所有者', en: 'owner' } } as const;
const withoutDirect = resolveConfig({ cards: { direct: false } }, undefined);

const connection = { timings: { dns: 1, tcp: 2, proxyTls: null, connect: null, tls: 9 }, protocol: 'TLSv1.3', issuer: 'TEST CA', isLocalAuthority: false };
const throughProxy = { source: 'policy', proxy: 'proxy.example:3128' } as const;
const clientUntil = (days: number): ServiceDiagnosis['clientCertificate'] => ({ subject: 'CN=clinic', issuer: 'CN=CA', notAfter: new Date(Date.now() + days * day + 3600_000).toISOString() });
function reached(changed: Partial<ServiceDiagnosis>): Partial<DiagnosedParts> {
  const whole: ServiceDiagnosis = { host: 'sign.example:443', route: { source: 'policy', proxy: null }, connection, clientCertificate: null, answer: { status: 404, ms: 5, skewMs: 0 }, descriptions: [], failure: null, ...changed };
  return { services: () => Promise.resolve([whole]) };
}
const failed = (code: NetworkErrorCode, phase: NonNullable<ServiceDiagnosis['failure']>['phase'], hop: 'proxy' | 'service' = 'service'): Partial<DiagnosedParts> =>
  reached({ connection: null, answer: null, failure: { code, phase, hop, detail: { ja: '理由', en: 'why' } } });

/** Every check with each status that it can have: [id, status, how the machine is]. */
const cases: readonly (readonly [string, CheckResult['status'] | undefined, string, () => Partial<DiagnosedParts>])[] = [
  ['policy', 'ok', 'no policy', () => ({})],
  ['policy', 'ok', 'a policy that was read', () => ({ policy: { state: 'read', place: 'p', content: {} } })],
  ['policy', 'problem', 'a policy that others may write', () => ({ policy: refusedPolicy })],
  ['policy.setting', 'problem', 'a wrong value in the policy', () => ({ config: resolveConfig({ pin: 'never' }, undefined) })],
  ['policy.setting', 'problem', 'a setting that users may not change', () => ({ config: resolveConfig(undefined, { cards: {} }) })],
  ['storage.folder', 'ok', 'a folder that can be written', () => ({})],
  ['storage.folder', 'ok', 'a folder that the first start will make', () => ({ data: dataDirectory(path.join(root, 'a', 'b')) })],
  ['storage.folder', 'problem', 'a folder that cannot be made', () => ({ data: dataDirectory(path.join(import.meta.filename, 'data')) })],
  ['storage.secrets', 'ok', 'any store', () => ({})],
  ['audit', 'ok', 'no entries yet', () => ({})],
  ['audit', 'problem', 'an altered log', () => ({ verifyAudit: () => verifyAudit([{ number: 1, text: '{}', complete: true }]) })],
  ['audit', 'problem', 'a log that was deleted', () => ({ verifyAudit: () => verifyAudit([], [{ seq: 3, hash: 'x' }]) })],
  ['port', 'ok', 'an agent that answers', () => ({})],
  ['port', 'warning', 'an agent of another version', () => ({ portFile: { ...portFile, version: '0.0.9' } })],
  ['network', 'warning', 'a running agent of another version', () => ({ services: () => Promise.reject(new OtherVersionRuns('0.0.9')) })],
  ['port', 'problem', 'another program on its port', () => ({ askHealth: () => Promise.resolve('foreign') })],
  ['port', 'warning', 'an agent that does not run', () => ({ portFile: undefined })],
  ['port', 'warning', 'a port file left by a killed agent', () => ({ askHealth: () => Promise.resolve('silent') })],
  ['port', 'problem', 'no free port', () => ({ portFile: undefined, portsFree: () => Promise.resolve([{ port: 17090, free: false, holder: '/opt/other' }]) })],
  ['module', 'not_applicable', 'no module set', () => ({})],
  ['module.binding', 'ok', 'a module and its binding', () => module(true, 64)],
  ['module.binding', 'problem', 'a module without the binding', () => ({ ...module(true, 64), pkcs11Binding: 'missing' })],
  ['module.file', 'ok', 'a fitting module', () => module(true, 64)],
  ['module.file', 'problem', 'a module that is not there', () => module(false, null)],
  ['module.file', 'problem', 'a file that is no module', () => module(true, null)],
  ['module.file', 'problem', 'a module of another width', () => module(true, 32)],
  ['module.unlisted', 'not_applicable', 'an installed module beside the direct driver', () => ({ installedModules: ['/opt/v.so'] })],
  ['module.unlisted', 'warning', 'an installed module, and nothing else to sign by', () => ({ installedModules: ['/opt/v.so'], config: withoutDirect })],
  ['card.service', 'ok', 'a running service', () => ({})],
  ['card.service', 'not_applicable', 'cards switched off', () => ({ cards: null })],
  ['card.service', 'problem', 'no service', () => ({ cards: down('NO_CARD_SERVICE') })],
  ['card.service', 'problem', 'a module that has stopped', () => ({ cards: down('CARD_MODULE_FAILED') })],
  ['card.reader', 'ok', 'a reader', () => ({})],
  ['card.reader', 'problem', 'no reader', () => ({ cards: { service: 'running', readers: [] } })],
  ['card.present', 'ok', 'a card', () => ({})],
  ['card.present', 'ok', 'a card being read', () => withReader({ reader: 'r', state: 'reading' })],
  ['card.present', 'warning', 'an empty reader', () => withReader({ reader: 'r', state: 'empty' })],
  ['card.present', 'warning', 'a card that another program uses', () => withReader({ reader: 'r', state: 'in_use' })],
  ['card.present', 'problem', 'another card', () => withReader({ reader: 'r', state: 'unknown_card', reason: 'no AID' })],
  ['card.present', 'ok', 'a My Number card', () => withReader(identity('jpki'))],
  ['card.present', 'ok', 'an HPKI card for authentication only', () => withReader(identity('hpki'))],
  ['card.certificate', 'ok', 'a certificate with time left', () => ({})],
  ['card.certificate', 'warning', 'a certificate that ends soon', () => ({ now: new Date(notAfter.getTime() - expiryWarningDays * day) })],
  ['card.certificate', 'problem', 'a certificate that has ended', () => ({ now: new Date(notAfter.getTime() + day) })],
  ['card.certificate', 'problem', 'a certificate that has not begun', () => ({ now: new Date(0) })],
  ['network', 'not_applicable', 'no remote signing', () => ({})],
  ['network.route', 'ok', 'a direct way', () => reached({})],
  ['network.route', 'problem', 'no way configured', () => failed('NETWORK_NOT_CONFIGURED', null)],
  ['network.dns', 'problem', 'a name that is not known', () => failed('PROVIDER_UNREACHABLE', 'dns')],
  ['network.tcp', 'problem', 'a proxy that is down', () => failed('PROVIDER_UNREACHABLE', 'tcp', 'proxy')],
  ['network.tcp', 'ok', 'a proxy that answers', () => reached({ route: throughProxy })],
  ['network.proxy', 'ok', 'a proxy that lets it through', () => reached({ route: throughProxy })],
  ['network.proxy', 'problem', 'a proxy that wants a password', () => failed('PROXY_AUTH_REQUIRED', 'connect', 'proxy')],
  ['network.proxy', 'problem', 'a proxy that denies it', () => failed('PROXY_DENIED', 'connect', 'proxy')],
  ['network.tls', 'ok', 'a CA of the Web', () => reached({})],
  ['network.tls', 'warning', 'a CA that was added to this machine', () => reached({ connection: { ...connection, isLocalAuthority: true } })],
  ['network.tls', 'problem', 'an interception', () => failed('TLS_INTERCEPTED', 'tls')],
  ['network.certificate', 'not_applicable', 'no client certificate', () => reached({})],
  ['network.certificate', 'ok', 'a client certificate with time left', () => reached({ clientCertificate: clientUntil(61) })],
  ['network.certificate', 'warning', 'a client certificate that ends soon', () => reached({ clientCertificate: clientUntil(59) })],
  ['network.certificate', 'problem', 'a client certificate that has ended', () => reached({ clientCertificate: clientUntil(-1) })],
  ['network.certificate', 'problem', 'a client certificate that is refused', () => failed('TLS_CLIENT_CERT_REJECTED', 'tls')],
  ['network.service', 'ok', 'a service that answers 401', () => reached({ answer: { status: 401, ms: 5, skewMs: 0 } })],
  ['network.service', 'problem', 'a service that answers 503', () => reached({ answer: { status: 503, ms: 5, skewMs: 0 } })],
  ['network.service', 'problem', 'a service that does not answer', () => failed('PROVIDER_UNREACHABLE', 'http')],
  ['network.discovery', 'ok', 'a service that describes itself', () => reached({ descriptions: [{ address: 'https://sign.example', fault: null }] })],
  ['network.discovery', 'problem', 'a service that is not where policy looks for it', () => reached({ descriptions: [{ address: 'https://sign.example', fault: { code: 'PROVIDER_REFUSED', detail: { ja: '応答は404です。', en: 'The answer is 404.' } } }] })],
  ['network.clock', 'ok', 'a clock that is right', () => reached({ answer: { status: 200, ms: 5, skewMs: -30_000 } })],
  ['network.clock', 'warning', 'a clock that is off', () => reached({ answer: { status: 200, ms: 5, skewMs: 31_000 } })],
  ['network.clock', 'warning', 'a clock that is just tolerable', () => reached({ answer: { status: 200, ms: 5, skewMs: -300_000 } })],
  ['network.clock', 'problem', 'a clock by which nobody can authenticate', () => reached({ answer: { status: 200, ms: 5, skewMs: -301_000 } })],
  ['network.clock', undefined, 'a service that tells no time', () => reached({ answer: { status: 200, ms: 5, skewMs: null } })],
  ['network.proxy', undefined, 'a direct way', () => reached({})],
  ['remote.tokens', undefined, 'no remote signing', () => ({})],
  ['remote.tokens', 'ok', 'tokens in memory', () => ({ config: withProvider('memory') })],
  ['remote.tokens', 'ok', 'tokens sealed by a key store', () => ({ config: withProvider('sealed'), secrets: secretsIn('os-keychain') })],
  ['remote.tokens', 'warning', 'tokens that files would seal', () => ({ config: withProvider('sealed'), secrets: secretsIn('user-only-file') })],
  ['remote.tokens', 'warning', 'tokens that nothing can seal', () => ({ config: withProvider('sealed'), secrets: secretsIn('memory') })],
  ['remote.tokens', 'warning', 'tokens of a logon that cannot be told from the next', () => ({ config: withProvider('sealed'), secrets: secretsIn('os-keychain'), login: null })],
  ['anchors', 'ok', 'a known root', () => ({})],
  ['anchors', 'warning', 'no root', () => ({ anchors: [] })],
  ['anchors.file', 'problem', 'a file of policy that cannot be read', () => ({ unreadableTrustFiles: [{ file: '/etc/root.pem', why: 'ENOENT' }] })],
  ['anchors', 'problem', 'a root that has ended', () => ({ anchors: [{ name: 'CN=Root', sha256: 'ab'.repeat(32), notAfter: new Date(0), known: false }] })],
];

describe('doctor', () => {
  it.each(cases)('%s: %s with %s', async (id, status, _machine, changed) => {
    expect(await statusOf(id, changed())).toBe(status);
  });

  it.each<[NetworkErrorCode | 'PROVIDER_REFUSED', RegExp]>([
    ['PROVIDER_REFUSED', /^Compare the addresses/],
    ['SERVICE_SUSPENDED', /^Wait for the service/],
    ['PROXY_AUTH_REQUIRED', /proxy's credentials/],
  ])('network.discovery: what helps against %s', async (code, remedy) => {
    const [found] = (await results(reached({ descriptions: [{ address: 'https://sign.example', fault: { code, detail: null } }] }))).filter(({ id }) => id === 'network.discovery');
    expect(found?.remedy?.en).toMatch(remedy);
  });

  it('remote.tokens: tells the want of a key store from a logon that is not known', async () => {
    const details = async (protection: SecretStore['protection']): Promise<string | undefined> => {
      const found = await results({ config: withProvider('sealed'), secrets: secretsIn(protection), login: null });
      return found.find(({ id }) => id === 'remote.tokens')?.details.en;
    };
    expect(await details('user-only-file')).toMatch(/without the system's key store/);
    expect(await details('os-keychain')).toMatch(/Windows does not tell/);
  });

  it.runIf(process.platform !== 'win32')('storage.private: warns of a folder that others can read, and only then', async () => {
    expect(await statusOf('storage.private', {})).toBeUndefined();
    chmodSync(root, 0o755);
    expect(await statusOf('storage.private', {})).toBe('warning');
  });

  it('storage.files: names each file that is damaged, without a word of what it holds, and goes on', async () => {
    const { staffBindings, journal, clients, pinLedger } = dataDirectory(root);
    writeFileSync(staffBindings, '{"secret-of-a-patient');
    // SECURITY: whoever moved this one away would end the care that the agent takes with it.
    writeFileSync(pinLedger, '{');
    writeFileSync(journal, '{"type":"recipe"}\nsecret-of-a-patient\n');
    writeFileSync(clients, '[]');
    const found = (await results({})).filter(({ id }) => id === 'storage.files');
    expect(found.map(({ status, details }) => [status, details.en])).toEqual([
      ['problem', `Cannot be read: ${staffBindings} (JSON)`],
      ['problem', `Cannot be read: ${journal} (JSON)`],
    ]);
    expect(JSON.stringify(found)).not.toContain('secret-of');
    expect(found.map(({ remedy }) => remedy?.en.includes('even the same key makes a new signature'))).toEqual([false, true]);
  });

  it('storage.files: a file that may not be read is not moved away', async () => {
    mkdirSync(dataDirectory(root).clients);
    const [found] = (await results({})).filter(({ id }) => id === 'storage.files');
    expect(found).toMatchObject({ details: { en: expect.stringContaining('EISDIR') as unknown }, remedy: { en: 'Check who may read the file, and the disk.' } });
  });

  it('audit: a log that cannot be read is a problem, not the end of the diagnosis', async () => {
    const all = await results({ verifyAudit: () => Promise.reject(Object.assign(new Error('x'), { code: 'EISDIR' })) });
    expect(all.find(({ id }) => id === 'audit')).toMatchObject({ status: 'problem', details: { en: 'The audit log cannot be read (EISDIR).' } });
    expect(all.at(-1)?.id).toBe('network');
  });

  it('says where the PIN is entered where the reader takes it itself', async () => {
    const details = async (keypad: boolean): Promise<string | undefined> => {
      const place = ready();
      if (place.state !== 'ready') throw new Error('not ready');
      const card = keypad ? { ...place.card, keypad: true as const } : place.card;
      return (await results(withReader({ ...place, card }))).find(({ id }) => id === 'card.present')?.details.ja;
    };
    expect([await details(false), await details(true)]).toEqual(['読み取れました（直接）', '読み取れました（直接、PINはリーダーのキーで入力）']);
  });

  it('does not warn of an empty reader beside one with a card', async () => {
    const all = await results({ cards: { service: 'running', readers: [{ reader: 'r', state: 'empty' }, ready()] } });
    expect(all.filter(({ id }) => id === 'card.present').map(({ status }) => status)).toEqual(['not_applicable', 'ok']);
  });

  it('says what to do wherever something is wrong, in both languages, and nothing where all is well', async () => {
    for (const [, , machine, changed] of cases) {
      for (const result of await results(changed())) {
        const { status, remedy, title, details } = result;
        if (status === 'ok') expect(remedy, machine).toBeNull();
        if (status === 'problem' || status === 'warning') expect(remedy, machine).not.toBeNull();
        for (const text of [title, details, remedy]) if (text !== null) expect([text.ja, text.en].every((words) => words.trim() !== '')).toBe(true);
        if (remedy !== null) expect(remedy.ja).toMatch(/。$/);
      }
    }
  });

  it('looks in the order in which a person would', async () => {
    expect((await results({})).map(({ id }) => id)).toEqual([
      'policy', 'storage.folder', 'storage.secrets', 'audit', 'port', 'module', 'card.service', 'card.reader', 'card.present', 'card.certificate', 'anchors', 'network',
    ]);
  });
});
