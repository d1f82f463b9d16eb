import { expect, it } from 'vitest';
import { z } from 'zod';
import { cscApi } from '../../../../src/agent/remote/providers/csc/csc-api.ts';
import { isTurnedAway, suspendedService } from '../../../../src/agent/remote/providers/suspended-service.ts';

const answer = (status: number, headers: Readonly<Record<string, string>> = {}): Response => new Response(null, { status, headers });

it.each([
  [429, {}, true],
  [429, { 'retry-after': '5' }, true],
  [503, {}, false],
  [503, { 'retry-after': '' }, false],
  [503, { 'retry-after': 'soon' }, false],
  // What JavaScript takes for dates.
  [503, { 'retry-after': '-1' }, false],
  [503, { 'retry-after': '5.5' }, false],
  [503, { 'retry-after': 'soon 1' }, false],
  [503, { 'retry-after': 'retry in 5' }, false],
  [503, { 'retry-after': '5' }, true],
  [503, { 'retry-after': 'Wed, 01 Apr 2026 03:00:00 GMT' }, true],
  [500, { 'retry-after': '5' }, false],
])('a signature call answered %i %o was turned away: %s', (status, headers, expected) => {
  expect(isTurnedAway(answer(status, headers))).toBe(expected);
});

// Beside a Retry-After that counts down, a number of seconds in the text would be wrong for whoever reads it later.
it.each([
  ['5', 5, '12:00:05 以降にやり直せます。', 'Try again at 12:00:05 or later.'],
  ['121', 121, '12:02:01 以降にやり直せます。', 'Try again at 12:02:01 or later.'],
  ['86400', 86_400, '明日 12:00:00 以降にやり直せます。', 'Try again at 12:00:00 tomorrow or later.'],
  // By the service's clock how long, by this computer's when.
  ['Wed, 01 Apr 2026 02:50:30 GMT', 30, '12:00:30 以降にやり直せます。', 'Try again at 12:00:30 or later.'],
  ['Wed, 01 Apr 2026 02:00:00 GMT', 0, 'すぐにやり直せます。', 'You can try again now.'],
])('says when to come again, where the service says %s', (value, retryAfterSeconds, ja, en) => {
  const now = Date.parse('2026-04-01T12:00:00+09:00');
  const { problem } = suspendedService(answer(503, { 'retry-after': value, date: 'Wed, 01 Apr 2026 02:50:00 GMT' }), undefined, now);
  expect(problem).toMatchObject({ code: 'SERVICE_SUSPENDED', retryAfterSeconds, detail: { ja: expect.stringContaining(`）。${ja}`) as string, en: expect.stringContaining(`). ${en}`) as string } });
});

it('says no time where the service says none', () => {
  expect(suspendedService(answer(503)).problem).not.toHaveProperty('retryAfterSeconds');
});

it.each([
  ['signatures/signHash', '<html>upstream reset', 'REMOTE_ANSWER_LOST'],
  // The service's own word, which no machine in between says (CSC API v2 §10.2).
  ['signatures/signHash', '{"error":"temporarily_unavailable"}', 'SERVICE_SUSPENDED'],
  ['credentials/authorize', '<html>upstream reset', 'SERVICE_SUSPENDED'],
] as const)('503 without a time to %s with %s is %s', async (method, body, code) => {
  const api = cscApi('https://sign.example', () => Promise.resolve(new Response(body, { status: 503 })));
  await expect(api.call(method, 'token', {}, z.unknown())).rejects.toMatchObject({ problem: { code } });
});
