import { describe, expect, it } from 'vitest';
import { networkErrorCodes, type NetworkErrorCode } from '../../../../../src/contract/error-codes.ts';
import { Breaker } from '../../../../../src/agent/remote/network/breaker.ts';
import { NetworkError } from '../../../../../src/agent/remote/network/network-error.ts';
import { mayTryAgain, retryAfterMs } from '../../../../../src/agent/remote/network/retry-policy.ts';

const failure = (code: NetworkErrorCode, sent: 'never' | 'maybe'): NetworkError =>
  new NetworkError({ code, phase: 'http', hop: 'service', host: 'h:443', sent, detail: { ja: '', en: '' } });

describe('what may be sent again', () => {
  it('is never what may have been carried out and is not repeatable', () => {
    for (const code of networkErrorCodes) expect(mayTryAgain(failure(code, 'maybe'), false)).toBe(false);
  });

  it('is what never left, where the failure may pass by itself', () => {
    expect(networkErrorCodes.filter((code) => mayTryAgain(failure(code, 'never'), false))).toEqual(['PROVIDER_UNREACHABLE', 'PROXY_UPSTREAM']);
  });

  it.each([['5', 5000], ['0', 0], [null, null], ['soon', null], ['Wed, 01 Apr 2026 00:00:10 GMT', 10_000], ['Wed, 01 Apr 2020 00:00:00 GMT', 0]])('waits as Retry-After %j says: %s', (value, expected) => {
    expect(retryAfterMs(value, Date.parse('2026-04-01T00:00:00Z'))).toBe(expected);
  });
});

describe('the breaker', () => {
  it('opens after failures in a row, lets one through, doubles its time and closes upon a success', () => {
    let now = 0;
    const breaker = new Breaker({ monotonic: () => now }, { failures: 2, firstMs: 10, longestMs: 30 });
    const enter = (): Exclude<ReturnType<Breaker['enter']>, number> => {
      const passage = breaker.enter();
      if (typeof passage === 'number') throw new Error(`closed for ${passage} ms`);
      return passage;
    };
    enter().failed();
    enter().succeeded();
    enter().failed();
    enter().failed();
    expect(breaker.enter()).toBe(10);
    now = 10;
    const probe = enter();
    expect(breaker.enter()).toBe(10);
    probe.failed();
    expect(breaker.enter()).toBe(20);
    now = 30;
    enter().abandoned();
    enter().failed();
    expect(breaker.enter()).toBe(30);
    now = 60;
    enter().succeeded();
    enter().failed();
    expect(typeof breaker.enter()).toBe('object');
  });
});
