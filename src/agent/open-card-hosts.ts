import { combineCardHosts } from '../native/host/combined-card-host.ts';
import type { CardHost } from '../native/host/card-host.ts';
import { createFilePinLedger } from '../native/host/pin-ledger-file.ts';
import { startCardHost } from '../native/host/process-card-host.ts';
import type { Settings } from './config/settings.ts';
import type { DataDirectory } from './storage/data-directory.ts';

/** The card hosts that the settings name, each in its own process, as one. Undefined where cards are switched off. */
export function openCardHosts(settings: Pick<Settings, 'cards' | 'deadlines'>, data: DataDirectory): CardHost | undefined {
  const { cards, deadlines } = settings;
  const ledger = createFilePinLedger(data.pinLedger);
  const limits = { card: deadlines.cardCallSeconds * 1000, sign: deadlines.loginAndSignSeconds * 1000 };
  const stacks = [
    // Where a module owns the cards our own SELECTs would drop its state: PC/SC then only watches who comes and goes.
    ...(cards.direct ? [{ kind: 'pcsc' as const, presenceOnly: cards.modules.length > 0 }] : []),
    ...cards.modules.map((module) => ({ kind: 'pkcs11' as const, module })),
  ];
  if (stacks.length === 0) return undefined;
  return combineCardHosts(stacks.map((stack) => startCardHost({ stack, ledger, deadlines: limits })));
}
