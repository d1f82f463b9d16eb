/** EHRs as specs need them: of any origin, that can hang up in the middle, cancel, and send what is wrong. */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { samplePrescriptionCsv, type SamplePrescriptionOptions } from '../../../src/sandbox/samples/prescription.ts';
import { sampleDates } from '../../../src/sandbox/samples/sample-dates.ts';

export interface EhrAnswer {
  readonly status: number;
  readonly json: Readonly<Record<string, unknown>>;
}

export interface EhrDocument {
  readonly id: string;
  readonly type: 'prescription';
  readonly csv: string;
}

export interface EhrStaff {
  readonly id: string;
  readonly name: string;
}

/** Dated today, so that no clock contradicts it. */
export function prescription(id = 'rx-1', options: SamplePrescriptionOptions = {}): EhrDocument {
  const csv = samplePrescriptionCsv({ ...sampleDates(), ...options });
  return { id, type: 'prescription', csv: Buffer.from(csv).toString('base64') };
}

let staffCount = 0;

/** Somebody whom no card is bound to yet. */
export function newStaff(name = '医者 三郎'): EhrStaff {
  staffCount += 1;
  return { id: `D${String(staffCount).padStart(4, '0')}`, name };
}

/** A signature request on its way: its answer, and how to end it from this side. */
export interface Signing {
  readonly key: string;
  /** The end of the request, or the refusal; rejects where {@link hangUp} was called. */
  readonly answer: Promise<EhrAnswer>;
  /** Cuts the connection, as a program does that ends. */
  hangUp(): void;
}

interface Call {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export class Ehr {
  readonly name: string;
  /** Null for a native program. */
  readonly origin: string | null;
  readonly #port: number;
  #token = '';

  constructor(port: number, name: string, origin: string | null = null) {
    this.#port = port;
    this.name = name;
    this.origin = origin;
  }

  /** Asks to be paired; resolves with the id of the pairing, or the refusal. */
  askToPair(): Promise<EhrAnswer> {
    return this.call('POST', '/v1/pairings', { body: { clientName: this.name } });
  }

  async confirm(pairing: EhrAnswer, code: string): Promise<EhrAnswer> {
    const token = randomBytes(32).toString('base64url');
    const tokenSha256 = createHash('sha256').update(token).digest('hex');
    const answer = await this.call('POST', `/v1/pairings/${String(pairing.json['id'])}/confirm`, { body: { code, tokenSha256 } });
    if (answer.status < 300) this.#token = token;
    return answer;
  }

  sign(documents: readonly EhrDocument[] = [prescription()], staff: EhrStaff = newStaff(), key: string = randomUUID(), method: 'local' | 'auto' | 'remote' = 'local'): Signing {
    const abort = new AbortController();
    const headers = { 'idempotency-key': key, prefer: 'wait=100' };
    const answer = this.call('POST', '/v1/signatures', { body: { staff, method, documents }, headers, signal: abort.signal });
    // A spec that hangs up does not wait for it.
    answer.catch(() => undefined);
    return { key, answer, hangUp: () => abort.abort() };
  }

  /** Posts without waiting: the id by which it can be looked at and cancelled. */
  async post(documents: readonly EhrDocument[] = [prescription()], staff: EhrStaff = newStaff(), key: string = randomUUID()): Promise<string> {
    const { json } = await this.call('POST', '/v1/signatures', { body: { staff, method: 'local', documents }, headers: { 'idempotency-key': key } });
    return String(json['id']);
  }

  look(id: string, wait = 0): Promise<EhrAnswer> {
    return this.call('GET', `/v1/signatures/${id}?wait=${wait}`);
  }

  cancel(id: string): Promise<EhrAnswer> {
    return this.call('DELETE', `/v1/signatures/${id}`);
  }

  /** Cards that have been read and can sign. */
  async readyCards(): Promise<number> {
    const { readers } = (await this.call('GET', '/v1/status')).json as { readers: readonly { state: string }[] };
    return readers.filter(({ state }) => state === 'ready').length;
  }

  call(method: string, path: string, { body, headers = {}, signal }: Call = {}): Promise<EhrAnswer> {
    const sent = {
      'accept-language': 'ja',
      ...(this.#token === '' ? {} : { authorization: `Bearer ${this.#token}` }),
      ...(this.origin === null ? {} : { origin: this.origin }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    };
    return new Promise((resolve, reject) => {
      const outgoing = request({ host: '127.0.0.1', port: this.#port, method, path, headers: sent, ...(signal === undefined ? {} : { signal }) }, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (part: string) => (text += part));
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, json: text === '' ? {} : (JSON.parse(text) as EhrAnswer['json']) }));
        answer.on('error', reject);
      });
      outgoing.on('error', reject);
      outgoing.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
}

/** The code of a problem, whether it is the answer or stands within it. */
export function codeOf({ json }: EhrAnswer): unknown {
  return json['code'] ?? (json['problem'] as Readonly<Record<string, unknown>> | undefined)?.['code'];
}
