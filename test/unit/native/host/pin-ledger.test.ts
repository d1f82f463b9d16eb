import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFilePinLedger } from '../../../../src/native/host/pin-ledger-file.ts';
import { consentNeeded, failuresSeen } from '../../../../src/native/host/pin-ledger.ts';
import { cardA, cardB } from './fake-card-stack.ts';

describe('the need for consent', () => {
  it('is two or fewer tries, or two failures of a card that does not tell', () => {
    expect([0, 1, 2, 3, 15].map((tries) => consentNeeded('hpki', tries, 0))).toEqual([true, true, true, false, false]);
    expect([0, 1, 2, 3].map((failures) => consentNeeded('hpki', 'unknown', failures))).toEqual([false, false, true, true]);
  });

  it('comes after one failure of a My Number card that does not tell: it has three tries in all', () => {
    expect([0, 1, 2, 3].map((tries) => consentNeeded('jpki', tries, 0))).toEqual([true, true, true, false]);
    expect([0, 1, 2].map((failures) => consentNeeded('jpki', 'unknown', failures))).toEqual([false, true, true]);
  });

  it('counts a PIN in flight as a failure', () => {
    expect(failuresSeen({ failures: 1, inFlight: true })).toBe(2);
    expect(failuresSeen({ failures: 1, inFlight: false })).toBe(1);
  });
});

describe('the ledger in a file', () => {
  let dir: string;
  let path: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'hpki-ledger-'));
    path = join(dir, 'deep', 'pin-ledger.json');
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it('starts with no failures and remembers across restarts, card by card', async () => {
    const ledger = createFilePinLedger(path);
    expect(await ledger.load(cardA)).toEqual({ failures: 0, inFlight: false });
    await ledger.save(cardA, { failures: 1, inFlight: true });
    await ledger.save(cardB, { failures: 4, inFlight: false });
    const again = createFilePinLedger(path);
    expect(await again.load(cardA)).toEqual({ failures: 1, inFlight: true });
    expect(await again.load(cardB)).toEqual({ failures: 4, inFlight: false });
  });

  it.skipIf(process.platform === 'win32')('is readable by its user only, and leaves no half-written file', async () => {
    const ledger = createFilePinLedger(path);
    await Promise.all([1, 2, 3, 4, 5].map((failures) => ledger.save(cardA, { failures, inFlight: false })));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(dir, 'deep'))).toEqual(['pin-ledger.json']);
    expect(await createFilePinLedger(path).load(cardA)).toEqual({ failures: 5, inFlight: false });
  });

  it('never reads a damaged file as "no failures": every card then asks the person first', async () => {
    await createFilePinLedger(path).save(cardA, { failures: 0, inFlight: false });
    const whole = readFileSync(path, 'utf8');
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: whole.length - 1 }), async (length) => {
        writeFileSync(path, whole.slice(0, length));
        const ledger = createFilePinLedger(path);
        expect(consentNeeded('hpki', 'unknown', failuresSeen(await ledger.load(cardB)))).toBe(true);
        await ledger.save(cardA, { failures: 0, inFlight: false });
        const again = createFilePinLedger(path);
        expect((await again.load(cardA)).failures).toBe(0);
        expect((await again.load(cardB)).failures).toBe(2);
      }),
      { numRuns: 30 },
    );
  });

  it('fails when it cannot write, and then still says what is on disk', async () => {
    writeFileSync(join(dir, 'deep'), 'a file where the folder should be');
    await expect(createFilePinLedger(path).save(cardA, { failures: 0, inFlight: true })).rejects.toThrow();
  });
});
