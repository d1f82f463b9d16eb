/**
 * Row 2: an Origin check that looks for a substring, a prefix or a suffix (ASUS DriverHub CVE-2025-3462 accepted
 * driverhub.asus.com.evil.example). Whatever is put before, behind or into an allowed Origin, it never passes.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { isWebOrigin } from '../../src/agent/api/origin.ts';
import { ask, sideEffects, startRunningApi, webHeaders, webOrigin, type RunningApi } from '../support/running-api.ts';

let running: RunningApi;
beforeAll(async () => (running = await startRunningApi({ policy: { requestsPerMinute: 100_000 } })));
afterAll(() => running.close());

/** What can stand in a header field. A field loses its outer blanks on the way: such an Origin is the allowed one. */
const headerText = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)), minLength: 1, maxLength: 12 });

it('anything added to an allowed Origin is refused by the running agent', async () => {
  await fc.assert(
    fc.asyncProperty(headerText, fc.nat(webOrigin.length), async (added, at) => {
      const origin = webOrigin.slice(0, at) + added + webOrigin.slice(at);
      fc.pre(origin.trim() !== webOrigin);
      const { status } = await ask(running.port, '/v1/status', { headers: webHeaders({ origin }) });
      expect(status).toBe(403);
    }),
    { numRuns: 300 },
  );
  expect(sideEffects(running)).toEqual([]);
});

it('an allowed Origin with a character changed or left out is refused', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(webOrigin.length - 1), fc.constantFrom('', 'x', '.', '/', 'E', '%'), async (at, instead) => {
      const origin = webOrigin.slice(0, at) + instead + webOrigin.slice(at + 1);
      fc.pre(origin !== webOrigin);
      const { status } = await ask(running.port, '/v1/status', { headers: webHeaders({ origin }) });
      expect(status).toBe(403);
    }),
    { numRuns: 150 },
  );
});

it('only what a browser would send as the Origin of a web page can be paired at all', () => {
  fc.assert(
    fc.property(fc.oneof(fc.webUrl(), fc.string(), headerText.map((text) => `https://${text}`)), (text) => {
      if (isWebOrigin(text)) expect(new URL(text).origin).toBe(text);
    }),
    { numRuns: 2000 },
  );
});
