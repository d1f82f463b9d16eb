/** Bundles the specs' own main process into out/e2e; pages and preload are the product's. */
import { cpSync } from 'node:fs';
import path from 'node:path';
import { bundleMain } from '../../../scripts/dev/bundle-main.ts';

const root = path.join(import.meta.dirname, '../../..');
const folder = path.join(root, 'out/e2e');
await bundleMain('test/e2e/app/main.ts', folder);
// The service's pages find their scripts and styles beside their own code.
cpSync(path.join(root, 'src/sandbox/remote/pages'), folder, { recursive: true, filter: (file) => !file.endsWith('.ts') });
