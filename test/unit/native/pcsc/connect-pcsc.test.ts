import { describe, expect, it } from 'vitest';
import { connectPcsc } from '../../../../src/native/pcsc/connect-pcsc.ts';
import type { PcscApi } from '../../../../src/native/pcsc/pcsc-api.ts';
import type { SmartCardService, SmartCardServiceState } from '../../../../src/native/pcsc/smart-card-service.ts';
import { statusCode } from '../../../../src/native/pcsc/status.ts';
import { scriptedPcsc } from './scripted-pcsc.ts';

const empty = 0x10;
const present = 0x22;
const timing = { firstRetry: 1, longestRetry: 4, relist: 50, relistWithoutPnp: 5, relistWhileExclusive: 5 };

/** Every state up to and with the first that the condition holds for. */
function statesUntil(service: SmartCardService, last: (state: SmartCardServiceState) => boolean): Promise<SmartCardServiceState[]> {
  const states: SmartCardServiceState[] = [];
  return new Promise((resolve) => {
    const unsubscribe = service.subscribe((state) => {
      states.push(state);
      if (!last(state)) return;
      unsubscribe();
      resolve(states);
    });
  });
}

const running = (state: SmartCardServiceState): boolean => state.service === 'running';
const failing = (status: Parameters<typeof statusCode>[0]) => Promise.resolve({ status: statusCode(status), context: 0n });

describe('connecting to PC/SC', () => {
  it('is a state with its reason where there is no library, and never throws', async () => {
    const service = connectPcsc({
      load: () => {
        throw new Error('libpcsclite.so.1: cannot open shared object file');
      },
    });
    expect(service.state()).toEqual({ service: 'unavailable', reason: 'libpcsclite.so.1: cannot open shared object file' });
    await expect(service.transaction('R', () => Promise.resolve())).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    await service.close();
  });

  it('tries for ever while there is no service, and says so once', async () => {
    let tries = 0;
    const api = scriptedPcsc({});
    const service = connectPcsc({
      timing,
      load: () => ({
        ...api,
        establishContext: () => {
          tries += 1;
          return tries < 40 ? failing('SCARD_E_NO_SERVICE') : api.establishContext();
        },
      }),
    });
    const states = await statesUntil(service, running);
    expect(states).toEqual([{ service: 'unavailable', reason: 'SCARD_E_NO_SERVICE' }, { service: 'running', readers: [] }]);
    await service.close();
    expect(api.openContexts()).toBe(0);
  });

  it.each(['SCARD_E_SERVICE_STOPPED', 'SCARD_E_INVALID_HANDLE', 'ERROR_INVALID_HANDLE', 'SCARD_E_SYSTEM_CANCELLED'] as const)(
    'makes a new context after %s, and counts the card as a new one, as nobody watched', async (status) => {
      let waits = 0;
      const api = scriptedPcsc({
        listReaders: () => Promise.resolve({ status: 0, readers: ['R'] }),
        getStatusChange: (_context, _timeout, queries) => {
          waits += 1;
          if (waits === 2) return Promise.resolve({ status: statusCode(status), readers: [] });
          const readers = queries.map(({ reader }) => ({ reader, eventState: reader === 'R' ? present : 0, atr: Uint8Array.of(0x3b) }));
          return Promise.resolve({ status: 0, readers });
        },
      });
      const service = connectPcsc({ timing, load: () => api });
      const states = await statesUntil(service, (state) => state.service === 'running' && state.readers[0]?.insertion === 2);
      expect(states.every(running)).toBe(true);
      await service.close();
      expect(api.openContexts()).toBe(0);
    },
  );

  it.each(['SCARD_F_COMM_ERROR', 'SCARD_W_SECURITY_VIOLATION'] as const)(
    'calls it SERVICE_UNAVAILABLE when a service dies while it is asked, or turns us away: %s', async (status) => {
      const service = connectPcsc({ timing, load: () => scriptedPcsc({ establishContext: () => failing(status) }) });
      await expect(service.transaction('R', () => Promise.resolve())).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE', status });
      await service.close();
    },
  );

  it('lists anew where there is no plug-and-play reader (macOS): a reader that comes and one that goes are seen', async () => {
    let readers: string[] = [];
    const waitedOn = new Set<string>();
    const api: PcscApi = scriptedPcsc({
      hasPnpReader: false,
      listReaders: () => Promise.resolve({ status: 0, readers }),
      getStatusChange: (_context, timeout, queries) => {
        for (const { reader } of queries) waitedOn.add(reader);
        if (queries.some((query) => query.currentState === 0)) {
          return Promise.resolve({ status: 0, readers: queries.map(({ reader }) => ({ reader, eventState: empty | 2, atr: new Uint8Array() })) });
        }
        return new Promise((resolve) => setTimeout(() => resolve({ status: statusCode('SCARD_E_TIMEOUT'), readers: [] }), timeout));
      },
    });
    const service = connectPcsc({ timing, load: () => api });
    await statesUntil(service, running);
    readers = ['R'];
    const came = await statesUntil(service, (state) => state.service === 'running' && state.readers.length === 1);
    readers = [];
    const went = await statesUntil(service, (state) => state.service === 'running' && state.readers.length === 0);
    expect([came.length, went.length]).toEqual([1, 1]);
    expect([...waitedOn]).toEqual(['R']);
    await service.close();
  });

  it('sees a card swapped for another while a card was there before and after', async () => {
    const states = [0x0001_0022, 0x0003_0022];
    const api = scriptedPcsc({
      listReaders: () => Promise.resolve({ status: 0, readers: ['R'] }),
      getStatusChange: (_context, _timeout, queries) => {
        const eventState = states.shift();
        return eventState === undefined
          ? new Promise((resolve) => setTimeout(() => resolve({ status: statusCode('SCARD_E_TIMEOUT'), readers: [] }), 5))
          : Promise.resolve({ status: 0, readers: queries.map(({ reader }) => ({ reader, eventState, atr: Uint8Array.of(0x3b) })).slice(0, 1) });
      },
    });
    const service = connectPcsc({ timing, load: () => api });
    const seen = await statesUntil(service, (state) => state.service === 'running' && state.readers[0]?.insertion === 2);
    expect(seen.map((state) => (state.service === 'running' ? state.readers.map((reader) => [reader.present, reader.insertion]) : []))).toEqual([[[true, 1]], [[true, 2]]]);
    await service.close();
  });

  it('does not spin when a platform says "changed" and nothing has', async () => {
    let waits = 0;
    const api = scriptedPcsc({
      getStatusChange: (_context, _timeout, queries) => {
        waits += 1;
        return Promise.resolve({ status: 0, readers: queries.map(({ reader }) => ({ reader, eventState: 2, atr: new Uint8Array() })) });
      },
    });
    const service = connectPcsc({ timing, load: () => api });
    await statesUntil(service, running);
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(waits).toBeLessThan(5);
    await service.close();
  });

  it('tries a transaction once more with a new context when the kept one is stale, because nothing was sent', async () => {
    const usedContexts: bigint[] = [];
    let works = 0;
    const api = scriptedPcsc({
      connect: (context) => {
        usedContexts.push(context);
        return Promise.resolve({ status: usedContexts.length === 2 ? statusCode('SCARD_E_INVALID_HANDLE') : 0, card: 1n, protocol: 2 });
      },
    });
    const service = connectPcsc({ timing, load: () => api });
    const work = (): Promise<void> => {
      works += 1;
      return Promise.resolve();
    };
    await service.transaction('R', work);
    await service.transaction('R', work);
    expect(works).toBe(2);
    expect(usedContexts[1]).toBe(usedContexts[0]);
    expect(usedContexts[2]).not.toBe(usedContexts[0]);
    await service.close();
    expect(api.openContexts()).toBe(0);
  });

  it('never repeats work that had begun', async () => {
    let works = 0;
    const service = connectPcsc({
      timing,
      load: () => scriptedPcsc({ transmit: () => Promise.resolve({ status: statusCode('SCARD_E_SERVICE_STOPPED'), response: new Uint8Array() }) }),
    });
    const work = service.transaction('R', (card) => {
      works += 1;
      return card.transmit(Uint8Array.of(0, 0x20, 0, 0x88));
    });
    await expect(work).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' });
    expect(works).toBe(1);
    await service.close();
  });

  it('waits for another program only so long, sends nothing when its turn comes too late, and lets go again', async () => {
    const calls: string[] = [];
    let letGo: (status: number) => void = () => undefined;
    let hasBegun = Promise.withResolvers<undefined>();
    const api = scriptedPcsc({
      beginTransaction: () =>
        new Promise((resolve) => {
          calls.push('begin');
          letGo = resolve;
          hasBegun.resolve(undefined);
        }),
      endTransaction: () => Promise.resolve(calls.push('end')).then(() => 0),
      disconnect: () => Promise.resolve(calls.push('disconnect')).then(() => 0),
      transmit: () => Promise.resolve(calls.push('transmit')).then(() => ({ status: 0, response: Uint8Array.of(0x90, 0x00) })),
    });
    const service = connectPcsc({ timing, patienceMs: 1_000, load: () => api });
    const select = (): Promise<Uint8Array> => service.transaction('R', (card) => card.transmit(Uint8Array.of(0, 0xa4, 0, 0)));
    await expect(select()).rejects.toMatchObject({ code: 'SHARING_VIOLATION', status: 'no transaction within 1000 ms' });
    // The next one waits behind it and takes no further thread.
    await expect(select()).rejects.toMatchObject({ code: 'SHARING_VIOLATION' });
    expect(calls).toEqual(['begin']);
    hasBegun = Promise.withResolvers();
    const next = select();
    letGo(0);
    // Promises only, no timer: however slow the machine, the second that this one may wait cannot pass in between.
    await hasBegun.promise;
    letGo(0);
    expect([...(await next)]).toEqual([0x90, 0x00]);
    expect(calls).toEqual(['begin', 'end', 'disconnect', 'begin', 'transmit', 'end', 'disconnect']);
    await service.close();
    expect(api.openContexts()).toBe(0);
  });

  it('has no deadline for work that has begun: a card may take its time', async () => {
    const service = connectPcsc({ timing, patienceMs: 5, load: () => scriptedPcsc({}) });
    const slow = service.transaction('R', () => new Promise((resolve) => setTimeout(resolve, 40, 'signed')));
    expect(await slow).toBe('signed');
    await service.close();
  });
});
