import type { Summary } from './measure.ts';

export interface BenchOptions {
  /** Fewer rounds: whether it runs at all, and a first orientation. */
  readonly quick: boolean;
  /** Row 9 also makes 10,000 signatures. */
  readonly long: boolean;
  readonly note: (text: string) => void;
}

/** One line of the table: what was measured, beside what, and whether the ratio is what was promised. */
export interface BenchLine {
  readonly row: string;
  readonly what: string;
  readonly ours: Measured;
  readonly against: readonly { readonly name: string; readonly measured: Measured }[];
  /** Ours to theirs, or another number of which a bound was promised. */
  readonly value: number;
  readonly target: Target;
  /** How it was counted, where that is not plain. */
  readonly remark?: string;
}

export type Measured = Summary | { readonly count: number; readonly unit: string };

export interface Target {
  readonly relation: '<=' | '>=';
  readonly bound: number;
  readonly unit: '×' | '× faster' | 'ms' | 'commands' | 'MB';
}

export interface BenchRow {
  readonly number: number;
  readonly title: string;
  /** Programs without which it cannot be measured (test/support/programs.ts). */
  readonly needs: readonly string[];
  readonly run: (options: BenchOptions) => Promise<readonly BenchLine[]>;
}

export function isMet({ value, target }: BenchLine): boolean {
  return target.relation === '<=' ? value <= target.bound : value >= target.bound;
}
