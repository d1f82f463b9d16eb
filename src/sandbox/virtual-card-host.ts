import { DirectCardStack } from '../native/cards/direct-card-stack.ts';
import type { CardHost } from '../native/host/card-host.ts';
import { inProcessCardHost } from '../native/host/guarded-card-host.ts';
import { createMemoryPinLedger } from '../native/host/pin-ledger.ts';
import type { VirtualReaders } from './cards/virtual-readers.ts';

/** The real card driver and the real PIN rules over virtual readers, without a process of its own. */
export function virtualCardHost(readers: VirtualReaders): CardHost {
  return inProcessCardHost(new DirectCardStack(readers), createMemoryPinLedger());
}
