/** One way to do a piece of work. Resolves to the nanoseconds that it took, so that a competitor may be timed elsewhere. */
export interface Contender<Name extends string = string> {
  readonly name: Name;
  readonly run: () => number | Promise<number>;
}

/** Milliseconds. */
export interface Summary {
  readonly samples: number;
  readonly min: number;
  readonly p50: number;
  readonly p99: number;
}

/** Times a piece of work in this process. */
export function timed<Name extends string>(name: Name, work: () => unknown): Contender<Name> {
  return {
    name,
    run() {
      const from = process.hrtime.bigint();
      work();
      return Number(process.hrtime.bigint() - from);
    },
  };
}

export function timedAsync<Name extends string>(name: Name, work: () => Promise<unknown>): Contender<Name> {
  return {
    name,
    async run() {
      const from = process.hrtime.bigint();
      await work();
      return Number(process.hrtime.bigint() - from);
    },
  };
}

/**
 * Runs the contenders in turn, round after round, each round beginning with another one: what else the machine does
 * meanwhile falls on all of them alike. The first rounds only warm up.
 */
export async function alternate<Name extends string>(
  contenders: readonly Contender<Name>[],
  rounds: { readonly warmUp: number; readonly measured: number },
): Promise<Readonly<Record<Name, Summary>>> {
  const samples = new Map<Name, number[]>(contenders.map(({ name }) => [name, []]));
  for (let round = -rounds.warmUp; round < rounds.measured; round += 1) {
    const first = Math.abs(round) % contenders.length;
    for (const { name, run } of [...contenders.slice(first), ...contenders.slice(0, first)]) {
      const nanoseconds = await run();
      if (round >= 0) samples.get(name)?.push(nanoseconds);
    }
  }
  return Object.fromEntries([...samples].map(([name, taken]) => [name, summarize(taken)])) as Record<Name, Summary>;
}

export function summarize(nanoseconds: readonly number[]): Summary {
  const sorted = nanoseconds.toSorted((a, b) => a - b);
  const at = (share: number): number => (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN) / 1e6;
  return { samples: sorted.length, min: at(0), p50: at(0.5), p99: at(0.99) };
}

/** The sum of steps that follow each other. That of the p99s is an upper bound: they rarely come together. */
export function sumOf(parts: readonly Summary[]): Summary {
  const sum = (pick: (part: Summary) => number): number => parts.reduce((total, part) => total + pick(part), 0);
  return { samples: Math.min(...parts.map(({ samples }) => samples)), min: sum(({ min }) => min), p50: sum(({ p50 }) => p50), p99: sum(({ p99 }) => p99) };
}
