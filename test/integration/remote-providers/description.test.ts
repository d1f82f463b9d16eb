/** What the diagnosis asks of a service whose connection stands: whether it is the one that policy describes. */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { providerSettings } from '../../../src/agent/config/remote-settings.ts';
import { settingsSchema } from '../../../src/agent/config/settings.ts';
import { diagnoseServices } from '../../../src/agent/diagnostics/look-at-services.ts';
import type { ServiceFetch } from '../../../src/agent/remote/network/service-fetch.ts';
import { addressesOf } from '../../../src/agent/remote/providers/create-providers.ts';
import { describeProvider, type SelfDescription } from '../../../src/agent/remote/providers/describe-provider.ts';
import { systemClock } from '../../../src/agent/system-clock.ts';
import type { RemoteService } from '../../../src/sandbox/remote/remote-service.ts';
import { startRemoteService } from '../../../src/sandbox/remote/start-remote-service.ts';
import { cscSettings, kaguraSettings, networkTo, openNetwork } from '../../support/remote-provider-desk.ts';

let service: RemoteService;
let fetchFor: (addresses: readonly string[]) => ServiceFetch;
let close: () => void;
/** What a test changes in the service's answers, by the end of the address. */
let changed: { readonly at: string; readonly to: (body: Record<string, unknown>) => unknown } | null = null;

beforeAll(async () => {
  service = await startRemoteService({});
  const changing = (plain: ServiceFetch): ServiceFetch => async (address, init) => {
    const answer = await plain(address, init);
    if (changed === null || !String(address).endsWith(changed.at)) return answer;
    return Response.json(changed.to((await answer.json()) as Record<string, unknown>));
  };
  const network = await networkTo(service, changing);
  fetchFor = (addresses) => network.fetchFor(addresses);
  close = () => network.close();
});
afterEach(() => {
  changed = null;
  service.control.disarm();
});
afterAll(async () => {
  close();
  await service.close();
});

function describe(settings: Readonly<Record<string, unknown>>, signal: AbortSignal, patienceMs?: number): Promise<readonly SelfDescription[]> {
  const provider = providerSettings.parse(settings);
  return describeProvider(provider, () => true, fetchFor(addressesOf(provider)), signal, patienceMs);
}

async function faults(settings: Readonly<Record<string, unknown>>): Promise<readonly (string | null)[]> {
  const found = await describe(settings, new AbortController().signal);
  return found.map(({ fault }) => fault?.detail?.en ?? null);
}

it('is all there for the sandbox, of either kind', async () => {
  expect(await faults(cscSettings(service))).toEqual([null, null]);
  expect(await faults(kaguraSettings(service))).toEqual([null]);
  expect(await faults({ ...kaguraSettings(service), jwksUrl: null })).toEqual([]);
  expect(service.calls.received('csc.info')).toBe(1);
});

it.each([
  ['an issuer that is not there', { issuer: '/elsewhere' }, ['The service answered 404.', null]],
  ['an API that is not there', { serviceUrl: '/csc/v9' }, [null, 'The answer is 404.']],
])('names %s', async (_what, paths, expected) => {
  const settings = cscSettings(service);
  const origin = service.addresses.csc.issuer;
  const moved = Object.fromEntries(Object.entries(paths).map(([key, path]) => [key, `${new URL(origin).origin}${path}`]));
  expect(await faults({ ...settings, ...moved })).toEqual(expected);
});

it('names keys that are not there', async () => {
  expect(await faults({ ...kaguraSettings(service), jwksUrl: `${new URL(service.addresses.kagura.keys).origin}/nothing` })).toEqual(['The answer is 404.']);
});

it('names what a service lacks', async () => {
  changed = { at: '/info', to: (body) => ({ ...body, methods: ['info', 'credentials/list', 'credentials/info', 'credentials/authorize'] }) };
  expect(await faults(cscSettings(service))).toEqual([null, 'It has no signatures/signHash.']);
  changed = { at: '/info', to: (body) => ({ ...body, specs: '1.0.4.0' }) };
  expect(await faults(cscSettings(service))).toEqual([null, 'It speaks CSC API 1.0.4.0; 2.0 is needed.']);
  changed = { at: '/oauth-authorization-server', to: (body) => ({ ...body, device_authorization_endpoint: undefined }) };
  expect(await faults(cscSettings(service))).toEqual(['It has no device_authorization_endpoint.', null]);
  expect(await faults({ ...cscSettings(service), methods: ['hpki-card'] })).toEqual([null, null]);
});

it('names an issuer that is another one: nobody has refused a login', async () => {
  changed = { at: '/oauth-authorization-server', to: (body) => ({ ...body, issuer: 'https://other.example' }) };
  expect(await faults(cscSettings(service))).toEqual([expect.stringContaining('does not describe itself'), null]);
});

it.each(['oauth.discovery', 'csc.info'])('says that a service is busy at %s: what policy says may be right', async (endpoint) => {
  service.control.arm({ kind: 'status', status: 503, on: endpoint, times: null });
  const found = await describe(cscSettings(service), new AbortController().signal);
  expect(found.flatMap(({ fault }) => fault ?? [])).toEqual([expect.objectContaining({ code: 'SERVICE_SUSPENDED', detail: expect.objectContaining({ en: expect.stringMatching(/down or too busy/) as string }) as object })]);
});

it.each([
  ['oauth.discovery', ['PROVIDER_UNREACHABLE', null]],
  ['csc.info', [null, 'PROVIDER_UNREACHABLE']],
])('tells of %s that does not answer, and of the other address all the same', async (endpoint, expected) => {
  service.control.arm({ kind: 'half-open', on: endpoint, times: null });
  const found = await describe(cscSettings(service), new AbortController().signal, 5000);
  expect(found.map(({ fault }) => fault?.code ?? null)).toEqual(expected);
});

it('ends with whoever asked', async () => {
  service.control.arm({ kind: 'half-open', on: 'csc.info', times: null });
  const caller = new AbortController();
  const asked = describe(cscSettings(service), caller.signal);
  caller.abort(new Error('the person has left'));
  await expect(asked).rejects.toThrow('the person has left');
});

it('holds no call back that comes after it, whatever it met, and asks where they are held back', async () => {
  const opened = await openNetwork(service);
  const { network } = opened;
  const remote = { ...settingsSchema.parse({}).remote, providers: [providerSettings.parse(cscSettings(service))] };
  const codes = async (): Promise<readonly unknown[]> => {
    const [found] = await diagnoseServices({ network, settings: { remote }, address: null, clock: systemClock, signal: new AbortController().signal });
    return found?.descriptions.map(({ fault }) => fault?.code ?? null) ?? [];
  };
  const { base } = service.addresses.csc;
  const ask = (): Promise<Response> => network.fetchFor([base])(`${base}/info`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
  try {
    service.control.arm({ kind: 'status', status: 503, retryAfter: 600, on: 'csc.info', times: null });
    expect(await codes()).toEqual([null, 'SERVICE_SUSPENDED']);
    expect((await ask()).status).toBe(503);
    service.control.disarm();
    await expect(ask()).rejects.toMatchObject({ code: 'SERVICE_SUSPENDED' });
    expect(await codes()).toEqual([null, null]);
  } finally {
    opened.close();
  }
});

it('asks each address once, where it is', async () => {
  const opened = await openNetwork(service);
  try {
    const settings = { ...cscSettings(service), issuer: service.addresses.csc.issuer.replace('localhost', '127.0.0.1') };
    const remote = { ...settingsSchema.parse({}).remote, providers: [providerSettings.parse(settings)] };
    const asked = service.calls.received('csc.info');
    const found = await diagnoseServices({ network: opened.network, settings: { remote }, address: null, clock: systemClock, signal: new AbortController().signal });
    const { base } = service.addresses.csc;
    expect(found.map(({ descriptions }) => descriptions.map(({ address }) => address))).toEqual([[settings.issuer], [`${base}/info`]]);
    expect(service.calls.received('csc.info') - asked).toBe(1);
  } finally {
    opened.close();
  }
});
