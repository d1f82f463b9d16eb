/**
 * Writes the release's SBOM (CycloneDX 1.5): of what `npm sbom` lists, the packages that are installed with the program,
 * those that are bundled into its pages and preload, and Electron itself. `npm run sbom [-- FILE]`, default
 * dist/sbom.cdx.json.
 */
import { execFileSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

const root = path.join(import.meta.dirname, '..');

interface Component {
  readonly 'bom-ref': string;
  readonly type: 'library' | 'framework' | 'application';
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly [other: string]: unknown;
}

interface Bom {
  readonly bomFormat: 'CycloneDX';
  readonly specVersion: string;
  readonly metadata: { readonly component: Component; readonly [other: string]: unknown };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

interface Lock {
  readonly packages: Readonly<Record<string, { readonly version: string; readonly dev?: true }>>;
}

export function makeSbom(): Bom {
  const listed = npmSbom();
  const { name, version } = readJson('package.json') as { readonly name: string; readonly version: string };
  const ref = `${name}@${version}`;
  const { packages } = readJson('package-lock.json') as Lock;
  const installed = new Set(Object.entries(packages).flatMap(([place, { version: at, dev }]) => (dev === true ? [] : [`${place.split('node_modules/').at(-1)}@${at}`])));
  const bundled = new Set(bundledPackages().map((each) => `${each}@${packages[`node_modules/${each}`]?.version}`));
  const framework = electron();
  const kept = new Set([...installed, ...bundled, ref, framework['bom-ref']]);
  const isKept = (component: string): boolean => kept.has(component);
  return {
    ...listed,
    // npm names the program by its folder.
    metadata: { ...listed.metadata, component: { ...listed.metadata.component, 'bom-ref': ref, type: 'application', name } },
    components: [
      ...listed.components
        .filter((component) => isKept(component['bom-ref']) && component['bom-ref'] !== framework['bom-ref'])
        .map((component) => (bundled.has(component['bom-ref']) ? { ...component, properties: [{ name: 'hpki-agent:bundled', value: 'true' }] } : component)),
      framework,
    ],
    dependencies: listed.dependencies
      .filter((entry) => isKept(entry.ref))
      .map((entry) => ({ ref: entry.ref, dependsOn: entry.ref === framework['bom-ref'] ? [] : entry.dependsOn.filter(isKept) })),
  };
}

/** Of everything: with `--omit dev` npm leaves out what development and the product both need. */
function npmSbom(): Bom {
  const npm = process.env['npm_execpath'];
  const [program, first]: [string, string[]] = npm === undefined ? ['npm', []] : [process.execPath, [npm]];
  const out = execFileSync(program, [...first, 'sbom', '--sbom-format', 'cyclonedx', '--package-lock-only'], { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  return JSON.parse(out) as Bom;
}

/** Names of the packages of which something is in the built pages, preload and main: by the source maps, and by stylesheets. */
export function bundledPackages(): readonly string[] {
  const folder = mkdtempSync(path.join(tmpdir(), 'sbom-'));
  try {
    const builder = path.join(root, 'node_modules/electron-vite/bin/electron-vite.js');
    execFileSync(process.execPath, [builder, 'build', '--sourcemap', '--logLevel', 'error'], { cwd: root, env: { ...process.env, NODE_OPTIONS: '', DESKTOP_OUT: folder }, stdio: 'pipe' });
    const sources = globSync('**/*.map', { cwd: folder }).flatMap((file) => (JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as { readonly sources: readonly string[] }).sources);
    const names = sources.flatMap((source) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(source)?.[1] ?? []);
    const styles = globSync('src/renderer/**/*.css', { cwd: root }).flatMap((file) => [...readFileSync(path.join(root, file), 'utf8').matchAll(/@import '((?:@[^/']+\/)?[^./'][^/']*)/g)].map(([, name = '']) => name));
    return [...new Set([...names, ...styles])].sort();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The program that the package runs in, with the hashes of its published archives for the targets we pack. */
function electron(): Component {
  const { version, license } = readJson('node_modules/electron/package.json') as { readonly version: string; readonly license: string };
  const checksums = readJson('node_modules/electron/checksums.json') as Readonly<Record<string, string>>;
  const archives = ['win32-x64', 'linux-x64', 'darwin-x64', 'darwin-arm64'].map((target) => {
    const file = `electron-v${version}-${target}.zip`;
    const content = checksums[file];
    if (content === undefined) throw new Error(`Electron publishes no checksum of ${file}`);
    return { type: 'distribution', url: `https://github.com/electron/electron/releases/download/v${version}/${file}`, hashes: [{ alg: 'SHA-256', content }] };
  });
  return {
    'bom-ref': `electron@${version}`,
    type: 'framework',
    name: 'electron',
    version,
    purl: `pkg:github/electron/electron@v${version}`,
    description: 'Electron with its Chromium and Node.js; their parts and licences are in LICENSES.chromium.html of the package',
    licenses: [{ license: { id: license } }],
    externalReferences: archives,
  };
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(path.join(root, file), 'utf8'));
}

if (process.argv[1] === import.meta.filename) {
  const file = path.resolve(process.argv[2] ?? path.join(root, 'dist/sbom.cdx.json'));
  const bom = makeSbom();
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(bom, null, 2)}\n`);
  console.log(`${path.relative(process.cwd(), file)}: ${bom.components.length} components`);
}
