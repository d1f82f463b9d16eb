import { rm } from 'node:fs/promises';
import path from 'node:path';
import { rolldown } from 'rolldown';

const root = path.join(import.meta.dirname, '..', '..');
/** Inside node_modules, so that the packages are found from there and nothing of it is ever committed. */
const folder = path.join(root, 'node_modules', '.cache', 'hpki-agent-bench');

let built: Promise<string> | undefined;

/** The measured agent bundled as scripts/build.ts bundles the product. Resolves to its entry. */
export function bundleForBench(): Promise<string> {
  return (built ??= build());
}

async function build(): Promise<string> {
  await rm(folder, { recursive: true, force: true });
  const bundle = await rolldown({
    cwd: root,
    platform: 'node',
    input: { 'agent-process': 'test/bench/agent-process.ts', 'card-host-process': 'src/native/host/card-host-process.ts' },
    external: (id) => !id.startsWith('.') && !path.isAbsolute(id),
    logLevel: 'warn',
  });
  await bundle.write({ dir: folder, format: 'esm', entryFileNames: '[name].js' });
  await bundle.close();
  return path.join(folder, 'agent-process.js');
}
