/** Specs of the built desktop app: `npm run e2e` over the model of Electron's API, `npm run e2e:electron` on Electron. */
import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: 'test/e2e',
  testMatch: '**/*.spec.ts',
  outputDir: 'test-results',
  globalSetup: './test/e2e/support/say-what-runs.ts',
  // Each app brings a Chromium, an agent and its card hosts, and mostly waits. What is timed runs by itself (scripts/e2e.ts).
  workers: 2,
  timeout: 90_000,
  expect: { timeout: 15_000 },
  forbidOnly: process.env['CI'] === 'true',
  reporter: 'list',
});
