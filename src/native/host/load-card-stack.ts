import type { CardStack } from './card-stack.ts';
import type { CardStackSpec } from './card-stack-spec.ts';
import { PresenceCardStack } from './presence-card-stack.ts';

/** Loads only what this process needs: a PC/SC host never loads PKCS#11, and the other way round. */
export async function loadCardStack(spec: CardStackSpec): Promise<CardStack> {
  switch (spec.kind) {
    case 'pcsc': {
      const { connectPcsc } = await import('../pcsc/connect-pcsc.ts');
      if (spec.presenceOnly === true) return new PresenceCardStack(connectPcsc());
      const { DirectCardStack } = await import('../cards/direct-card-stack.ts');
      return new DirectCardStack(connectPcsc());
    }
    case 'pkcs11': {
      const { openPkcs11CardStack } = await import('../pkcs11/open-card-stack.ts');
      return openPkcs11CardStack(spec.module);
    }
  }
}
