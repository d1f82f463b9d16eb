/** Counts, not times: a signature that costs one command more is a change that somebody has to want. */
import { describe, expect, it } from 'vitest';
import { commandsPerSignature, fewestCommands } from '../../../bench/row-7-commands.ts';

describe('a signature under the PIN rules, after the first of its session', () => {
  it.each(['circulation', 'annex-b'] as const)('costs the fewest commands that the card allows and one VERIFY (%s)', async (layout) => {
    expect(await commandsPerSignature(layout)).toEqual({ commands: fewestCommands[layout], verifies: 1 });
  });
});
