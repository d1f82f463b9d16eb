import { z } from 'zod';
import { ProblemError } from '../../../contract/problem.ts';
import type { Bilingual } from '../../../formats/bilingual.ts';
import type { CscSettings, ProviderSettings } from '../../config/remote-settings.ts';
import type { ServiceFetch } from '../network/service-fetch.ts';

/** What a service says of itself at one address, as far as logins and signatures need it. */
export interface SelfDescription {
  readonly address: string;
  /** Null where everything is there. */
  readonly fault: Bilingual | null;
}

/** Asks a service for what needs nobody's token: discovery and `info`, or the keys of its ID tokens. Throws the signal's reason. */
export async function describeProvider(provider: ProviderSettings, fetch: ServiceFetch, signal: AbortSignal): Promise<readonly SelfDescription[]> {
  const ask: ServiceFetch = (address, init) => fetch(address, { ...init, signal, repeatable: true });
  if (provider.kind === 'csc') {
    return Promise.all([finding(provider.issuer, signal, () => lookAtServer(provider, ask)), finding(`${provider.serviceUrl}/info`, signal, () => lookAtApi(provider, ask))]);
  }
  const { jwksUrl } = provider;
  return jwksUrl === null ? [] : [await finding(jwksUrl, signal, () => lookAtKeys(jwksUrl, ask))];
}

async function finding(address: string, signal: AbortSignal, look: () => Promise<Bilingual | null>): Promise<SelfDescription> {
  try {
    return { address, fault: await look() };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ProblemError) return { address, fault: error.problem.detail ?? unreadable };
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
async function lookAtApi({ serviceUrl }: CscSettings, ask: ServiceFetch): Promise<Bilingual | null> {
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  const answer = await json(await ask(`${serviceUrl.replace(/\/$/, '')}/info`, { method: 'POST', headers, body: '{}' }), info);
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
  if (response.status !== 200) return { success: false, fault: { ja: `応答は${response.status}です。`, en: `The answer is ${response.status}.` } };
  const parsed = shape.safeParse(await response.json().catch(() => undefined));
  return parsed.success ? { success: true, data: parsed.data } : { success: false, fault: unreadable };
}

const unreadable = { ja: '応答を読み取れません。', en: 'The answer cannot be read.' };

function lacks(what: string): Bilingual {
  return { ja: `${what} がありません。`, en: `It has no ${what}.` };
}
