import type { ReadCounter } from './card-host.ts';
import type { CardStack } from './card-stack.ts';
import type { CardStackSpec } from './card-stack-spec.ts';
import { PresenceCardStack } from './presence-card-stack.ts';

/**
 * How long a counter may wait for other programs, in milliseconds: a person waits for the PIN window meanwhile, and goes
 * without the number when it is over.
 */
const counterPatienceMs = 1_000;

/**
 * Loads only what this process needs: a PC/SC host never loads PKCS#11, and the other way round. `readCounter` asks the
 * host that has PC/SC. Not in the module's own process: while our transaction waits for its next turn there, a synchronous call of
 * the module would wait for our transaction.
 */
export async function loadCardStack(spec: CardStackSpec, readCounter: ReadCounter): Promise<CardStack> {
  switch (spec.kind) {
    case 'pcsc': {
      const { connectPcsc } = await import('../pcsc/connect-pcsc.ts');
      if (spec.presenceOnly === true) return new PresenceCardStack(connectPcsc({ patienceMs: counterPatienceMs }));
      const { DirectCardStack } = await import('../cards/direct-card-stack.ts');
      return new DirectCardStack(connectPcsc(), { readerKeypad: spec.readerKeypad ?? 'auto' });
    }
    case 'pkcs11': {
      const { openPkcs11CardStack } = await import('../pkcs11/open-card-stack.ts');
      return openPkcs11CardStack(spec.module, readCounter);
    }
  }
}
