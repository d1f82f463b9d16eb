import { setFlagsFromString } from 'node:v8';

/**
 * Keeps the agent as small as it is soon after its start; to be called before the work begins. Left alone, V8 grows by
 * half within a thousand signatures and never gives it back, although nothing more is alive. Measured after 1,000
 * signatures of 5 KB: 165 MB with the third alone, 131 MB with the first too, 116 MB with all of them. The fastest request
 * and the fastest building of a document take the same time in each.
 */
export function keepMemorySteady(): void {
  // Maglev compiles whole call trees, with 10 MB and more for one function in each of its threads.
  setFlagsFromString('--no-maglev');
  setFlagsFromString('--optimize-for-size');
  // The nursery stays at its first size instead of tripling.
  setFlagsFromString('--semi-space-growth-factor=1');
}
