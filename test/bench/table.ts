import { isMet, type BenchLine, type Measured } from './row.ts';

/** One line per comparison, in Markdown, so that it can be pasted as it is. */
export function tableOf(lines: readonly BenchLine[]): string {
  return [
    '| # | what | ours (min / p50 / p99) | beside (min / p50 / p99) | value | target | |',
    '|---|---|---|---|---|---|---|',
    ...lines.map(
      (line) =>
        `| ${line.row} | ${line.what} | ${shown(line.ours)} | ${line.against.map(({ name, measured }) => `${name}: ${shown(measured)}`).join('<br>')} ` +
        `| ${rounded(line.value)} ${line.target.unit} | ${line.target.relation === '<=' ? '≤' : '≥'} ${line.target.bound} | ${isMet(line) ? '○' : '×'} |`,
    ),
  ].join('\n');
}

function shown(measured: Measured): string {
  if ('count' in measured) return `${rounded(measured.count)} ${measured.unit}`;
  return `${rounded(measured.min)} / ${rounded(measured.p50)} / ${rounded(measured.p99)} ms`;
}

function rounded(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (Number.isInteger(value)) return String(value);
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(value >= 1 ? 2 : 3);
}
