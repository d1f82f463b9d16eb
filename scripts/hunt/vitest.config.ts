/**
 * `npm run test:hunt`: the tests of random properties alone, each property many times as often as in `npm test`. What one
 * run in a thousand would find is found here, and not by chance in somebody else's run.
 */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { defineConfig, type Plugin } from 'vitest/config';
import usual from '../../vitest.config.ts';

const root = path.join(import.meta.dirname, '../..');
const longer = path.join(import.meta.dirname, 'longer-properties.ts');

const instead: Plugin = {
  name: 'longer-properties',
  enforce: 'pre',
  resolveId: (source, importer) => (source === 'fast-check' && importer !== longer ? longer : undefined),
};

export default defineConfig({
  root,
  plugins: [instead],
  test: {
    ...usual.test,
    include: globSync('test/**/*.test.ts', { cwd: root }).filter((file) => readFileSync(path.join(root, file), 'utf8').includes('fc.assert(')),
    testTimeout: 120_000,
  },
});
