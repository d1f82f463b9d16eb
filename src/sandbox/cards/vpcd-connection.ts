import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { VirtualCardEvent } from './card-faults.ts';
import type { VirtualCard } from './virtual-card.ts';

/** A virtual card in one of vpcd's readers. */
export interface VpcdConnection {
  /** Pulls the card out. */
  remove(): Promise<void>;
  /** Resolves when the card is out, whoever ended the connection. */
  readonly removed: Promise<void>;
}

export interface VpcdAddress {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** 35963 for the first reader of Debian's vsmartcard-vpcd, 35964 for the second. */
  readonly port: number;
}

const control = { powerOff: 0x00, powerOn: 0x01, reset: 0x02, getAtr: 0x04 } as const;

/**
 * Inserts a virtual card into a PC/SC reader played by vpcd (vsmartcard), which waits for it on TCP. Each message
 * has a two-byte length, most significant byte first; one byte alone is a control code, anything longer an APDU.
 * Rejects with the socket's error when nobody waits there.
 */
export async function connectToVpcd(card: VirtualCard, address: VpcdAddress): Promise<VpcdConnection> {
  // Without TCP_NODELAY each APDU waits for a delayed acknowledgement, about 40 ms.
  const socket = connect({ host: address.host ?? '127.0.0.1', port: address.port, noDelay: true });
  await once(socket, 'connect');
  const removed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      card.powerOff();
      resolve();
    });
  });
  // The close that follows says all that is needed: the reader or the service has gone.
  socket.on('error', () => undefined);
  let unread = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    unread = Buffer.concat([unread, chunk]);
    while (unread.length >= 2 && unread.length >= 2 + unread.readUInt16BE(0) && !socket.destroyed) {
      const end = 2 + unread.readUInt16BE(0);
      receive(card, socket, unread.subarray(2, end));
      unread = unread.subarray(end);
    }
  });
  // A card that a fault has pulled is put back by this insertion.
  card.powerOn();
  return {
    removed,
    remove: () => {
      socket.destroy();
      return removed;
    },
  };
}

function receive(card: VirtualCard, socket: Socket, message: Uint8Array): void {
  const answer = message.length === 1 ? obey(card, message[0]) : answerTo(card, message);
  if (answer !== undefined) send(socket, answer);
  if (card.pulled) socket.destroy();
}

/** A control code. Only the ATR is answered. */
function obey(card: VirtualCard, code: number | undefined): Uint8Array | undefined {
  if (code === control.getAtr) return card.atr;
  if (code === control.powerOff) card.powerOff();
  if (code === control.powerOn) card.powerOn();
  if (code === control.reset) card.reset();
  return undefined;
}

/** Undefined where the card does not answer. */
function answerTo(card: VirtualCard, command: Uint8Array): Uint8Array | undefined {
  try {
    return card.transmit(command);
  } catch (error) {
    if (!(error instanceof VirtualCardEvent)) throw error;
    // vpcd has no message for a reset by another program: the command meets a card without state.
    return error.kind === 'reset' ? answerTo(card, command) : undefined;
  }
}

function send(socket: Socket, message: Uint8Array): void {
  const framed = Buffer.alloc(2 + message.length);
  framed.writeUInt16BE(message.length);
  framed.set(message, 2);
  socket.write(framed);
}
