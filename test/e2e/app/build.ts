/** Bundles the specs' own main process into out/e2e; pages and preload are the product's. */
import { cpSync } from 'node:fs';
import path from 'node:path';
import { rolldown } from 'rolldown';

const root = path.join(import.meta.dirname, '../../..');
const bundle = await rolldown({
  cwd: root,
  platform: 'node',
  input: { main: 'test/e2e/app/main.ts' },
  // Packages stay outside; rolldown's own helpers are none.
  external: (id) => !id.startsWith('.') && !path.isAbsolute(id) && !id.startsWith('@oxc-project/'),
  logLevel: 'warn',
});
await bundle.write({ dir: path.join(root, 'out/e2e'), format: 'esm', sourcemap: true, entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' });
await bundle.close();
// The service's pages find their scripts and styles beside their own code.
cpSync(path.join(root, 'src/sandbox/remote/pages'), path.join(root, 'out/e2e'), { recursive: true, filter: (file) => !file.endsWith('.ts') });
