import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { z } from 'zod';
import type { ErrorCode } from '../../contract/error-codes.ts';
import type { Caller } from '../ports.ts';
import type { Language } from './language.ts';
import type { LiveCall } from './live-calls.ts';

/** One request that has passed the gate. */
export interface ApiCall {
  readonly language: Language;
  readonly headers: IncomingHttpHeaders;
  readonly params: Readonly<Record<string, string>>;
  readonly query: unknown;
  /** Parsed JSON, not yet validated; undefined where the route takes no body. */
  readonly body: unknown;
  /** Exact Origin; null for a native caller. */
  readonly origin: string | null;
  readonly program: string | null;
  readonly method: string;
  /** Keeps the call open under the caller's name, so that a hang-up or a revocation ends it. */
  stayOpen(kind: 'poll' | 'stream'): LiveCall;
}

export type Answer =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body: unknown }
  | { readonly stream: (response: ServerResponse) => void };

/** What /openapi.json says about a route. */
export interface RouteDescription {
  readonly summary: { readonly ja: string; readonly en: string };
  readonly request?: z.ZodType;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, { readonly required: boolean; readonly description: string }>>;
  readonly answers: Readonly<Record<number, { readonly description: string; readonly schema?: z.ZodType; readonly mediaType?: string }>>;
  /** Codes beyond those that any request of this kind can get. */
  readonly problems: readonly ErrorCode[];
}

interface RouteBase {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** With `:name` for parameters. */
  readonly path: string;
  /** Largest body in bytes, `policy` for the policy's limit; absent where the route takes none. */
  readonly bodyLimit?: number | 'policy';
  readonly description: RouteDescription;
}

/** Needs no token. `anyOrigin` answers every web page; `pairing` unknown ones while a person keeps pairing open. */
export interface OpenRoute extends RouteBase {
  readonly access: 'anyOrigin' | 'knownOrigin' | 'pairing';
  readonly handle: (call: ApiCall) => Answer | Promise<Answer>;
}

export interface ClientRoute extends RouteBase {
  readonly access: 'client';
  readonly handle: (call: ApiCall, caller: Caller) => Answer | Promise<Answer>;
}

export type Route = OpenRoute | ClientRoute;

/** All that is known about one path. Its methods share their access. */
export interface PathRules {
  readonly path: string;
  readonly access: Route['access'];
  /** For Allow and Access-Control-Allow-Methods. */
  readonly allow: string;
}

export function rulesOf(routes: readonly Route[]): ReadonlyMap<string, PathRules> {
  const rules = new Map<string, PathRules>();
  for (const { path, access } of routes) {
    const methods = routes.filter((route) => route.path === path).flatMap((route) => (route.method === 'GET' ? ['GET', 'HEAD'] : [route.method]));
    rules.set(path, { path, access, allow: [...new Set(methods), 'OPTIONS'].join(', ') });
  }
  return rules;
}
