/** A card for vpcd's virtual reader: whatever the test answers. */
import { once } from 'node:events';
import { connect } from 'node:net';

/** ISO/IEC 7816-3: direct convention, no interface bytes, T=0; its historical bytes are "TEST". */
const plainAtr = Uint8Array.from([0x3b, 0x04, 0x54, 0x45, 0x53, 0x54]);

export interface VpcdCard {
  /** Pulls the card. Resolves when the connection is closed; PC/SC sees it a moment later. */
  remove(): Promise<void>;
  /** Every command APDU so far. */
  readonly commands: readonly Uint8Array[];
  /** Warm resets and power-ons so far. */
  readonly resets: number;
}

export interface VpcdCardOptions {
  readonly atr?: Uint8Array;
  /** Response APDU (data, SW1, SW2); `pull` takes the card away instead of an answer. Default 9000. */
  readonly answer?: (command: Uint8Array) => Uint8Array | 'pull' | Promise<Uint8Array | 'pull'>;
}

/** Puts a card into the reader that waits on `port`. Messages have a 2-byte length, most significant byte first. */
export async function insertCard(port: number, options: VpcdCardOptions = {}): Promise<VpcdCard> {
  const atr = options.atr ?? plainAtr;
  const answer = options.answer ?? (() => Uint8Array.of(0x90, 0x00));
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  await once(socket, 'connect');
  const commands: Uint8Array[] = [];
  let resets = 0;
  let unread = Buffer.alloc(0);

  const send = (message: Uint8Array): void => {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(message.length);
    socket.write(Buffer.concat([length, message]));
  };

  const take = async (message: Buffer): Promise<void> => {
    if (message.length === 1) {
      if (message[0] === 0x01 || message[0] === 0x02) resets += 1;
      if (message[0] === 0x04) send(atr);
      return;
    }
    commands.push(Uint8Array.from(message));
    const response = await answer(message);
    if (response === 'pull') socket.destroy();
    else if (!socket.destroyed) send(response);
  };

  let turn = Promise.resolve();
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    unread = Buffer.concat([unread, chunk]);
    while (unread.length >= 2 && unread.length >= 2 + unread.readUInt16BE()) {
      const end = 2 + unread.readUInt16BE();
      const message = Buffer.from(unread.subarray(2, end));
      unread = unread.subarray(end);
      turn = turn.then(() => take(message));
    }
  });

  return {
    commands,
    get resets() {
      return resets;
    },
    async remove() {
      if (socket.closed) return;
      socket.destroy();
      await once(socket, 'close');
    },
  };
}
