import { afterAll, beforeAll, expect, it } from 'vitest';
import { errorCodes, type ErrorCodeEntry } from '../../../../src/contract/error-codes.ts';
import { ask, startRunningApi, type RunningApi } from '../../../support/running-api.ts';

interface Operation {
  readonly security?: unknown[];
  readonly responses: Readonly<Record<string, unknown>>;
}

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: { readonly ErrorCode: { readonly enum: readonly string[] } } };
}

let running: RunningApi;
let document: Document;
let text: string;
beforeAll(async () => {
  running = await startRunningApi();
  const answer = await ask(running.port, '/openapi.json');
  text = answer.text;
  document = answer.json as Document;
});
afterAll(() => running.close());

it('describes every route, in 3.1', () => {
  expect(document.openapi).toBe('3.1.0');
  const routes = Object.entries(document.paths).flatMap(([path, operations]) => Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`));
  expect(routes.sort()).toEqual([
    'DELETE /v1/sessions/{staffId}', 'DELETE /v1/signatures/{id}', 'GET /health', 'GET /openapi.json', 'GET /v1/events', 'GET /v1/sessions/{staffId}',
    'GET /v1/signatures/{id}', 'GET /v1/status', 'POST /v1/pairings', 'POST /v1/pairings/{id}/confirm', 'POST /v1/sessions', 'POST /v1/signatures', 'POST /v1/verifications',
  ]);
});

it('lists every code of the error table, and a code belongs to an operation with its status', () => {
  expect(document.components.schemas.ErrorCode.enum).toEqual(Object.keys(errorCodes));
  const told = new Map<string, Set<string>>();
  for (const operation of Object.values(document.paths).flatMap((operations) => Object.values(operations))) {
    for (const [status, response] of Object.entries(operation.responses)) {
      for (const code of Object.keys(errorCodes)) {
        if (JSON.stringify(response).includes(`"${code}"`) && Number(status) >= 400) told.set(code, (told.get(code) ?? new Set()).add(status));
      }
    }
  }
  // Answered before a route is known.
  const elsewhere = ['METHOD_NOT_ALLOWED'];
  for (const [code, entry] of Object.entries(errorCodes)) {
    if (!elsewhere.includes(code)) expect([code, [...(told.get(code) ?? [])]]).toEqual([code, [String(entry.status)]]);
  }
});

it('never promises 408 or 425, and 401 for NOT_PAIRED alone', () => {
  const statuses = Object.entries<ErrorCodeEntry>(errorCodes).map(([code, entry]) => [code, entry.status] as const);
  expect(statuses.filter(([, status]) => status === 408 || status === 425)).toEqual([]);
  expect(statuses.filter(([, status]) => status === 401)).toEqual([['NOT_PAIRED', 401]]);
});

it('resolves every reference, and has no field for a PIN, a hash to sign, a module or an address', () => {
  for (const [, reference] of text.matchAll(/"\$ref":"([^"]+)"/g)) {
    const target = (reference ?? '').replace(/^#\//, '').split('/').reduce<unknown>((node, step) => (node as Record<string, unknown> | undefined)?.[step], document);
    expect([reference, typeof target]).toEqual([reference, 'object']);
  }
  expect(text).not.toMatch(/"(pin|hash_to_sign|digest|module|modulePath|endpoint|providerUrl)":\{/i);
});
