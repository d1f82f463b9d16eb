import type { FastifyReply, FastifyRequest } from 'fastify';
import { code, identifier, place, type Log, type Loggable } from '../log.ts';

/** One line a request: no body, no header, no query, no path that a caller made up. */
export function logRequest(log: Log, request: FastifyRequest, reply: FastifyReply): void {
  const client = request.passage?.client ?? null;
  // Web EHRs probe /health all day.
  if (client === null && reply.statusCode < 300) return;
  log.info('api.request', {
    method: code(request.method),
    route: routeName(request),
    status: reply.statusCode,
    ms: Math.round(reply.elapsedTime * 10) / 10,
    client: client === null ? null : identifier(client.id),
  });
}

/** The path as the route has it, never as a caller wrote it. */
export function routeName(request: FastifyRequest): Loggable {
  return place(request.routeOptions.config.rules?.path ?? '(none)');
}

