import { describe, expect, it } from 'vitest';
import { runTransaction } from '../../../../src/native/pcsc/card-transaction.ts';
import type { PcscApi } from '../../../../src/native/pcsc/pcsc-api.ts';
import type { CardChannel } from '../../../../src/native/pcsc/smart-card-service.ts';
import { statusCode } from '../../../../src/native/pcsc/status.ts';
import { scriptedPcsc } from './scripted-pcsc.ts';

const command = Uint8Array.of(0x00, 0xb0, 0x00, 0x00, 0x00);
const reset = statusCode('SCARD_W_RESET_CARD');

/** The same library, with the order of its calls. */
function traced(script: Partial<PcscApi>): { readonly api: PcscApi; readonly calls: string[] } {
  const calls: string[] = [];
  const api = scriptedPcsc(script);
  const trace = new Proxy(api, {
    get(target, name: keyof PcscApi): unknown {
      calls.push(name);
      return Reflect.get(target, name);
    },
  });
  return { api: trace, calls };
}

const once = (...statuses: readonly number[]): (() => Promise<number>) => {
  const left = [...statuses];
  return () => Promise.resolve(left.shift() ?? 0);
};

describe('a transaction', () => {
  it('ends and disconnects also when the work throws, and the work\'s error comes out', async () => {
    const { api, calls } = traced({});
    const work = runTransaction(api, 1n, 'R', () => Promise.reject(new Error('the work\'s own')));
    await expect(work).rejects.toThrow('the work\'s own');
    expect(calls).toEqual(['connect', 'beginTransaction', 'cardStatus', 'endTransaction', 'disconnect']);
  });

  it('begins anew when the card was reset before anything was sent', async () => {
    const { api, calls } = traced({ beginTransaction: once(reset, reset) });
    await runTransaction(api, 1n, 'R', (card) => card.transmit(command));
    expect(calls.filter((name) => name === 'reconnect')).toHaveLength(2);
    expect(calls.filter((name) => name === 'transmit')).toHaveLength(1);
  });

  it('gives up on a card that is reset for ever, without having sent anything', async () => {
    const { api, calls } = traced({ beginTransaction: () => Promise.resolve(reset) });
    await expect(runTransaction(api, 1n, 'R', (card) => card.transmit(command))).rejects.toMatchObject({ code: 'CARD_RESET' });
    expect(calls).not.toContain('transmit');
    expect(calls.at(-1)).toBe('disconnect');
  });

  it('reports a reset in the middle and sends nothing again by itself; the caller may go on', async () => {
    let sent = 0;
    const { api, calls } = traced({
      transmit: () => {
        sent += 1;
        return Promise.resolve(sent === 1
          ? { status: reset, response: new Uint8Array() }
          : { status: 0, response: Uint8Array.of(0x90, 0x00) });
      },
    });
    await runTransaction(api, 1n, 'R', async (card) => {
      await expect(card.transmit(command)).rejects.toMatchObject({ code: 'CARD_RESET' });
      expect(sent).toBe(1);
      expect([...await card.transmit(command)]).toEqual([0x90, 0x00]);
    });
    expect(calls.slice(3, 7)).toEqual(['transmit', 'reconnect', 'beginTransaction', 'transmit']);
  });

  it('is closed to late users of its card', async () => {
    const { api, calls } = traced({});
    let kept: CardChannel | undefined;
    await runTransaction(api, 1n, 'R', (card) => {
      kept = card;
      return Promise.resolve();
    });
    await expect(kept?.transmit(command)).rejects.toThrow('after its transaction');
    expect(calls).not.toContain('transmit');
  });

  it.each([
    ['the line fails and the card is still there', 0x20, 'COMMUNICATION'],
    ['the line fails because the card has gone', 0x10, 'CARD_REMOVED'],
  ])('when %s: state 0x%s is %s', async (_name, eventState, code) => {
    const { api } = traced({
      transmit: () => Promise.resolve({ status: statusCode('SCARD_E_NOT_TRANSACTED'), response: new Uint8Array() }),
      getStatusChange: (_context, _timeout, queries) => Promise.resolve(
        queries[0]?.currentState === eventState
          ? { status: statusCode('SCARD_E_TIMEOUT'), readers: [] }
          : { status: 0, readers: [{ reader: 'R', eventState, atr: new Uint8Array() }] },
      ),
    });
    await expect(runTransaction(api, 1n, 'R', (card) => card.transmit(command))).rejects.toMatchObject({ code });
  });

  it('takes a response without a status word for none', async () => {
    const { api } = traced({
      transmit: () => Promise.resolve({ status: 0, response: Uint8Array.of(0x90) }),
      getStatusChange: () => Promise.resolve({ status: 0, readers: [{ reader: 'R', eventState: 0x10, atr: new Uint8Array() }] }),
    });

    await expect(runTransaction(api, 1n, 'R', (card) => card.transmit(command))).rejects.toMatchObject({ code: 'CARD_REMOVED' });
  });
});
