import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../ports.ts';
import type { ApiPolicy } from './api-policy.ts';
import type { Connections } from './connections.ts';
import type { LiveCalls } from './live-calls.ts';
import { readJson } from './read-json.ts';
import type { Answer, ApiCall, Route } from './route.ts';

export interface AnswerParts {
  readonly liveCalls: LiveCalls;
  readonly connections: Connections;
  readonly policy: ApiPolicy;
}

/** Reads the body of a request that has passed the gate, has its route handle it, and sends what came out. */
export async function answerCall(
  route: Route,
  request: FastifyRequest,
  reply: FastifyReply,
  parts: AnswerParts,
): Promise<FastifyReply> {
  const { passage } = request;
  if (passage === null) throw new Error('a request came past the gate');
  const { client, program, origin } = passage;
  const call: ApiCall = {
    language: passage.language,
    headers: request.raw.headers,
    params: request.params as Record<string, string>,
    query: request.query,
    body: await bodyOf(route, request, reply, parts),
    origin,
    program,
    method: request.method,
    stayOpen(kind) {
      const live = parts.liveCalls.begin(client?.id ?? '', kind);
      reply.raw.once('close', () => live.hangUp());
      return live;
    },
  };
  if (route.access !== 'client') return send(reply, await route.handle(call));
  if (client === null) throw new Error('a client route without a client');
  const caller: Caller = { clientId: client.id, clientName: client.name, origin: client.origin, program };
  return send(reply, await route.handle(call, caller));
}

async function bodyOf(route: Route, request: FastifyRequest, reply: FastifyReply, parts: AnswerParts): Promise<unknown> {
  if (route.bodyLimit === undefined) return undefined;
  parts.connections.invite(request.raw, reply.raw);
  const { bodyLimit } = parts.policy;
  return readJson(request.raw, route.bodyLimit === 'policy' ? bodyLimit : Math.min(route.bodyLimit, bodyLimit));
}

function send(reply: FastifyReply, answered: Answer): FastifyReply {
  if ('stream' in answered) {
    reply.hijack();
    for (const [name, value] of Object.entries(reply.getHeaders())) {
      if (value !== undefined) reply.raw.setHeader(name, value);
    }
    answered.stream(reply.raw);
    return reply;
  }
  reply.code(answered.status);
  if (answered.headers !== undefined) reply.headers(answered.headers);
  if (answered.body === undefined) return reply.send();
  if (reply.getHeader('content-type') === undefined) reply.header('content-type', 'application/json; charset=utf-8');
  return reply.send(JSON.stringify(answered.body));
}
