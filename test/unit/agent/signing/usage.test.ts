import { describe, expect, it } from 'vitest';
import { Usage } from '../../../../src/agent/signing/usage.ts';

const bounds = { documentsPerSession: 5, requestsPerHour: 2 };
const hour = 3_600_000;

describe('what is signed without a window', () => {
  it('is bounded in documents: exactly so many, and not one more', () => {
    const usage = new Usage(1);
    expect(usage.allows(bounds, 4, 0)).toBe(true);
    expect(usage.allows(bounds, 5, 0)).toBe(false);
    usage.take(4, 0);
    expect(usage.allows(bounds, 1, 0)).toBe(false);
  });

  it('is bounded in requests within any hour', () => {
    const usage = new Usage();
    usage.take(1, 0);
    usage.take(1, 1000);
    expect(usage.allows(bounds, 1, hour - 1)).toBe(false);
    expect(usage.allows(bounds, 1, hour)).toBe(true);
    usage.take(1, hour);
    expect(usage.allows(bounds, 1, hour + 999)).toBe(false);
    expect(usage.allows(bounds, 1, hour + 1000)).toBe(true);
  });

  it('is counted anew after a person has confirmed, and never allowed where nobody knows what was before', () => {
    const usage = new Usage(Number.POSITIVE_INFINITY);
    expect(usage.allows(bounds, 1, 0)).toBe(false);
    usage.reset();
    expect(usage.allows(bounds, 5, 0)).toBe(true);
  });
});
