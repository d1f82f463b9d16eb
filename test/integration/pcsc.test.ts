import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { connectPcsc } from '../../src/native/pcsc/connect-pcsc.ts';
import { SmartCardError } from '../../src/native/pcsc/smart-card-service.ts';
import type { SmartCardService, SmartCardServiceState } from '../../src/native/pcsc/smart-card-service.ts';
import { describeWith } from '../support/machine.ts';
import { compileOtherPcscProgram, holdCard, neededByOtherPcscProgram } from '../support/other-pcsc-program.ts';
import { startPcscd } from '../support/pcscd.ts';
import type { PrivatePcscd } from '../support/pcscd.ts';
import { readersOf, untilState } from '../support/smart-card-states.ts';
import { insertCard } from '../support/vpcd-card.ts';
import type { VpcdCard } from '../support/vpcd-card.ts';

const selectSomething = Uint8Array.of(0x00, 0xa4, 0x04, 0x00, 0x02, 0x3f, 0x00);
const ok = Uint8Array.of(0x90, 0x00);

const present = (index: number) => (state: SmartCardServiceState) => readersOf(state)[index]?.present === true;
const empty = (index: number) => (state: SmartCardServiceState) => readersOf(state)[index]?.present === false;

async function failure(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(() => undefined, (cause: unknown) => cause);
  return error instanceof SmartCardError ? error.code : String(error);
}

describeWith(['pcscd', 'vpcd', 'libpcsclite', ...neededByOtherPcscProgram], 'PC/SC on a real pcscd', () => {
  let pcscd: PrivatePcscd;
  let service: SmartCardService;
  const cards: VpcdCard[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'pcsc-test-'));
  let otherPcscProgram: string;

  const insert = async (reader: number, ...rest: Parameters<typeof insertCard> extends [number, ...infer Rest] ? Rest : never): Promise<VpcdCard> => {
    const card = await insertCard(pcscd.vpcdPorts[reader] ?? 0, ...rest);
    cards.push(card);
    return card;
  };
  const nameOf = (index: number): string => pcscd.readers[index]?.name ?? '';

  beforeAll(async () => {
    pcscd = await startPcscd({ readers: 2 });
    // Longer than a busy machine takes for anything here: how the wait ends is shown in connect-pcsc.test.ts.
    service = connectPcsc({ patienceMs: 20_000 });
    otherPcscProgram = compileOtherPcscProgram(folder);
  });

  afterEach(async () => {
    await Promise.all(cards.splice(0).map((card) => card.remove()));
    await untilState(service, (state) => state.service === 'running' && state.readers.every((reader) => !reader.present));
  });

  afterAll(async () => {
    await service.close();
    await pcscd.stop();
    rmSync(folder, { recursive: true });
  });

  it('lists both readers, empty', async () => {
    const state = await untilState(service, (now) => readersOf(now).length === 2);
    expect(readersOf(state).map((reader) => [reader.reader, reader.present])).toEqual([[nameOf(0), false], [nameOf(1), false]]);
  });

  it('tells that a card was inserted, with its ATR, and that it was removed', async () => {
    await untilState(service, empty(0));
    const card = await insert(0);
    const inserted = readersOf(await untilState(service, present(0)))[0];
    expect(Buffer.from(inserted?.atr ?? []).toString('hex')).toBe('3b0454455354');
    expect(inserted?.exclusive).toBe(false);
    await card.remove();
    const removed = readersOf(await untilState(service, empty(0)))[0];
    expect(removed?.atr).toHaveLength(0);
    expect(removed?.insertion).toBeGreaterThan(inserted?.insertion ?? Infinity);
  });

  it('carries a command to the card and its response back, byte by byte', async () => {
    const card = await insert(0, { answer: (command) => Uint8Array.of(...command.toReversed(), 0x90, 0x00) });
    await untilState(service, present(0));
    const response = await service.transaction(nameOf(0), async (channel) => {
      expect(Buffer.from(channel.atr).toString('hex')).toBe('3b0454455354');
      return channel.transmit(selectSomething);
    });
    expect([...response]).toEqual([...selectSomething.toReversed(), 0x90, 0x00]);
    expect(card.commands.map((command) => [...command])).toEqual([[...selectSomething]]);
  });

  it('carries extended lengths in both directions', async () => {
    // pcscd 1.9.9 hands at most 65,535 bytes of an APDU to vpcd, whose message length has 16 bits.
    const command = Uint8Array.of(0x00, 0xd6, 0x00, 0x00, 0x00, 0x80, 0x00, ...new Uint8Array(0x8000).fill(0x5a), 0x00, 0x00);
    const data = new Uint8Array(60_000).map((_, index) => index % 251);
    const card = await insert(0, { answer: () => Uint8Array.of(...data, 0x90, 0x00) });
    await untilState(service, present(0));
    const response = await service.transaction(nameOf(0), (channel) => channel.transmit(command));
    expect(Buffer.compare(response.subarray(0, -2), data)).toBe(0);
    expect(Buffer.compare(card.commands[0] ?? new Uint8Array(), command)).toBe(0);
  });

  it('leaves the card powered and unreset from one transaction to the next', async () => {
    const card = await insert(0);
    await untilState(service, present(0));
    await service.transaction(nameOf(0), (channel) => channel.transmit(selectSomething));
    const resets = card.resets;
    await service.transaction(nameOf(0), (channel) => channel.transmit(selectSomething));
    expect(card.resets).toBe(resets);
  });

  it('works with two readers at the same time, and with one in order', async () => {
    const order: string[] = [];
    let bothAsked = (): void => undefined;
    const both = new Promise<void>((resolve) => {
      bothAsked = resolve;
    });
    let asked = 0;
    const answer = async (): Promise<Uint8Array> => {
      asked += 1;
      if (asked === 2) bothAsked();
      await both;
      return ok;
    };
    await insert(0, { answer });
    await insert(1, { answer });
    await untilState(service, (state) => present(0)(state) && present(1)(state));
    await Promise.all([
      service.transaction(nameOf(0), async (channel) => {
        await channel.transmit(selectSomething);
        order.push('first');
      }),
      service.transaction(nameOf(0), async (channel) => {
        await channel.transmit(selectSomething);
        order.push('second');
      }),
      service.transaction(nameOf(1), (channel) => channel.transmit(selectSomething)),
    ]);
    expect(order).toEqual(['first', 'second']);
  });

  it('does not hold up Node while a card takes its time', async () => {
    let letAnswer = (): void => undefined;
    const allowed = new Promise<Uint8Array>((resolve) => {
      letAnswer = () => resolve(ok);
    });
    await insert(0, { answer: () => allowed });
    await untilState(service, present(0));
    const work = service.transaction(nameOf(0), (channel) => channel.transmit(selectSomething));
    // The card is played by this very thread: were it blocked, it could never answer.
    await new Promise((resolve) => setImmediate(resolve));
    letAnswer();
    expect([...await work]).toEqual([0x90, 0x00]);
  });

  it('calls it CARD_REMOVED when a card is pulled while it works, and works with the next one', async () => {
    await insert(0, { answer: () => 'pull' });
    await untilState(service, present(0));
    expect(await failure(service.transaction(nameOf(0), (channel) => channel.transmit(selectSomething)))).toBe('CARD_REMOVED');
    await untilState(service, empty(0));
    await insert(0);
    await untilState(service, present(0));
    expect([...await service.transaction(nameOf(0), (channel) => channel.transmit(selectSomething))]).toEqual([0x90, 0x00]);
  });

  it('calls it CARD_REMOVED when there is no card, and READER_UNAVAILABLE when there is no such reader', async () => {
    expect(await failure(service.transaction(nameOf(0), (channel) => channel.transmit(selectSomething)))).toBe('CARD_REMOVED');
    expect(await failure(service.transaction('No Such Reader 00 00', () => Promise.resolve()))).toBe('READER_UNAVAILABLE');
  });

  it('sees every one of 200 insertions and removals, and uses each card', async () => {
    let last = readersOf(service.state())[0]?.insertion ?? -1;
    for (let cycle = 0; cycle < 200; cycle += 1) {
      const card = await insertCard(pcscd.vpcdPorts[0] ?? 0);
      const insertion = readersOf(await untilState(service, present(0)))[0]?.insertion ?? -1;
      expect(insertion).toBeGreaterThan(last);
      last = insertion;
      await service.transaction(nameOf(0), (channel) => channel.transmit(selectSomething));
      await card.remove();
      await untilState(service, empty(0));
    }
  }, 60_000);

  it('says who is in the way when another program holds the card exclusively, and works when it lets go', async () => {
    await insert(0);
    await untilState(service, present(0));
    const other = await holdCard(otherPcscProgram, nameOf(0), 'exclusive');
    expect(await failure(service.transaction(nameOf(0), (channel) => channel.transmit(selectSomething)))).toBe('SHARING_VIOLATION');
    await untilState(service, (state) => readersOf(state)[0]?.exclusive === true);
    await other.letGo();
    await untilState(service, (state) => readersOf(state)[0]?.exclusive === false);
    expect([...await service.transaction(nameOf(0), (channel) => channel.transmit(selectSomething))]).toEqual([0x90, 0x00]);
  });

  it('waits while another program is in a transaction, and begins anew after that program reset the card', async () => {
    const card = await insert(0);
    await untilState(service, present(0));
    const other = await holdCard(otherPcscProgram, nameOf(0), 'transaction');
    const resets = card.resets;
    let finished = false;
    const work = service.transaction(nameOf(0), (channel) => channel.transmit(selectSomething)).finally(() => {
      finished = true;
    });
    // Two round trips to pcscd on another context: the transaction above has had its chance.
    expect(await failure(service.transaction('No Such Reader 00 00', () => Promise.resolve()))).toBe('READER_UNAVAILABLE');
    expect(finished).toBe(false);
    await other.letGo();
    expect([...await work]).toEqual([0x90, 0x00]);
    expect(card.resets).toBeGreaterThan(resets);
  });

  it('comes back by itself after the service was killed and started again', async () => {
    await insert(0);
    await untilState(service, present(0));
    await service.transaction(nameOf(0), (channel) => channel.transmit(selectSomething));
    await pcscd.kill();
    // Another status may come first: that of a context which the dying service had let in and not answered any more.
    await untilState(service, (state) => state.service === 'unavailable' && state.reason === 'SCARD_E_NO_SERVICE');
    expect(await failure(service.transaction(nameOf(0), () => Promise.resolve()))).toBe('SERVICE_UNAVAILABLE');
    await pcscd.restart();
    await untilState(service, empty(0));
    await insert(0);
    await untilState(service, present(0));
    expect([...await service.transaction(nameOf(0), (channel) => channel.transmit(selectSomething))]).toEqual([0x90, 0x00]);
  });

  it('says SERVICE_UNAVAILABLE when the service dies during a command', async () => {
    await insert(0, {
      answer: () => pcscd.kill().then(() => 'pull' as const),
    });
    await untilState(service, present(0));
    expect(await failure(service.transaction(nameOf(0), (channel) => channel.transmit(selectSomething)))).toBe('SERVICE_UNAVAILABLE');
    await pcscd.restart();
    await untilState(service, empty(0));
  });
});
