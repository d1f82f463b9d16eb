import { Agent, request } from 'node:http';

/** One connection to a loopback port, kept open, as an EHR keeps it. */
export class KeepAliveClient {
  readonly #port: number;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(port: number) {
    this.#port = port;
  }

  post(path: string, body: Buffer, headers: Readonly<Record<string, string>> = {}): Promise<{ readonly status: number; readonly answer: Buffer }> {
    return new Promise((resolve, reject) => {
      const sent = request(
        {
          host: '127.0.0.1',
          port: this.#port,
          agent: this.#agent,
          method: 'POST',
          path,
          headers: { 'content-type': 'application/json', 'content-length': body.length, ...headers },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () => resolve({ status: response.statusCode ?? 0, answer: Buffer.concat(chunks) }));
          response.on('error', reject);
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
