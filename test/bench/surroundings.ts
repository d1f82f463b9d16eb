import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem, type } from 'node:os';

const root = new URL('../../', import.meta.url);

/** What the numbers were measured on: without it they say nothing. */
export function surroundings(): Readonly<Record<string, unknown>> {
  return {
    at: new Date().toISOString(),
    commit: firstLine('git', ['rev-parse', 'HEAD']),
    changed: firstLine('git', ['status', '--porcelain', '--', 'src']) !== '',
    machine: { system: `${type()} ${release()}`, processor: cpus()[0]?.model ?? 'unknown', cores: cpus().length, memoryMiB: Math.round(totalmem() / 2 ** 20), load: loadavg() },
    versions: {
      node: process.version,
      openssl: process.versions.openssl,
      xadesjs: packageVersion('xadesjs'),
      'xml-crypto': packageVersion('xml-crypto'),
      xmlsec1: firstLine('xmlsec1', ['--version']),
      softhsm: firstLine('softhsm2-util', ['--version']),
      gcc: firstLine('gcc', ['--version']),
    },
  };
}

function packageVersion(name: string): string {
  const { version } = JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, root), 'utf8')) as { version: string };
  return version;
}

/** Of a program's output, or `not here`. */
function firstLine(program: string, options: readonly string[]): string {
  try {
    return execFileSync(program, options, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).split('\n')[0] ?? '';
  } catch {
    return 'not here';
  }
}
