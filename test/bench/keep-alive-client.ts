import { Agent, request } from 'node:http';

/** One connection to a loopback port, kept open, as an EHR keeps it. */
export class KeepAliveClient {
  readonly #port: number;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(port: number) {
    this.#port = port;
  }

  post(path: string, body: Buffer, headers: Readonly<Record<string, string>> = {}): Promise<{ readonly status: number; readonly answer: Buffer }> {
    return this.#call('POST', path, body, { 'content-type': 'application/json', ...headers });
  }

  delete(path: string, headers: Readonly<Record<string, string>> = {}): Promise<{ readonly status: number; readonly answer: Buffer }> {
    return this.#call('DELETE', path, Buffer.alloc(0), headers);
  }

  #call(method: string, path: string, body: Buffer, headers: Readonly<Record<string, string>>): Promise<{ readonly status: number; readonly answer: Buffer }> {
    return new Promise((resolve, reject) => {
      const sent = request(
        {
          host: '127.0.0.1',
          port: this.#port,
          agent: this.#agent,
          method,
          path,
          headers: { ...(body.length > 0 ? { 'content-length': body.length } : {}), ...headers },
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
