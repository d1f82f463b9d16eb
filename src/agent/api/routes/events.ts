import type { ServerResponse } from 'node:http';
import { signatureEvent as signatureEventSchema } from '../../../contract/api.ts';
import { ProblemError } from '../../../contract/problem.ts';
import type { SignatureService } from '../../signing/signature-service.ts';
import type { ApiPolicy } from '../api-policy.ts';
import type { ClientRegistry } from '../client-registry.ts';
import type { LiveCall, LiveCalls } from '../live-calls.ts';
import type { ClientRoute } from '../route.ts';
import { signatureEvent } from '../signature-view.ts';
import { statusAnswerOf, type StatusView } from '../status-view.ts';

export interface EventParts {
  readonly policy: Pick<ApiPolicy, 'eventHeartbeat' | 'maxEventStreamsPerClient'>;
  readonly signatures: Pick<SignatureService, 'subscribe'>;
  readonly clients: Pick<ClientRegistry, 'isLive'>;
  readonly liveCalls: Pick<LiveCalls, 'count'>;
  readonly status: () => StatusView;
  /** Calls back when {@link status} may have changed. */
  readonly onStatusChange: (listener: () => void) => () => void;
}

/** What may wait for a reader that does not read. */
const maxUnread = 256 * 1024;

/** Server-sent events (HTML §9.2) of one client's requests and of readiness. Documents are fetched, never pushed. */
export function eventsRoute(parts: EventParts): ClientRoute {
  return {
    method: 'GET',
    path: '/v1/events',
    access: 'client',
    description: {
      summary: {
        ja: '署名要求と準備状態の変化（Server-Sent Events）。',
        en: 'Changes of requests and of readiness (server-sent events).',
      },
      answers: {
        200: {
          description: '`event: signature` with the schema here, `event: readiness` with the status',
          schema: signatureEventSchema,
          mediaType: 'text/event-stream',
        },
      },
      problems: [],
    },
    handle(call, caller) {
      if (parts.liveCalls.count(caller.clientId, 'stream') >= parts.policy.maxEventStreamsPerClient) {
        throw new ProblemError({
          code: 'RATE_LIMITED',
          detail: { ja: 'イベントの接続が多すぎます。', en: 'Too many event streams of this client.' },
        });
      }
      return {
        stream(response) {
          response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
          if (call.method === 'HEAD') {
            response.end();
            return;
          }
          const live = call.stayOpen('stream');
          const send = sender(response);
          const sendStatus = (): void => send('readiness', statusAnswerOf(parts.status(), call.language, caller.clientId));
          response.write('retry: 2000\n\n');
          sendStatus();
          const stops = [
            parts.signatures.subscribe(caller.clientId, (snapshot) => send('signature', signatureEvent(snapshot, call.language))),
            parts.onStatusChange(sendStatus),
            heartbeat(response, parts, caller.clientId),
          ];
          endWith(response, live, () => {
            for (const stop of stops) stop();
          });
        },
      };
    },
  };
}

function sender(response: ServerResponse): (event: string, data: unknown) => void {
  return (event, data) => {
    if (response.writableEnded) return;
    response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    if (response.writableLength > maxUnread) response.destroy();
  };
}

/** Keeps proxies and timeouts quiet, and notices that a token has expired. */
function heartbeat(response: ServerResponse, parts: EventParts, clientId: string): () => void {
  const timer = setInterval(() => {
    if (!parts.clients.isLive(clientId)) response.end();
    else if (response.writableLength > maxUnread) response.destroy();
    else response.write(': \n\n');
  }, parts.policy.eventHeartbeat).unref();
  return () => clearInterval(timer);
}

function endWith(response: ServerResponse, live: LiveCall, stop: () => void): void {
  const end = (): void => void response.end();
  live.signal.addEventListener('abort', end, { once: true });
  response.once('close', () => {
    live.signal.removeEventListener('abort', end);
    live.release();
    stop();
  });
}
