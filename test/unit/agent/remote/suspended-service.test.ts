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

it.each([
  ['5', 5, '5秒後にやり直せます。', 'Try again in 5 seconds.'],
  ['119', 119, '119秒後にやり直せます。', 'Try again in 119 seconds.'],
  ['121', 121, '約3分後にやり直せます。', 'Try again in about 3 minutes.'],
  ['86400', 86_400, '約24時間後にやり直せます。', 'Try again in about 24 hours.'],
  // By the service's clock, whatever this computer's says.
  ['Wed, 01 Apr 2026 03:00:30 GMT', 30, '30秒後にやり直せます。', 'Try again in 30 seconds.'],
  ['Wed, 01 Apr 2026 02:00:00 GMT', 0, 'すぐにやり直せます。', 'You can try again now.'],
])('says when to come again, where the service says %s', (value, retryAfterSeconds, ja, en) => {
  const { problem } = suspendedService(answer(503, { 'retry-after': value, date: 'Wed, 01 Apr 2026 03:00:00 GMT' }));
  expect(problem).toMatchObject({ code: 'SERVICE_SUSPENDED', retryAfterSeconds, detail: { ja: expect.stringContaining(ja) as string, en: expect.stringContaining(en) as string } });
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
