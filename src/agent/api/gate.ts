import { hash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ProblemError } from '../../contract/problem.ts';
import type { Clock } from '../ports.ts';
import { isAllowedHost } from './allowed-host.ts';
import type { ApiPolicy } from './api-policy.ts';
import type { Client, ClientRegistry } from './client-registry.ts';
import type { Connections } from './connections.ts';
import { admitOrigin, answerOptions } from './cross-origin.ts';
import { preferredLanguage, type Language } from './language.ts';
import { isWebOrigin } from './origin.ts';
import type { Pairing } from './pairing.ts';
import type { PeerVerdict } from './peer-port.ts';
import { comesFromBrowser, countOf } from './raw-headers.ts';
import { RateLimiter } from './rate-limiter.ts';
import { tooLargeDetail } from './read-json.ts';
import { targetAuthority } from './request-target.ts';
import type { PathRules, Route } from './route.ts';

/** What the gate found out about a request. */
export interface Passage {
  readonly language: Language;
  readonly origin: string | null;
  program: string | null;
  client: Client | null;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    readonly rules?: PathRules;
    readonly route?: Route;
  }
  interface FastifyRequest {
    passage: Passage | null;
  }
}

export interface GateParts {
  readonly policy: ApiPolicy;
  readonly port: () => number;
  readonly rules: readonly PathRules[];
  readonly clients: ClientRegistry;
  readonly pairing: Pick<Pairing, 'admits' | 'noteRefusal'>;
  readonly connections: Pick<Connections, 'peerOf'>;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly pending: () => number;
}

interface GatedCall {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly passage: Passage;
  /** Of the path that it calls. */
  readonly rules: PathRules;
}

type Done = (error?: Error) => void;

/**
 * Every request passes here before anything of it is read or done, in this order: limits, method and path, owner of the
 * connection, Host, Origin, preflight, content type, token, rate. The handler then checks the schema.
 * SECURITY: test/attacks/row-01 … row-07, row-23
 */
export function createGate(parts: GateParts): (request: FastifyRequest, reply: FastifyReply, done: Done) => void {
  const { policy, connections } = parts;
  const clientRate = new RateLimiter(policy.requestsPerMinute, () => parts.clock.monotonic());
  const openRate = new RateLimiter(policy.openRequestsPerMinute, () => parts.clock.monotonic());
  const pathPatterns = parts.rules.map((rules) => ({ rules, pattern: patternOf(rules.path) }));

  return function gate(request, reply, done) {
    try {
      const passage = begin(request, reply);
      checkLimits(request, reply);
      const rules = checkMethodAndPath(request, reply);
      if (rules.access === 'anyOrigin') reply.header('access-control-allow-origin', '*');
      const peer = connections.peerOf(request.raw.socket);
      if (peer instanceof Promise) {
        peer.then((verdict) => checkRest({ request, reply, passage, rules }, verdict, done)).catch((error: unknown) => done(asError(error)));
      } else {
        checkRest({ request, reply, passage, rules }, peer, done);
      }
    } catch (error) {
      done(asError(error));
    }
  };

  function begin(request: FastifyRequest, reply: FastifyReply): Passage {
    const { headers } = request.raw;
    const origin = headers.origin ?? null;
    const passage: Passage = {
      language: preferredLanguage(headers['accept-language']),
      origin,
      program: null,
      client: null,
    };
    request.passage = passage;
    reply.header('cache-control', 'no-store');
    reply.header('vary', 'Origin');
    reply.header('x-content-type-options', 'nosniff');
    // A known origin may read why it was refused; an unknown one never gets this header.
    if (origin !== null && parts.clients.knowsOrigin(origin)) admitOrigin(reply, origin);
    return passage;
  }

  function checkLimits(request: FastifyRequest, reply: FastifyReply): void {
    if (parts.pending() > policy.maxPending) {
      reply.header('retry-after', '1');
      throw problem('RATE_LIMITED');
    }
    const length = request.raw.headers['content-length'];
    if (length !== undefined && Number(length) > policy.bodyLimit) {
      throw new ProblemError({ code: 'TOO_LARGE', detail: tooLargeDetail(policy.bodyLimit) });
    }
  }

  function checkMethodAndPath(request: FastifyRequest, reply: FastifyReply): PathRules {
    const { rules } = request.routeOptions.config;
    if (rules !== undefined && !request.is404) return rules;
    const path = pathOf(request.raw.url ?? '');
    const known = pathPatterns.find(({ pattern }) => pattern.test(path))?.rules;
    if (known === undefined) throw problem('NOT_FOUND');
    reply.header('allow', known.allow);
    throw problem('METHOD_NOT_ALLOWED');
  }

  function checkRest(call: GatedCall, peer: PeerVerdict, done: Done): void {
    const { request, reply, passage, rules } = call;
    if (!peer.admitted) throw problem('PEER_NOT_ALLOWED');
    passage.program = peer.program;
    checkHost(request);
    checkOrigin(call);
    if (request.method === 'OPTIONS') {
      answerOptions(request, reply, rules);
      return;
    }
    if (request.method === 'POST') checkContentType(request);
    checkTokenAndRate(call);
    done();
  }

  /** RFC 9112 §3.2: exactly one Host; in absolute form the target's authority counts, and both must be ours. */
  function checkHost(request: FastifyRequest): void {
    const { raw } = request;
    const hosts = countOf(raw.rawHeaders, 'host');
    if (hosts > 1 || (hosts === 0 && raw.httpVersion !== '1.0')) {
      throw new ProblemError({
        code: 'REQUEST_INVALID',
        detail: { ja: 'Hostヘッダーはちょうど1つ必要です。', en: 'Exactly one Host header is needed.' },
      });
    }
    const authority = targetAuthority(raw);
    const port = parts.port();
    const ours = isAllowedHost(raw.headers.host ?? '', port) && (authority === undefined || isAllowedHost(authority, port));
    if (!ours) throw problem('HOST_NOT_ALLOWED');
  }

  function checkOrigin({ reply, rules, passage: { origin } }: GatedCall): void {
    if (rules.access === 'anyOrigin') return;
    if (origin === null || parts.clients.knowsOrigin(origin)) return;
    if (rules.access !== 'pairing' || !isWebOrigin(origin)) throw problem('ORIGIN_NOT_ALLOWED');
    if (!parts.pairing.admits(origin)) {
      parts.pairing.noteRefusal(origin);
      throw problem('PAIRING_CLOSED');
    }
    admitOrigin(reply, origin);
  }

  function checkTokenAndRate({ request, reply, rules, passage }: GatedCall): void {
    if (rules.access !== 'client') {
      limit(reply, openRate.take(passage.origin ?? 'native'));
      return;
    }
    const client = clientOf(request);
    limit(reply, clientRate.take(client.id));
    parts.clients.touch(client.id);
    passage.client = client;
  }

  function clientOf(request: FastifyRequest): Client {
    const { headers, rawHeaders } = request.raw;
    const token = bearerToken.exec(headers.authorization ?? '')?.[1];
    if (token === undefined || countOf(rawHeaders, 'authorization') !== 1) throw new ProblemError({ code: 'NOT_PAIRED', detail: tokenForm });
    const client = parts.clients.findByToken(hash('sha256', token, 'buffer'));
    // SECURITY: a token that leaked into another page, or from a native EHR into a browser, counts nowhere else.
    // test/attacks/row-05-simple-requests.test.ts
    const fits =
      client !== undefined &&
      (client.origin === null ? headers.origin === undefined && !comesFromBrowser(rawHeaders) : headers.origin === client.origin);
    if (!fits) throw problem('NOT_PAIRED');
    return client;
  }
}

const tokenForm = {
  ja: 'Authorization: Bearer <トークン> ヘッダーがないか、トークンの形が違います（43文字以上の英数字と -._~+/）。',
  en: 'There is no Authorization: Bearer <token> header, or its token has another form (43 or more letters, digits and -._~+/).',
};

/** RFC 6750 §2.1, and long enough for 32 bytes in base64url. */
const bearerToken = /^Bearer ([A-Za-z0-9._~+/-]{43,512}=*)$/i;
const jsonMediaType = /^application\/json\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?$/i;

function checkContentType(request: FastifyRequest): void {
  const { headers, rawHeaders } = request.raw;
  // SECURITY: what a form or a no-cors fetch can send is never read. test/attacks/row-05-simple-requests.test.ts
  const sent = headers['content-type'] ?? '';
  if (countOf(rawHeaders, 'content-type') !== 1) throw problem('MEDIA_TYPE');
  if (!jsonMediaType.test(sent)) throw new ProblemError({ code: 'MEDIA_TYPE', detail: parameterOfJson.test(sent) ? otherCharset : null });
  if (headers['content-encoding'] !== undefined) throw new ProblemError({ code: 'MEDIA_TYPE', detail: compressed });
}

/** Whoever did send application/json is told what else is wrong. */
const parameterOfJson = /^application\/json\s*;/i;
const otherCharset = { ja: 'Content-Type に付けられるのは charset=utf-8 だけです。本文はUTF-8で送ってください。', en: 'charset=utf-8 alone may follow in the Content-Type. Send the body in UTF-8.' };
const compressed = { ja: 'Content-Encoding は使えません。本文は圧縮せずに送ってください。', en: 'There must be no Content-Encoding. Send the body uncompressed.' };

function limit(reply: FastifyReply, waitSeconds: number): void {
  if (waitSeconds === 0) return;
  reply.header('retry-after', String(waitSeconds));
  throw problem('RATE_LIMITED');
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll('.', '\\.').replace(/:[a-zA-Z]+/g, '[^/]+')}$`);
}

function pathOf(url: string): string {
  const path = url.split(/[?#]/, 1)[0] ?? '';
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function problem(code: ConstructorParameters<typeof ProblemError>[0]['code']): ProblemError {
  return new ProblemError({ code, detail: null });
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error('not an error', { cause: thrown });
}
