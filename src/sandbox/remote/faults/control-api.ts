import { z } from 'zod';
import { RefusedRequest, type Exchange } from '../http/exchange.ts';
import type { Route } from '../http/route.ts';
import { remotePeople } from '../people.ts';
import { faultSchema } from './fault.ts';
import type { RemoteControl } from './remote-control.ts';

const personKeys = remotePeople.map(({ key }) => key);

/** The control port: JSON over plain HTTP on loopback. */
export function controlRoutes(control: RemoteControl, addresses: unknown): readonly Route[] {
  const route = <Body>(method: Route['method'], path: string, schema: z.ZodType<Body> | null, act: (body: Body) => unknown): Route => ({
    name: `control${path.replaceAll('/', '.')}`,
    method,
    path,
    async serve(exchange) {
      const answer = act(schema === null ? (undefined as Body) : await readBody(exchange, schema));
      exchange.answerJson(200, answer ?? control.snapshot());
    },
  });
  return [
    route('GET', '/addresses', null, () => addresses),
    route('GET', '/state', null, () => control.snapshot()),
    route('POST', '/faults', faultSchema, (fault) => control.arm(fault)),
    route('DELETE', '/faults', null, () => control.disarm()),
    route('DELETE', '/calls', null, () => control.forgetCounts()),
    route('PUT', '/clock', z.strictObject({ offset: z.int() }), ({ offset }) => control.setClockOffset(offset)),
    route('POST', '/tokens/revoke', z.strictObject({}), () => control.revokeTokens()),
    route('PUT', '/certificate', z.strictObject({ show: z.enum(['valid', 'expired']) }), ({ show }) => control.showCertificate(show)),
    route('PUT', '/connections', z.strictObject({ listener: z.enum(['api', 'login', 'card', 'phone']), refuse: z.boolean() }), ({ listener, refuse }) =>
      control.refuseConnections(listener, refuse),
    ),
    route('POST', '/tickets', z.strictObject({ person: z.enum(personKeys) }), ({ person }) => control.issueTicket(person)),
  ];
}

async function readBody<Body>(exchange: Exchange, schema: z.ZodType<Body>): Promise<Body> {
  // A web page can post anything else here without asking (a "simple request").
  if (exchange.request.headers['content-type']?.startsWith('application/json') !== true) throw new RefusedRequest(415, { error: 'application/json is needed' });
  const read = schema.safeParse(await exchange.json());
  if (read.success) return read.data;
  throw new RefusedRequest(400, { error: 'invalid', issues: read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) });
}
