import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CardIdentity } from '../../../../src/sandbox/cards/card-options.ts';
import { VirtualHpkiCard } from '../../../../src/sandbox/cards/virtual-hpki-card.ts';
import { connectToVpcd } from '../../../../src/sandbox/cards/vpcd-connection.ts';
import { makeCardIdentity } from '../../../support/card-identity.ts';

const selectSigning = '00A4040010E828BD080FA00000039100000000000100';
let doctor: CardIdentity;
let server: Server;
let port: number;

beforeAll(async () => {
  doctor = await makeCardIdentity('Doctor');
});

beforeEach(async () => {
  server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
});

afterEach(() => {
  server.close();
});

/** vpcd's side: frames out, the next whole frame in; undefined when the card hangs up. */
function readerSide(socket: Socket) {
  let unread = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    unread = Buffer.concat([unread, chunk]);
  });
  return {
    write: (hex: string) => {
      const message = Buffer.from(hex, 'hex');
      socket.write(Buffer.concat([Buffer.of(message.length >> 8, message.length & 0xff), message]));
    },
    read: async (): Promise<string | undefined> => {
      for (;;) {
        if (unread.length >= 2 && unread.length >= 2 + unread.readUInt16BE()) {
          const end = 2 + unread.readUInt16BE();
          const message = unread.subarray(2, end).toString('hex').toUpperCase();
          unread = unread.subarray(end);
          return message;
        }
        if (socket.readableEnded || socket.destroyed) return undefined;
        await Promise.race([once(socket, 'data'), once(socket, 'close'), once(socket, 'end')]);
      }
    },
  };
}

async function insert(card: VirtualHpkiCard) {
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const connection = await connectToVpcd(card, { port });
  const [socket] = await accepted;
  return { connection, socket, reader: readerSide(socket) };
}

describe('a card in a vpcd reader', () => {
  it('answers ATR and APDUs, each in a frame of its own', async () => {
    const card = new VirtualHpkiCard({ signing: doctor });
    const { connection, reader } = await insert(card);
    reader.write('01');
    reader.write('04');
    expect(await reader.read()).toBe(Buffer.from(card.atr).toString('hex').toUpperCase());
    reader.write(selectSigning);
    expect(await reader.read()).toMatch(/9000$/);
    await connection.remove();
  });

  it('takes frames however TCP cuts them', async () => {
    const { connection, socket, reader } = await insert(new VirtualHpkiCard({ signing: doctor }));
    const bytes = Buffer.from(`0016${selectSigning}0004002000880001`, 'hex');
    for (const byte of bytes) socket.write(Buffer.of(byte));
    socket.write(Buffer.of(0x04));
    expect(await reader.read()).toMatch(/9000$/);
    expect(await reader.read()).toBe('63CF');
    expect(await reader.read()).toMatch(/^3B/);
    await connection.remove();
  });

  it('forgets its state at a reset and at power off', async () => {
    const { connection, reader } = await insert(new VirtualHpkiCard({ signing: doctor }));
    for (const controls of [['02'], ['00', '01']]) {
      reader.write(selectSigning);
      expect(await reader.read()).toMatch(/9000$/);
      for (const control of controls) reader.write(control);
      reader.write('00200088');
      expect(await reader.read()).toBe('6985');
    }
    await connection.remove();
  });

  it('hangs up when it is removed, and says so', async () => {
    const { connection, reader } = await insert(new VirtualHpkiCard({ signing: doctor }));
    await connection.remove();
    await connection.removed;
    expect(await reader.read()).toBeUndefined();
  });

  it('hangs up instead of answering when it is pulled in the middle of a command', async () => {
    const card = new VirtualHpkiCard({ signing: doctor });
    const { connection, reader } = await insert(card);
    card.setFaults({ at: { command: 1 }, when: 'during', what: { kind: 'remove' } });
    reader.write(selectSigning);
    expect(await reader.read()).toMatch(/9000$/);
    reader.write('00200088');
    expect(await reader.read()).toBeUndefined();
    await connection.removed;
  });

  it('is out when the reader goes away', async () => {
    const { connection, socket } = await insert(new VirtualHpkiCard({ signing: doctor }));
    socket.destroy();
    await connection.removed;
  });

  it('cannot be inserted where no reader waits', async () => {
    server.close();
    await expect(connectToVpcd(new VirtualHpkiCard({ signing: doctor }), { port })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
