import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pendingAnswer, problemAnswer, signedAnswer } from '../../../../src/contract/api.ts';
import { errorCodes, type ErrorCode } from '../../../../src/contract/error-codes.ts';
import { ProblemError } from '../../../../src/contract/problem.ts';
import { ask, nativeHeaders, signatureBody, startRunningApi, until, webHeaders, type HttpAnswer, type RunningApi } from '../../../support/running-api.ts';
import { signed } from '../../../support/scripted-signatures.ts';

let running: RunningApi;
beforeEach(async () => (running = await startRunningApi()));
afterEach(() => running.close());

const post = (headers: Record<string, string>, body: string, query = ''): Promise<HttpAnswer> =>
  ask(running.port, `/v1/signatures${query}`, { method: 'POST', headers: nativeHeaders({ 'idempotency-key': 'k-1', ...headers }), body });

describe('POST /v1/signatures', () => {
  it('answers 201 with the documents when the request is signed within the wait', async () => {
    const answer = post({ prefer: 'wait=60' }, signatureBody());
    await until(() => running.signatures.submitted.length === 1, 'submitted');
    running.signatures.become(signed('req-1'));
    const { status, headers, json } = await answer;
    expect(status).toBe(201);
    expect(headers.location).toBe('/v1/signatures/req-1');
    const body = signedAnswer.parse(json);
    expect(body.documents[0]).toMatchObject({ id: 'rx-1', xml: Buffer.from('<signed/>').toString('base64'), warnings: ['注意'] });
  });

  it('answers 202 with the reason and where to look when it does not wait', async () => {
    const { status, headers, json } = await post({ 'accept-language': 'en' }, signatureBody());
    expect(status).toBe(202);
    expect(headers.location).toBe('/v1/signatures/req-1');
    expect(pendingAnswer.parse(json)).toEqual({ id: 'req-1', state: 'awaiting_pin', reason: 'Waiting for the PIN' });
  });

  it('answers 202 when the wait is over first', async () => {
    const { status } = await post({}, signatureBody(), '?wait=1');
    expect(status).toBe(202);
  });

  it('hands the service the exact bytes, the caller and the key', async () => {
    await post({}, signatureBody({ method: 'local', partial: true }));
    const submitted = running.signatures.submitted[0];
    expect(submitted?.key).toBe('k-1');
    expect(submitted?.caller).toMatchObject({ clientName: 'Native EHR', origin: null });
    expect(submitted?.request.documents[0]?.csv).toEqual(Buffer.from('SJ1,1\r\n'));
    expect(submitted?.request).toMatchObject({ method: 'local', partial: true, staff: { id: 'D0012', name: '医者 三郎' } });
  });

  it('makes a staff name safe to show before anybody can show it', async () => {
    await post({}, signatureBody({ staff: { id: 'D1', name: '医者\u202e三郎' } }));
    expect(running.signatures.submitted[0]?.request.staff.name).toBe('医者⟨U+202E⟩三郎');
  });

  it.each(Object.keys(errorCodes) as ErrorCode[])('gives the problem %s with the status of the table', async (code) => {
    running.signatures.next = new ProblemError({ code, detail: { ja: '詳細', en: 'detail' } });
    const { status, headers, json } = await post({}, signatureBody());
    const problem = problemAnswer.parse(json);
    expect(headers['content-type']).toContain('application/problem+json');
    expect({ status, number: problem.number, title: problem.title, retriable: problem.retriable, detail: problem.detail }).toEqual({
      status: errorCodes[code].status,
      number: errorCodes[code].number,
      title: errorCodes[code].ja,
      retriable: errorCodes[code].retriable,
      detail: '詳細',
    });
  });

  it('carries tries left, places in documents and a report along with a problem', async () => {
    running.signatures.next = (id) => ({
      id,
      state: 'failed',
      reason: null,
      result: null,
      problem: {
        code: 'DOCUMENT_INVALID',
        detail: null,
        triesLeft: null,
        documents: [{ documentId: 'rx-1', line: 3, record: '101', field: '薬品名', reason: { ja: '空です', en: 'empty' } }],
        report: { checkedAt: new Date(0), title: { ja: '題', en: 'title' } },
      },
    });
    const { status, json } = await post({ 'accept-language': 'en-GB,ja;q=0.5' }, signatureBody());
    expect(status).toBe(422);
    expect(json).toMatchObject({
      id: 'req-1',
      state: 'failed',
      triesLeft: null,
      documents: [{ line: 3, reason: 'empty' }],
      report: { checkedAt: '1970-01-01T00:00:00.000Z', title: 'title' },
    });
  });

  it.each([
    ['an unknown field', signatureBody({ pin: '1234' })],
    ['an unknown field of a document', signatureBody({ documents: [{ id: 'a', type: 'prescription', csv: 'QUJD', hash: 'x' }] })],
    ['no document', signatureBody({ documents: [] })],
    ['201 documents', signatureBody({ documents: Array.from({ length: 201 }, (_, n) => ({ id: `d${n}`, type: 'prescription', csv: 'QUJD' })) })],
    ['the same id twice', signatureBody({ documents: [1, 2].map(() => ({ id: 'a', type: 'prescription', csv: 'QUJD' })) })],
    ['an id with a slash', signatureBody({ documents: [{ id: '../a', type: 'prescription', csv: 'QUJD' }] })],
    ['base64 with a line break', signatureBody({ documents: [{ id: 'a', type: 'prescription', csv: 'QUJD\nQUJD' }] })],
    ['base64url', signatureBody({ documents: [{ id: 'a', type: 'prescription', csv: '-_-_' }] })],
    ['base64 with loose bits', signatureBody({ documents: [{ id: 'a', type: 'prescription', csv: 'QUJ=' }] })],
    ['a dispensing result without its prescription', signatureBody({ documents: [{ id: 'a', type: 'dispensing', csv: 'QUJD' }] })],
    ['a key named __proto__', signatureBody().replace('{', '{"__proto__":{"partial":true},')],
    ['an array', '[]'],
    ['no JSON', '{'],
    ['nothing', ''],
  ])('refuses %s with 400 and submits nothing', async (_what, body) => {
    const { status, json } = await post({}, body);
    expect({ status, code: problemAnswer.parse(json).code }).toEqual({ status: 400, code: 'REQUEST_INVALID' });
    expect(running.signatures.submitted).toEqual([]);
  });

  it('accepts 200 documents', async () => {
    const documents = Array.from({ length: 200 }, (_, n) => ({ id: `d${n}`, type: 'prescription', csv: 'QUJD' }));
    const { status } = await post({}, signatureBody({ documents }));
    expect(status).toBe(202);
    expect(running.signatures.submitted[0]?.request.documents).toHaveLength(200);
  });

  it('names the field, never its value', async () => {
    const { text } = await post({}, signatureBody({ staff: { id: 'SECRET 患者', name: 'x' } }));
    expect(text).toContain('body.staff.id');
    expect(text).not.toContain('SECRET');
  });

  it('refuses a body that is not UTF-8', async () => {
    const body = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]);
    const { status } = await ask(running.port, '/v1/signatures', { method: 'POST', headers: nativeHeaders({ 'idempotency-key': 'k' }), body });
    expect(status).toBe(400);
  });

  it.each([undefined, '', 'two words', 'ü', 'x'.repeat(129)])('refuses the Idempotency-Key %j', async (key) => {
    const headers = nativeHeaders(key === undefined ? {} : { 'idempotency-key': Buffer.from(key).toString('latin1') });
    const { status, text } = await ask(running.port, '/v1/signatures', { method: 'POST', headers, body: signatureBody() });
    expect(status).toBe(400);
    expect(text).toContain('Idempotency-Key');
  });

  it('cuts a preference to wait at the maximum, but refuses a query beyond it', async () => {
    const query = await post({}, signatureBody(), '?wait=121');
    expect(query.status).toBe(400);
    running.signatures.next = signed;
    const preferred = await post({ prefer: 'respond-async, wait=99999' }, signatureBody());
    expect(preferred.status).toBe(201);
  });
});

describe('GET and DELETE /v1/signatures/{id}', () => {
  const get = (id: string, headers = nativeHeaders()): Promise<HttpAnswer> => ask(running.port, `/v1/signatures/${id}`, { headers });

  it('shows the state, then the result', async () => {
    await post({}, signatureBody());
    expect((await get('req-1')).json).toMatchObject({ state: 'awaiting_pin' });
    running.signatures.become(signed('req-1'));
    const { status, json } = await get('req-1');
    expect(status).toBe(200);
    expect(signedAnswer.parse(json).id).toBe('req-1');
  });

  it('waits for the end when asked', async () => {
    await post({}, signatureBody());
    const answer = ask(running.port, '/v1/signatures/req-1?wait=60', { headers: nativeHeaders() });
    const listening = running.signatures.submitted[0]?.caller.clientId ?? '';
    await until(() => running.signatures.listeners(listening) === 1, 'waiting');
    running.signatures.become(signed('req-1'));
    expect((await answer).json).toMatchObject({ state: 'signed' });
  });

  it('gives the problem of a request that ended otherwise', async () => {
    await post({}, signatureBody());
    running.signatures.become({ id: 'req-1', state: 'expired', reason: null, result: null, problem: null });
    const { status, json } = await get('req-1');
    expect(status).toBe(200);
    expect(json).toMatchObject({ state: 'expired', problem: { code: 'EXPIRED' } });
  });

  it('says RESULT_NOT_HELD with the state when the documents are gone', async () => {
    await post({}, signatureBody());
    running.signatures.become({ id: 'req-1', state: 'signed', reason: null, result: null, problem: null });
    const { status, json } = await get('req-1');
    expect(status).toBe(409);
    expect(json).toMatchObject({ code: 'RESULT_NOT_HELD', state: 'signed', id: 'req-1' });
  });

  it("knows nothing of another client's request", async () => {
    await post({}, signatureBody());
    expect((await get('req-1', webHeaders())).status).toBe(404);
    expect((await ask(running.port, '/v1/signatures/req-1', { method: 'DELETE', headers: webHeaders() })).status).toBe(404);
    expect(running.signatures.cancelled).toEqual([]);
  });

  it('cancels', async () => {
    await post({}, signatureBody());
    const { status, json } = await ask(running.port, '/v1/signatures/req-1', { method: 'DELETE', headers: nativeHeaders() });
    expect(status).toBe(200);
    expect(json).toMatchObject({ state: 'cancelled', problem: { code: 'CANCELLED_BY_USER' } });
  });

  describe('cancels while a card is at work:', () => {
    const clientId = (): string => running.signatures.submitted[0]?.caller.clientId ?? '';
    const remove = (signal?: AbortSignal): Promise<Response> =>
      fetch(`http://127.0.0.1:${running.port}/v1/signatures/req-1`, { method: 'DELETE', headers: { authorization: nativeHeaders()['authorization'] ?? '' }, signal: signal ?? null });
    const waits = (count = 1): Promise<void> => until(() => running.signatures.listeners(clientId()) === count, 'waiting');
    beforeEach(async () => {
      running.signatures.cardWorks = true;
      await post({}, signatureBody());
      running.signatures.become({ id: 'req-1', state: 'signing', reason: null, result: null, problem: null });
    });

    it('what is signed stays signed, and is told', async () => {
      const answer = remove();
      await waits();
      running.signatures.become(signed('req-1'));
      expect(await (await answer).json()).toMatchObject({ state: 'signed', id: 'req-1' });
    });

    it('after five seconds the answer is how it stands', async () => {
      const before = performance.now();
      const answer = await remove();
      expect([answer.status, await answer.json()]).toEqual([200, expect.objectContaining({ state: 'signing' })]);
      expect(performance.now() - before).toBeGreaterThan(4900);
    });

    it('nobody waits for a caller that hung up', async () => {
      const abort = new AbortController();
      const answer = remove(abort.signal);
      await Promise.race([waits(), answer]);
      abort.abort();
      await expect(answer).rejects.toThrow();
      await waits(0);
      expect(running.signatures.cancelled).toContain('req-1');
    });
  });

  it('stops waiting when the caller hangs up', async () => {
    await post({}, signatureBody());
    const clientId = running.signatures.submitted[0]?.caller.clientId ?? '';
    const abort = new AbortController();
    const polled = fetch(`http://127.0.0.1:${running.port}/v1/signatures/req-1?wait=60`, {
      headers: { authorization: nativeHeaders()['authorization'] ?? '' },
      signal: abort.signal,
    });
    await Promise.race([until(() => running.signatures.listeners(clientId) === 1, 'waiting'), polled]);
    abort.abort();
    await expect(polled).rejects.toThrow();
    await until(() => running.signatures.listeners(clientId) === 0, 'given up');
  });
});
