/** fast-check, whose properties are tried PROPERTY_RUNS_FACTOR times as often (30), each for most of a minute at the longest. */
import fc from 'fast-check';

export * from 'fast-check';

const factor = Number(process.env['PROPERTY_RUNS_FACTOR'] ?? 30);
const usualRuns = 100;
/** In milliseconds. The shortest time that a test with properties allows itself is a minute. */
const longest = 50_000;

const assert = ((property: fc.IRawProperty<void>, { numRuns = usualRuns, ...parameters }: fc.Parameters = {}) =>
  fc.assert(property, { ...parameters, numRuns: numRuns * factor, interruptAfterTimeLimit: longest })) as typeof fc.assert;

export default { ...fc, assert };
