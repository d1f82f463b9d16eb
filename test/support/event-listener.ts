/** GET /v1/events as an EHR reads it: a stream over fetch's kind of connection, for as long as the test wants. */
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import type { RunningAgent } from './running-agent.ts';

export interface EventListener extends AsyncDisposable {
  /** All that has come. */
  readonly text: string;
  /** The data of the latest event of this name; empty where there was none. */
  last(event: string): string;
}

export async function listenToEvents({ port }: RunningAgent, token: string): Promise<EventListener> {
  const outgoing = request({ host: '127.0.0.1', port, path: '/v1/events', headers: { authorization: `Bearer ${token}` }, agent: false });
  outgoing.end();
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  if (incoming.statusCode !== 200) throw new Error(`no events: ${String(incoming.statusCode)}`);
  let text = '';
  incoming.setEncoding('utf8').on('data', (piece: string) => void (text += piece)).on('error', () => undefined);
  return {
    get text() {
      return text;
    },
    last: (event) => [...text.matchAll(new RegExp(`event: ${event}\ndata: (.*)\n\n`, 'g'))].at(-1)?.[1] ?? '',
    [Symbol.asyncDispose]() {
      outgoing.destroy();
      return Promise.resolve();
    },
  };
}
