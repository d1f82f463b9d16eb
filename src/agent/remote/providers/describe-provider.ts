import { z } from 'zod';
import { ProblemError, type Problem } from '../../../contract/problem.ts';
import type { Bilingual } from '../../../formats/bilingual.ts';
import type { CscSettings, ProviderSettings } from '../../config/remote-settings.ts';
import type { ServiceFetch } from '../network/service-fetch.ts';
import { isSuspension, suspendedService } from './suspended-service.ts';

/** What a service says of itself at one address, as far as logins and signatures need it. */
export interface SelfDescription {
  readonly address: string;
  /** Null where everything is there. PROVIDER_REFUSED: it is not what policy describes. */
  readonly fault: Problem | null;
}

/** How long a service may take to describe itself at one address, in milliseconds. */
const usualPatienceMs = 30_000;

/**
 * Asks a service for what needs nobody's token: discovery and `info`, or the keys of its ID tokens; of these the addresses
 * that `isAsked` picks. One that fails or does not answer takes nothing from the others. Throws the signal's reason.
 */
export function describeProvider(
  provider: ProviderSettings,
  isAsked: (address: string) => boolean,
  fetch: ServiceFetch,
  signal: AbortSignal,
  patienceMs: number = usualPatienceMs,
): Promise<readonly SelfDescription[]> {
  const asked = looksAt(provider).filter(({ address }) => isAsked(address));
  return Promise.all(asked.map((look) => finding(look, fetch, signal, patienceMs)));
}

interface Look {
  readonly address: string;
  readonly look: (ask: ServiceFetch) => Promise<Bilingual | null>;
}

function looksAt(provider: ProviderSettings): readonly Look[] {
  if (provider.kind === 'csc') {
    const info = `${provider.serviceUrl.replace(/\/$/, '')}/info`;
    return [
      { address: provider.issuer, look: (ask) => lookAtServer(provider, ask) },
      { address: info, look: (ask) => lookAtApi(info, ask) },
    ];
  }
  const { jwksUrl } = provider;
  return jwksUrl === null ? [] : [{ address: jwksUrl, look: (ask) => lookAtKeys(jwksUrl, ask) }];
}

async function finding({ address, look }: Look, fetch: ServiceFetch, signal: AbortSignal, patienceMs: number): Promise<SelfDescription> {
  const late = AbortSignal.timeout(patienceMs);
  const either = AbortSignal.any([signal, late]);
  try {
    const fault = await look((asked, init) => fetch(asked, { ...init, signal: either, repeatable: true }));
    return { address, fault: fault === null ? null : { code: 'PROVIDER_REFUSED', detail: fault } };
  } catch (error) {
    signal.throwIfAborted();
    if (late.aborted) return { address, fault: { code: 'PROVIDER_UNREACHABLE', detail: noAnswer } };
    if (error instanceof ProblemError) return { address, fault: error.problem };
    throw error;
  }
}

/** RFC 8414; RFC 8628 §4 for phones. */
async function lookAtServer(settings: CscSettings, ask: ServiceFetch): Promise<Bilingual | null> {
  const { discoverServer } = await import('./csc/discover-server.ts');
  const { token_endpoint: token, device_authorization_endpoint: device } = await discoverServer(settings, ask);
  if (token === undefined) return lacks('token_endpoint');
  return settings.methods.includes('smartphone') && device === undefined ? lacks('device_authorization_endpoint') : null;
}

const needed = ['credentials/list', 'credentials/info', 'credentials/authorize', 'signatures/signHash'];
const info = z.object({ specs: z.string(), methods: z.array(z.string()) });

/** CSC API v2 §11.1. */
async function lookAtApi(address: string, ask: ServiceFetch): Promise<Bilingual | null> {
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  const answer = await json(await ask(address, { method: 'POST', headers, body: '{}' }), info);
  if (!answer.success) return answer.fault;
  const { specs, methods } = answer.data;
  if (!specs.startsWith('2.')) return { ja: `CSC APIの版が違います（${specs.slice(0, 16)}）。2.0が要ります。`, en: `It speaks CSC API ${specs.slice(0, 16)}; 2.0 is needed.` };
  const missing = needed.find((method) => !methods.includes(method));
  return missing === undefined ? null : lacks(missing);
}

/** RFC 7517 §5. */
async function lookAtKeys(address: string, ask: ServiceFetch): Promise<Bilingual | null> {
  const answer = await json(await ask(address, { headers: { accept: 'application/json' } }), z.object({ keys: z.array(z.looseObject({ kty: z.string() })).min(1) }));
  return answer.success ? null : answer.fault;
}

async function json<T>(response: Response, shape: z.ZodType<T>): Promise<{ readonly success: true; readonly data: T } | { readonly success: false; readonly fault: Bilingual }> {
  if (isSuspension(response.status)) throw suspendedService(response);
  if (response.status !== 200) return { success: false, fault: { ja: `応答は${response.status}です。`, en: `The answer is ${response.status}.` } };
  const parsed = shape.safeParse(await response.json().catch(() => undefined));
  return parsed.success ? { success: true, data: parsed.data } : { success: false, fault: unreadable };
}

const noAnswer = { ja: '時間内に応答がありません。', en: 'It does not answer in time.' };
const unreadable = { ja: '応答を読み取れません。', en: 'The answer cannot be read.' };

function lacks(what: string): Bilingual {
  return { ja: `${what} がありません。`, en: `It has no ${what}.` };
}
