import { describe, expect, it } from 'vitest';
import { CardSession, commandBudget } from '../../../../src/native/cards/card-session.ts';

/** A channel that answers in turn and keeps the very buffers that it was given. */
function scripted(...answers: readonly string[]) {
  const sent: Uint8Array[] = [];
  const copies: string[] = [];
  const session = new CardSession({
    atr: new Uint8Array(),
    transmit: (command) => {
      sent.push(command);
      copies.push(Buffer.from(command).toString('hex'));
      const answer = answers[copies.length - 1] ?? answers.at(-1) ?? '';
      return Promise.resolve(Buffer.from(answer, 'hex'));
    },
  });
  return { session, sent, copies };
}

const read = { cla: 0, ins: 0xb0, p1: 0, p2: 0, le: 256 };
const verify = { cla: 0, ins: 0x20, p1: 0, p2: 0x88, data: Buffer.from('1234') };

describe('a whole answer', () => {
  it('is collected by GET RESPONSE', async () => {
    const { session, copies } = scripted('01026101', '039000');
    const answer = await session.send({ ...read, data: Uint8Array.of(9) });
    expect(Uint8Array.from(answer.data)).toEqual(Uint8Array.of(1, 2, 3));
    expect(answer.sw).toBe(0x9000);
    expect(copies[1]).toBe('00c0000001');
  });

  it('is read with the length that 6Cxx names', async () => {
    const { session, copies } = scripted('6c03', '0102039000');
    expect((await session.send(read)).data).toEqual(Uint8Array.of(1, 2, 3));
    expect(copies).toEqual(['00b0000000', '00b0000003']);
  });

  it('is waited for in bounds when the card announces data for ever', async () => {
    const endless = scripted('6110');
    await expect(endless.session.send(read)).rejects.toMatchObject({ code: 'CARD_MODULE_FAILED' });
    const dripping = scripted('006110');
    await expect(dripping.session.send(read)).rejects.toMatchObject({ code: 'CARD_MODULE_FAILED' });
    expect(dripping.copies.length).toBe(commandBudget);
  });

  it('is refused when it is no response APDU', async () => {
    await expect(scripted('90').session.send(read)).rejects.toMatchObject({ code: 'CARD_MODULE_FAILED' });
    await expect(scripted('').session.send(read)).rejects.toMatchObject({ code: 'CARD_MODULE_FAILED' });
  });
});

describe('a command with data', () => {
  it('is never repeated because of a 6Cxx', async () => {
    const { session, copies } = scripted('6c10');
    expect((await session.send({ ...verify, le: 256 })).sw).toBe(0x6c10);
    expect(copies.length).toBe(1);
  });
});

describe('a command with a PIN', () => {
  it.each(['9000', '6c10', '6110', '63c2'])('is sent once, whatever is answered (%s), and its bytes are zeroed', async (answer) => {
    const { session, sent, copies } = scripted(answer);
    await session.sendSecret(verify);
    expect(copies).toEqual(['002000880431323334']);
    expect(sent[0]?.every((byte) => byte === 0)).toBe(true);
  });

  it('is zeroed when the card goes away', async () => {
    let sent = new Uint8Array();
    const session = new CardSession({
      atr: new Uint8Array(),
      transmit: (command) => {
        sent = command as Uint8Array<ArrayBuffer>;
        return Promise.reject(new Error('gone'));
      },
    });
    await expect(session.sendSecret(verify)).rejects.toThrow('gone');
    expect(sent.length).toBe(9);
    expect(sent.every((byte) => byte === 0)).toBe(true);
  });
});
