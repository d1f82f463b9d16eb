import { expect, it } from 'vitest';
import { clockWords, clockWordsToTheSecond } from '../../../../src/agent/remote/clock-words.ts';

const at = (text: string): number => Date.parse(`${text}+09:00`);

it.each([
  ['2026-04-01T12:00', '2026-04-01T23:59', '23:59', '23:59'],
  ['2026-04-01T12:00', '2026-04-02T00:00', '明日 0:00', '0:00 tomorrow'],
  ['2026-04-01T23:59', '2026-04-02T06:05', '明日 6:05', '6:05 tomorrow'],
  ['2026-04-02T00:00', '2026-04-02T06:05', '6:05', '6:05'],
  ['2026-04-01T12:00', '2026-04-03T02:00', '4月3日 2:00', '2:00 on 2026-04-03'],
])('at %s, %s is %s', (now, moment, ja, en) => {
  expect(clockWords(new Date(at(moment)), at(now))).toEqual({ ja, en });
});

it.each([
  ['2026-04-01T12:00:00', '2026-04-01T12:00:05', '12:00:05'],
  // Never too early.
  ['2026-04-01T12:00:00', '2026-04-01T12:00:04.001', '12:00:05'],
  ['2026-04-01T23:59:58', '2026-04-01T23:59:59.500', '明日 0:00:00'],
])('at %s, %s to the second is %s', (now, moment, ja) => {
  expect(clockWordsToTheSecond(new Date(at(moment)), at(now)).ja).toBe(ja);
});
