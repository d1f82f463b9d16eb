import { createServer } from 'node:http';
import fastify, { type HTTPMethods } from 'fastify';
import { ProblemError } from '../../contract/problem.ts';
import type { VerificationReport } from '../../formats/xades/report.ts';
import type { Log } from '../log.ts';
import type { Clock } from '../ports.ts';
import type { SignatureService } from '../signing/signature-service.ts';
import type { AgentIdentity } from './agent-identity.ts';
import { largestBodyLimit, type ApiPolicy } from './api-policy.ts';
import type { ClientRegistry } from './client-registry.ts';
import { Connections } from './connections.ts';
import { answerProblem } from './answer-problem.ts';
import { answerCall } from './answer-call.ts';
import { createGate } from './gate.ts';
import { listenOnLoopback } from './listen.ts';
import { LiveCalls } from './live-calls.ts';
import type { Pairing } from './pairing.ts';
import type { PeerPort } from './peer-port.ts';
import type { RemoteSessions } from './remote-sessions.ts';
import { routedPath } from './request-target.ts';
import { logRequest } from './request-log.ts';
import { rulesOf, type Route } from './route.ts';
import { eventsRoute } from './routes/events.ts';
import { healthRoute } from './routes/health.ts';
import { openApiRoute } from './routes/openapi.ts';
import { pairingRoutes } from './routes/pairings.ts';
import { sessionRoutes } from './routes/sessions.ts';
import { signatureRoutes } from './routes/signatures.ts';
import { statusRoute } from './routes/status.ts';
import { verificationRoute } from './routes/verifications.ts';
import type { StatusView } from './status-view.ts';

export interface ApiOptions {
  readonly policy: ApiPolicy;
  /** Of the package, for /health. */
  readonly version: string;
  readonly identity: AgentIdentity;
  readonly signatures: SignatureService;
  readonly clients: ClientRegistry;
  readonly pairing: Pairing;
  readonly sessions: RemoteSessions;
  readonly status: () => StatusView;
  /** Calls back when {@link status} may have changed; returns the unsubscribe function. */
  readonly onStatusChange: (listener: () => void) => () => void;
  readonly verify: (xml: Uint8Array) => VerificationReport;
  /** Null where the platform cannot tell who owns a connection and only one person uses the machine. */
  readonly peers: PeerPort | null;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Api {
  readonly port: number;
  /** `127.0.0.1`, and `[::1]` where the machine has it. */
  readonly addresses: readonly string[];
  /** Answers what waits, ends event streams, closes the port. */
  close(): Promise<void>;
}

/** Starts the local API. Throws {@link NoFreePort} of no-free-port.ts. */
export async function startApi(options: ApiOptions): Promise<Api> {
  if (options.policy.bodyLimit > largestBodyLimit) throw new RangeError(`bodyLimit is over ${largestBodyLimit} bytes`);
  let port = 0;
  let pending = 0;
  const liveCalls = new LiveCalls();
  const connections = new Connections(options.policy, options.peers);
  const routes = routesOf(options, liveCalls, () => port);
  const rules = rulesOf(routes);
  const app = fastify({
    logger: false,
    // No route hands fastify a schema: the contract's own schemas check what comes in. Named here, its compilers are not
    // loaded, which spares a fifth of a second at each start and several megabytes.
    schemaController: { compilersFactory: { buildValidator: noCompiler, buildSerializer: noCompiler } },
    // Never listens: the two servers below do.
    serverFactory: () => createServer(),
    rewriteUrl: (request) => routedPath(request),
    return503OnClosing: false,
    routerOptions: { caseSensitive: true, ignoreTrailingSlash: false, maxParamLength: 16 * 1024 },
    exposeHeadRoutes: false,
  });

  app.decorateRequest('passage', null);
  // Bodies are read after the gate, by the routes that take one.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null, undefined));
  app.addHook('onRequest', (request, reply, done) => {
    pending += 1;
    reply.raw.once('close', () => (pending -= 1));
    gate(request, reply, done);
  });
  app.addHook('onResponse', (request, reply, done) => {
    logRequest(options.log, request, reply);
    done();
  });
  app.setErrorHandler((error, request, reply) => answerProblem(error, request, reply, options.log));
  app.setNotFoundHandler(() => {
    throw new ProblemError({ code: 'NOT_FOUND', detail: null });
  });
  const gate = createGate({
    policy: options.policy,
    port: () => port,
    rules: [...rules.values()],
    clients: options.clients,
    pairing: options.pairing,
    connections,
    clock: options.clock,
    pending: () => pending,
  });
  for (const route of routes) {
    const pathRules = rules.get(route.path);
    if (pathRules === undefined) throw new Error(`no rules for ${route.path}`);
    const methods: HTTPMethods[] = route.method === 'GET' ? ['GET', 'HEAD'] : [route.method];
    const isFirstOfPath = routes.find((other) => other.path === route.path) === route;
    app.route({
      method: isFirstOfPath ? [...methods, 'OPTIONS'] : methods,
      url: route.path,
      config: { rules: pathRules, route },
      handler: (request, reply) => answerCall(route, request, reply, { liveCalls, connections, policy: options.policy }),
    });
  }
  await app.ready();

  const listener = await listenOnLoopback(
    () => connections.createServer((request, response) => app.routing(request, response)),
    options.policy.ports,
    (bound) => (port = bound),
  );
  const forgetRevocation = options.clients.onRevoked((clientId) => liveCalls.revoke(clientId));
  options.log.info('api.listening', { port: listener.port, ipv6: listener.servers.length > 1 });
  return {
    port: listener.port,
    addresses: listener.addresses,
    async close() {
      forgetRevocation();
      options.pairing.cancel();
      const closed = listener.servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
      connections.close();
      liveCalls.endAll();
      // Answers under way get a moment; a connection that is only open gets none.
      const impatience = setTimeout(() => listener.servers.forEach((server) => server.closeAllConnections()), 2_000);
      listener.servers.forEach((server) => server.closeIdleConnections());
      await Promise.all(closed);
      clearTimeout(impatience);
      await app.close();
    },
  };
}

function routesOf(options: ApiOptions, liveCalls: LiveCalls, port: () => number): readonly Route[] {
  const routes: Route[] = [
    healthRoute(options.identity, options.version, port),
    openApiRoute(() => routes, options.version),
    ...pairingRoutes(options.pairing, options.identity),
    statusRoute(options.status),
    ...signatureRoutes(options.signatures),
    eventsRoute({ ...options, liveCalls }),
    ...sessionRoutes(options.sessions),
    verificationRoute(options.verify),
  ];
  return routes;
}

function noCompiler(): never {
  throw new Error('a route came with a schema of fastify');
}
