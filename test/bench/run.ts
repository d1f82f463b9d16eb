/**
 * `node test/bench/run.ts [remote] [--rows 1,2,…] [--quick] [--long] [--json]`: measures, prints one table, writes
 * bench/results.json. `remote`: the rows of remote signing. Ends with 1 when a target was missed.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { exitCodes } from '../../src/cli/exit.ts';
import { callersLanguage } from '../../src/cli/language.ts';
import { installCommand, missingPrograms } from '../support/programs.ts';
import { isMet, type BenchLine, type BenchRow } from './row.ts';
import { surroundings } from './surroundings.ts';
import { tableOf } from './table.ts';

const rows: Readonly<Record<string, () => Promise<{ readonly row: BenchRow }>>> = {
  1: () => import('./row-1-build.ts'),
  2: () => import('./row-2-with-key.ts'),
  3: () => import('./row-3-verification.ts'),
  4: () => import('./row-4-request.ts'),
  5: () => import('./row-5-batch.ts'),
  7: () => import('./row-7-commands.ts'),
  '7-login': () => import('./row-7-login.ts'),
  9: () => import('./row-9-start-and-memory.ts'),
  11: () => import('./row-11-remote.ts'),
};

/** Rows by what they are about. */
const groups: Readonly<Record<string, readonly string[]>> = { remote: ['7-login', '11'] };

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rows: { type: 'string' },
    quick: { type: 'boolean', default: false },
    long: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

const note = (text: string): void => void process.stderr.write(`${text}\n`);
const measured: BenchLine[] = [];
const notMeasured: { readonly row: number; readonly missing: readonly string[] }[] = [];
for (const load of wantedRows()) {
  const { row } = await load();
  const missing = missingPrograms(row.needs);
  if (missing.length > 0) {
    note(`row ${row.number} is NOT measured: ${missing.join(', ')} missing (${installCommand})`);
    notMeasured.push({ row: row.number, missing });
    continue;
  }
  note(`row ${row.number}: ${row.title}`);
  measured.push(...(await row.run({ quick: flags.quick, long: flags.long, note: (text) => note(`  ${text}`) })));
}

const results = { ...surroundings(), quick: flags.quick, notMeasured, lines: measured.map((line) => ({ ...line, met: isMet(line) })) };
const folder = join(import.meta.dirname, '..', '..', 'bench');
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);

if (flags.json) console.log(JSON.stringify(results, null, 2));
else {
  console.log(tableOf(measured));
  for (const { row, remark } of measured) if (remark !== undefined) console.log(`\n${row}: ${remark}`);
}
if (!measured.every(isMet)) process.exitCode = 1;

function wantedRows(): readonly (typeof rows)[string][] {
  const [group] = positionals;
  if (group !== undefined && groups[group] === undefined) refuse('行のまとまり', 'group', group, groups);
  const names = flags.rows?.split(',').map((name) => name.trim()) ?? groups[group ?? ''] ?? Object.keys(rows);
  return names.map((name) => rows[name] ?? refuse('行', 'row', name, rows));
}

function refuse(ja: string, en: string, name: string, known: Readonly<Record<string, unknown>>): never {
  const all = Object.keys(known).join(', ');
  note(callersLanguage() === 'ja' ? `bench: ${ja}「${name}」はありません。使えるもの: ${all}。` : `bench: there is no ${en} "${name}". There are: ${all}.`);
  process.exit(exitCodes.usage);
}
