import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // How long a condition is waited for, not how fast it has to come: machines are shared, and vitest's own second is short then.
    expect: { poll: { timeout: 20_000 } },
    // Suites that own a pcscd, a SoftHSM or a browser say so with describeWith (test/support/machine.ts).
  },
});
