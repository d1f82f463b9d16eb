/**
 * Bundles the product for installation: the command line and the card host's child process, as plain JavaScript in
 * dist/ (or the folder given). Packages stay packages (koffi and pkcs11js are native). The sandbox is not an input, and
 * the checks at the end prove it on what was written: test/integration/build.test.ts.
 */
import { readFile, rm } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import path from 'node:path';
import { rolldown, type OutputChunk } from 'rolldown';
import ts from 'typescript';

const root = path.join(import.meta.dirname, '..');

/** What a checkout has and an installed program must not: virtual cards, a test CA, the demo, the measurements. */
const checkoutOnly = /^(?:src\/sandbox\/|src\/cli\/sandbox\/|src\/cli\/development\.ts$|src\/cli\/commands\/(?:sandbox|demo|demo-remote|bench)\.ts$|test\/|scripts\/)/;

export async function buildProduct(dist: string, entry = 'src/cli/hpki-agent.ts'): Promise<readonly string[]> {
  await rm(dist, { recursive: true, force: true });
  const seen = new Set<string>();
  const bundle = await rolldown({
    cwd: root,
    platform: 'node',
    input: { 'hpki-agent': entry, 'card-host-process': 'src/native/host/card-host-process.ts' },
    external: (id) => !id.startsWith('.') && !path.isAbsolute(id),
    logLevel: 'warn',
    plugins: [{ name: 'modules-seen', moduleParsed: ({ id }) => void seen.add(id) }],
  });
  const { output } = await bundle.write({ dir: dist, format: 'esm', sourcemap: true, entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' });
  await bundle.close();
  const chunks = output.filter((file) => file.type === 'chunk');
  refuseModules([...seen, ...chunks.flatMap(({ moduleIds }) => moduleIds)]);
  await refuseImports(chunks);
  for (const chunk of chunks) refuseText(chunk);
  return chunks.map(({ fileName }) => fileName);
}

/** Every module that was parsed counts, whether or not anything of it is left in the output. */
function refuseModules(ids: readonly string[]): void {
  const refused = ids.map((id) => path.relative(root, id).replaceAll(path.sep, '/')).filter((id) => checkoutOnly.test(id));
  if (refused.length > 0) throw new Error(`the product must not reach ${[...new Set(refused)].join(', ')}`);
}

/** What the output imports is Node's, one of its own files, or a package that an installation has. */
async function refuseImports(chunks: readonly OutputChunk[]): Promise<void> {
  const { dependencies, optionalDependencies } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as Record<string, Record<string, string>>;
  const installed = new Set([...Object.keys(dependencies ?? {}), ...Object.keys(optionalDependencies ?? {})]);
  const own = new Set(chunks.map(({ fileName }) => fileName));
  for (const chunk of chunks) {
    for (const wanted of [...chunk.imports, ...chunk.dynamicImports]) {
      const name = wanted.split('/').slice(0, wanted.startsWith('@') ? 2 : 1).join('/');
      if (!isBuiltin(wanted) && !own.has(wanted) && !installed.has(name)) throw new Error(`${chunk.fileName} imports ${wanted}, which an installation does not have`);
    }
  }
}

/** No code names the sandbox (comments may), and nothing is imported by a name that is made up at run time. */
function refuseText({ fileName, code }: OutputChunk): void {
  const source = ts.createSourceFile(fileName, code, ts.ScriptTarget.Latest);
  const visit = (node: ts.Node): void => {
    const isImport = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
    if (isImport && !ts.isStringLiteralLike(node.arguments[0] ?? node)) throw new Error(`${fileName} imports what only run time knows: ${node.getText(source)}`);
    const isName = ts.isIdentifier(node) || ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node);
    if (isName && /sandbox/i.test(node.text)) throw new Error(`${fileName} names the sandbox: ${node.text.slice(0, 80)}`);
    ts.forEachChild(node, visit);
  };
  visit(source);
}

if (process.argv[1] === import.meta.filename) {
  const files = await buildProduct(path.resolve(process.argv[2] ?? path.join(root, 'dist')));
  console.log(`dist: ${files.length} chunks`);
}
