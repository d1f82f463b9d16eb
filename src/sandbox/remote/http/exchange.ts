import type { IncomingMessage, ServerResponse } from 'node:http';
import { TLSSocket } from 'node:tls';
import { parseCertificate, type Certificate } from '../../../formats/pki/certificate.ts';

/** Far more than 200 hashes or a passkey's answer need. */
const maxBodyBytes = 1024 * 1024;

/** What a caller did wrong, as the endpoint wants it answered. */
export class RefusedRequest extends Error {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;

  constructor(status: number, body: Readonly<Record<string, unknown>>) {
    super(`refused with ${status}`);
    this.status = status;
    this.body = body;
  }
}

/** One request and its answer. */
export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  /** Values of the `:names` in the route's path. */
  readonly parameters: Readonly<Record<string, string>>;
  #body: Promise<Buffer> | undefined;

  constructor(request: IncomingMessage, response: ServerResponse, url: URL, parameters: Readonly<Record<string, string>>) {
    this.request = request;
    this.response = response;
    this.url = url;
    this.parameters = parameters;
  }

  parameter(name: string): string {
    return this.parameters[name] ?? '';
  }

  cookie(name: string): string | null {
    for (const pair of (this.request.headers.cookie ?? '').split(';')) {
      const [key = '', value = ''] = pair.trim().split('=', 2);
      if (key === name) return value;
    }
    return null;
  }

  /** The certificate that the other side has shown the key of, or null. */
  get clientCertificate(): Certificate | null {
    const { socket } = this.request;
    if (!(socket instanceof TLSSocket)) return null;
    // `null` before Node 24's types knew it; an empty object where none was sent.
    const raw = socket.getPeerX509Certificate()?.raw;
    return raw === undefined ? null : parseCertificate(raw);
  }

  /** The whole body, read once. */
  body(): Promise<Buffer> {
    this.#body ??= readBody(this.request);
    return this.#body;
  }

  /** Throws RefusedRequest where the body is not a JSON object. */
  async json(): Promise<Readonly<Record<string, unknown>>> {
    try {
      const value: unknown = JSON.parse((await this.body()).toString('utf8') || '{}');
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Readonly<Record<string, unknown>>;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
    throw new RefusedRequest(400, { error: 'invalid_request', error_description: 'The body is not a JSON object' });
  }

  answerJson(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void {
    this.#answer(status, 'application/json; charset=utf-8', JSON.stringify(body), headers);
  }

  answerText(status: number, type: string, text: string | Buffer, headers: Readonly<Record<string, string>> = {}): void {
    this.#answer(status, type, text, headers);
  }

  answerNothing(): void {
    this.response.writeHead(204, { 'Cache-Control': 'no-store' }).end();
  }

  redirect(location: string): void {
    this.response.writeHead(303, { Location: location, 'Cache-Control': 'no-store', 'Content-Length': '0' }).end();
  }

  #answer(status: number, type: string, body: string | Buffer, headers: Readonly<Record<string, string>>): void {
    const bytes = Buffer.from(body);
    this.response
      .writeHead(status, { 'Content-Type': type, 'Content-Length': String(bytes.length), 'Cache-Control': 'no-store', ...headers })
      .end(bytes);
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBodyBytes) throw new RefusedRequest(413, { error: 'invalid_request', error_description: 'The body is too large' });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
