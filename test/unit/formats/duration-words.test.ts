import { expect, it } from 'vitest';
import { durationWords } from '../../../src/formats/duration-words.ts';

it.each([
  [0, '0秒', '0 seconds'],
  [1, '1秒', '1 second'],
  [119, '119秒', '119 seconds'],
  [120, '約2分', 'about 2 minutes'],
  [600, '約10分', 'about 10 minutes'],
  [7_199, '約120分', 'about 120 minutes'],
  [7_200, '約2時間', 'about 2 hours'],
  [172_799, '約48時間', 'about 48 hours'],
  [172_800, '約2日', 'about 2 days'],
  [31_535_999, '約365日', 'about 365 days'],
])('says %i seconds as %s', (seconds, ja, en) => {
  expect(durationWords(seconds)).toEqual({ ja, en });
});
