/** INVALID outranks INDETERMINATE, which outranks VALID. */
export type Verdict = 'VALID' | 'INVALID' | 'INDETERMINATE';

/** VALID where there are none. */
export function worstVerdict(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('INVALID')) return 'INVALID';
  return verdicts.includes('INDETERMINATE') ? 'INDETERMINATE' : 'VALID';
}
