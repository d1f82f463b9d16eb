import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectPcsc } from '../../src/native/pcsc/connect-pcsc.ts';
import type { SmartCardService } from '../../src/native/pcsc/smart-card-service.ts';
import { describeWith } from '../support/machine.ts';
import { startPcscd } from '../support/pcscd.ts';
import type { PrivatePcscd } from '../support/pcscd.ts';
import { readersOf, untilState } from '../support/smart-card-states.ts';
import { insertCard } from '../support/vpcd-card.ts';

const selectSomething = Uint8Array.of(0x00, 0xa4, 0x04, 0x00, 0x02, 0x3f, 0x00);

describeWith(['pcscd', 'vpcd', 'gcc', 'libpcsclite'], 'readers plugged into a running pcscd', () => {
  let pcscd: PrivatePcscd;
  let service: SmartCardService;

  beforeAll(async () => {
    pcscd = await startPcscd({ readers: 0 });
    // A reader that comes between the list and the wait is seen in the next list only: ten times 5 s would be too long.
    service = connectPcsc({ timing: { relist: 500 } });
  });

  afterAll(async () => {
    await service.close();
    await pcscd.stop();
  });

  it('says that there is no reader, which is not the same as no service', async () => {
    expect(await untilState(service, (state) => state.service === 'running')).toEqual({ service: 'running', readers: [] });
  });

  it('works after the last reader was unplugged and plugged in again, as often as that happens', async () => {
    let reader = await pcscd.plug();
    for (let cycle = 0; cycle < 5; cycle += 1) {
      await untilState(service, (state) => readersOf(state).some(({ reader: name }) => name === reader.name));
      const card = await insertCard(reader.port);
      await untilState(service, (state) => readersOf(state)[0]?.present === true);
      expect([...await service.transaction(reader.name, (channel) => channel.transmit(selectSomething))]).toEqual([0x90, 0x00]);
      await pcscd.unplug(reader);
      await untilState(service, (state) => state.service === 'running' && state.readers.length === 0);
      await expect(service.transaction(reader.name, () => Promise.resolve())).rejects.toMatchObject({ code: 'READER_UNAVAILABLE' });
      await card.remove();
      reader = await pcscd.plug(reader);
    }
    await pcscd.unplug(reader);
  });

  it('names the card or the reader that went during a command', async () => {
    const reader = await pcscd.plug();
    await untilState(service, (state) => readersOf(state).length === 1);
    let goes: Promise<void> = Promise.resolve();
    const card = await insertCard(reader.port, {
      answer: async () => {
        goes = pcscd.unplug(reader);
        await goes;
        return 'pull' as const;
      },
    });
    await untilState(service, (state) => readersOf(state)[0]?.present === true);
    const work = service.transaction(reader.name, (channel) => channel.transmit(selectSomething));
    // pcscd takes a reader away when its command is over: it may notice before that that the card has gone, and between the
    // two it knows neither (SCARD_E_INVALID_VALUE, a failure of the line).
    await expect(work).rejects.toMatchObject({ code: expect.stringMatching(/^(READER_UNAVAILABLE|CARD_REMOVED|COMMUNICATION)$/) as string });
    await goes;
    await card.remove();
  });
});
