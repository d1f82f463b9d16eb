/** A PC/SC library that does what the test says, for behaviour that no test machine has. */
import type { PcscApi } from '../../../../src/native/pcsc/pcsc-api.ts';
import { statusCode } from '../../../../src/native/pcsc/status.ts';

const atr = Uint8Array.of(0x3b, 0x00);

/** A service with nothing in it, overridden where the test wants something. Counts contexts. */
export function scriptedPcsc(script: Partial<PcscApi>): PcscApi & { readonly openContexts: () => number } {
  let contexts = 0n;
  let open = 0;
  const waits = new Set<() => void>();
  return {
    hasPnpReader: true,
    openContexts: () => open,
    establishContext: () => {
      contexts += 1n;
      open += 1;
      return Promise.resolve({ status: 0, context: contexts });
    },
    releaseContext: () => {
      open -= 1;
      return Promise.resolve(0);
    },
    listReaders: () => Promise.resolve({ status: statusCode('SCARD_E_NO_READERS_AVAILABLE'), readers: [] }),
    getStatusChange: () => new Promise((resolve) => {
      waits.add(() => resolve({ status: statusCode('SCARD_E_CANCELLED'), readers: [] }));
    }),
    cancel: () => {
      for (const end of waits) end();
      waits.clear();
      return Promise.resolve(0);
    },
    connect: () => Promise.resolve({ status: 0, card: 1n, protocol: 2 }),
    reconnect: () => Promise.resolve({ status: 0, protocol: 2 }),
    disconnect: () => Promise.resolve(0),
    beginTransaction: () => Promise.resolve(0),
    endTransaction: () => Promise.resolve(0),
    cardStatus: () => Promise.resolve({ status: 0, atr }),
    transmit: () => Promise.resolve({ status: 0, response: Uint8Array.of(0x90, 0x00) }),
    featureRequest: 0x42000d48,
    control: () => Promise.resolve({ status: statusCode('SCARD_E_UNEXPECTED'), response: new Uint8Array() }),
    ...script,
  };
}
