import { combineCardHosts } from '../native/host/combined-card-host.ts';
import type { CardHost, ReadCounter } from '../native/host/card-host.ts';
import type { CardStackSpec } from '../native/host/card-stack-spec.ts';
import { createFilePinLedger } from '../native/host/pin-ledger-file.ts';
import { startCardHost, type StartedCardHost } from '../native/host/process-card-host.ts';
import type { Settings } from './config/settings.ts';
import type { DataDirectory } from './storage/data-directory.ts';

/** The card hosts that the settings name, each in its own process, as one. Undefined where cards are switched off. */
export function openCardHosts(settings: Pick<Settings, 'cards' | 'deadlines'>, data: DataDirectory): CardHost | undefined {
  const { cards, deadlines } = settings;
  const ledger = createFilePinLedger(data.pinLedger);
  const limits = { card: deadlines.cardCallSeconds * 1000, sign: deadlines.loginAndSignSeconds * 1000 };
  const start = (stack: CardStackSpec, readCounter?: ReadCounter): StartedCardHost =>
    startCardHost({ stack, ledger, deadlines: limits, ...(readCounter === undefined ? {} : { readCounter }) });
  // Where a module owns the cards our own SELECTs would drop its state: PC/SC then only watches who comes and goes, and
  // reads the PIN counter for the module, which has none.
  const { readerKeypad } = cards;
  const pcsc = cards.direct ? start({ kind: 'pcsc', presenceOnly: cards.modules.length > 0, readerKeypad }) : undefined;
  const modules = cards.modules.map((module) => start({ kind: 'pkcs11', module: { ...module, readerKeypad } }, pcsc?.readCounter));
  const hosts = pcsc === undefined ? modules : [pcsc, ...modules];
  return hosts.length === 0 ? undefined : combineCardHosts(hosts);
}
