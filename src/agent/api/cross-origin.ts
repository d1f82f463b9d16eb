import type { FastifyReply, FastifyRequest } from 'fastify';
import type { PathRules } from './route.ts';

/** Lets this origin's pages read the answer. */
export function admitOrigin(reply: FastifyReply, origin: string): void {
  reply.header('access-control-allow-origin', origin);
  reply.header('access-control-expose-headers', 'Location, Retry-After');
}

/** A CORS preflight (Fetch §4.8), with the headers of Private and Local Network Access where they are asked for. */
export function answerOptions(request: FastifyRequest, reply: FastifyReply, rules: PathRules): void {
  const { headers } = request.raw;
  reply.header('allow', rules.allow);
  if (headers.origin !== undefined && headers['access-control-request-method'] !== undefined) {
    reply.header('access-control-allow-methods', rules.allow);
    reply.header('access-control-allow-headers', 'Authorization, Content-Type, Idempotency-Key, Prefer');
    reply.header('access-control-max-age', '600');
    for (const network of ['private', 'local']) {
      if (headers[`access-control-request-${network}-network`] === 'true') {
        reply.header(`access-control-allow-${network}-network`, 'true');
      }
    }
  }
  reply.code(204).send();
}
