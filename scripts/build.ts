/**
 * Bundles the product for installation: the command line and the card host's child process, as plain JavaScript in
 * dist/. Packages stay packages (koffi and pkcs11js are native). The sandbox is not an input: nothing here reaches it,
 * and the check at the end proves it on what was written.
 */
import { readFile, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { rolldown } from 'rolldown';

const root = path.join(import.meta.dirname, '..');
const dist = path.join(root, 'dist');

await rm(dist, { recursive: true, force: true });
const bundle = await rolldown({
  cwd: root,
  platform: 'node',
  input: {
    'hpki-agent': 'src/cli/hpki-agent.ts',
    'card-host-process': 'src/native/host/card-host-process.ts',
  },
  external: (id) => !id.startsWith('.') && !path.isAbsolute(id),
  logLevel: 'warn',
});
const { output } = await bundle.write({ dir: dist, format: 'esm', sourcemap: true, entryFileNames: '[name].js' });
await bundle.close();

const sandboxModules = output.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : [])).filter((id) => id.includes(`${path.sep}src${path.sep}sandbox${path.sep}`));
if (sandboxModules.length > 0) {
  throw new Error(`the product must not contain the sandbox: ${sandboxModules.join(', ')}`);
}
for (const file of await readdir(dist)) {
  if (file.endsWith('.js') && (await readFile(path.join(dist, file), 'utf8')).includes('SANDBOX')) {
    throw new Error(`${file} mentions the sandbox`);
  }
}
console.log(`dist: ${output.filter((chunk) => chunk.type === 'chunk').length} chunks`);
