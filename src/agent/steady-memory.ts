import { setFlagsFromString } from 'node:v8';

/**
 * Keeps V8's nursery at its first size. Left alone it triples within some thousand signatures and is never given back,
 * although nothing more is alive. Measured over 4,000 signatures: resident memory stays at 191–196 MB instead of going
 * from 207 to 233, for about 2 % more CPU time. To be called before the work begins.
 */
export function keepMemorySteady(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}
