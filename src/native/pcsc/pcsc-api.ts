/**
 * The PC/SC functions that we use, as promises of their status and outputs. Nothing is interpreted
 * here and nothing is thrown for a status; {@link loadPcscApi} is the real library, tests play others.
 */
import { createRequire } from 'node:module';
import type * as KoffiModule from 'koffi';
import {
  decodeMultiText, decodeReaderStates, encodeDword, encodeIoRequest, encodeReaderStates, encodeText, readDword, readHandle,
} from './memory-layout.ts';
import type { ReaderAnswer, ReaderQuery } from './memory-layout.ts';
import { abiOf } from './platform-abi.ts';
import type { PlatformAbi } from './platform-abi.ts';
import { isStatus, normalizeStatus } from './status.ts';

/** A status as {@link normalizeStatus} makes it. */
export type Status = number;
export type Context = bigint;
export type CardHandle = bigint;

const SCARD_SCOPE_USER = 0;
const SCARD_SHARE_SHARED = 2;
const SCARD_PROTOCOL_T0_OR_T1 = 3;
export const SCARD_LEAVE_CARD = 0;
export const SCARD_RESET_CARD = 1;

/** Largest response APDU: 65,536 bytes of data and SW1 SW2 (ISO/IEC 7816-4 §5.1). */
export const longestResponse = 65_538;

export interface PcscApi {
  /** Whether `\\?PnP?\Notification` may be waited on. */
  readonly hasPnpReader: boolean;
  establishContext(): Promise<{ readonly status: Status; readonly context: Context }>;
  releaseContext(context: Context): Promise<Status>;
  listReaders(context: Context): Promise<{ readonly status: Status; readonly readers: readonly string[] }>;
  /** Waits up to `timeoutMs` until a reader differs from its `currentState`. Readers are filled in after SCARD_E_TIMEOUT too. */
  getStatusChange(
    context: Context, timeoutMs: number, queries: readonly ReaderQuery[],
  ): Promise<{ readonly status: Status; readonly readers: readonly ReaderAnswer[] }>;
  /** Ends a wait of that context in another thread. A wait that begins a moment later is not ended. */
  cancel(context: Context): Promise<Status>;
  /** SCARD_SHARE_SHARED, T=0 or T=1. */
  connect(context: Context, reader: string): Promise<{ readonly status: Status; readonly card: CardHandle; readonly protocol: number }>;
  reconnect(card: CardHandle): Promise<{ readonly status: Status; readonly protocol: number }>;
  disconnect(card: CardHandle): Promise<Status>;
  beginTransaction(card: CardHandle): Promise<Status>;
  endTransaction(card: CardHandle, disposition: typeof SCARD_LEAVE_CARD | typeof SCARD_RESET_CARD): Promise<Status>;
  cardStatus(card: CardHandle): Promise<{ readonly status: Status; readonly atr: Uint8Array }>;
  /** `response` is scratch space of {@link longestResponse}; the answer is a copy. */
  transmit(
    card: CardHandle, protocol: number, command: Uint8Array, response: Buffer,
  ): Promise<{ readonly status: Status; readonly response: Uint8Array }>;
  /** CM_IOCTL_GET_FEATURE_REQUEST (PC/SC part 10 §2.2) as this platform numbers it. */
  readonly featureRequest: number;
  /** A word to the reader itself. Where the reader waits for a person, this takes as long; SCardCancel does not end it. */
  control(
    card: CardHandle, code: number, input: Uint8Array, output: Buffer,
  ): Promise<{ readonly status: Status; readonly response: Uint8Array }>;
}

type Koffi = typeof KoffiModule;
type Library = ReturnType<Koffi['load']>;
type NativeFunction = ReturnType<Library['func']>;
type Argument = bigint | number | Buffer | Uint8Array | null;

/** Loads the platform's PC/SC library. Throws where there is none. */
export function loadPcscApi(): PcscApi {
  const abi = abiOf(process.platform);
  if (abi === undefined) throw new Error(`there is no PC/SC on ${process.platform}`);
  // Loaded on use: a platform that koffi does not know still runs everything else.
  const koffi = createRequire(import.meta.url)('koffi') as Koffi;
  return bindPcsc(koffi, koffi.load(abi.fileName), abi);
}

function bindPcsc(koffi: Koffi, library: Library, abi: PlatformAbi): PcscApi {
  const long = abi.dwordBytes === 4 ? 'int32_t' : 'int64_t';
  const dword = abi.dwordBytes === 4 ? 'uint32_t' : 'uint64_t';
  const handle = abi.handleBytes === 4 ? 'uint32_t' : 'uint64_t';
  const pointer = 'void *';

  const bind = (name: string, parameters: readonly string[]): ((...args: readonly Argument[]) => Promise<Status>) => {
    // __stdcall is what winscard.dll uses; 64-bit platforms have one convention only.
    const native: NativeFunction = library.func(name, long, [...parameters]);
    return (...args) => inThread(native, args);
  };
  const text = (name: string): string => (abi.wide ? `${name}W` : name);

  const establish = bind('SCardEstablishContext', [dword, pointer, pointer, pointer]);
  const release = bind('SCardReleaseContext', [handle]);
  const list = bind(text('SCardListReaders'), [handle, pointer, pointer, pointer]);
  const getStatusChange = bind(text('SCardGetStatusChange'), [handle, dword, pointer, dword]);
  const cancel = bind('SCardCancel', [handle]);
  const connect = bind(text('SCardConnect'), [handle, pointer, dword, dword, pointer, pointer]);
  const reconnect = bind('SCardReconnect', [handle, dword, dword, dword, pointer]);
  const disconnect = bind('SCardDisconnect', [handle, dword]);
  const begin = bind('SCardBeginTransaction', [handle]);
  const end = bind('SCardEndTransaction', [handle, dword]);
  const cardStatus = bind(text('SCardStatus'), [handle, pointer, pointer, pointer, pointer, pointer, pointer]);
  const transmit = bind('SCardTransmit', [handle, pointer, pointer, dword, pointer, pointer, pointer]);
  const control = bind(abi.controlName, [handle, dword, pointer, dword, pointer, dword, pointer]);

  return {
    hasPnpReader: abi.hasPnpReader,

    async establishContext() {
      const context = Buffer.alloc(8);
      const status = await establish(SCARD_SCOPE_USER, null, null, context);
      return { status, context: readHandle(abi, context) };
    },

    releaseContext: (context) => release(context),

    async listReaders(context) {
      for (let room = 4096; ; room *= 2) {
        const names = Buffer.alloc(room * (abi.wide ? 2 : 1));
        const length = encodeDword(abi, room);
        const status = await list(context, null, names, length);
        if (isStatus(status, 'SCARD_E_INSUFFICIENT_BUFFER') && room < 1 << 20) continue;
        return { status, readers: status === 0 ? decodeMultiText(abi, names, readDword(abi, length)) : [] };
      }
    },

    async getStatusChange(context, timeoutMs, queries) {
      const names = queries.map(({ reader }) => encodeText(abi, reader));
      const states = encodeReaderStates(abi, queries, names.map((name) => koffi.address(name)));
      const status = await keepAlive(names, getStatusChange(context, timeoutMs, states, queries.length));
      return { status, readers: decodeReaderStates(abi, queries, states) };
    },

    cancel: (context) => cancel(context),

    async connect(context, reader) {
      const card = Buffer.alloc(8);
      const protocol = encodeDword(abi, 0);
      const status = await connect(context, encodeText(abi, reader), SCARD_SHARE_SHARED, SCARD_PROTOCOL_T0_OR_T1, card, protocol);
      return { status, card: readHandle(abi, card), protocol: readDword(abi, protocol) };
    },

    async reconnect(card) {
      const protocol = encodeDword(abi, 0);
      const status = await reconnect(card, SCARD_SHARE_SHARED, SCARD_PROTOCOL_T0_OR_T1, SCARD_LEAVE_CARD, protocol);
      return { status, protocol: readDword(abi, protocol) };
    },

    disconnect: (card) => disconnect(card, SCARD_LEAVE_CARD),
    beginTransaction: (card) => begin(card),
    endTransaction: (card, disposition) => end(card, disposition),

    async cardStatus(card) {
      const name = Buffer.alloc(1024);
      const atr = Buffer.alloc(abi.readerState.maxAtr);
      const nameLength = encodeDword(abi, name.length / 2);
      const atrLength = encodeDword(abi, atr.length);
      const status = await cardStatus(card, name, nameLength, encodeDword(abi, 0), encodeDword(abi, 0), atr, atrLength);
      return { status, atr: Uint8Array.from(atr.subarray(0, status === 0 ? readDword(abi, atrLength) : 0)) };
    },

    async transmit(card, protocol, command, response) {
      const length = encodeDword(abi, response.length);
      const status = await transmit(card, encodeIoRequest(abi, protocol), command, command.length, null, response, length);
      return { status, response: Uint8Array.from(response.subarray(0, status === 0 ? readDword(abi, length) : 0)) };
    },

    featureRequest: abi.controlCode(3400),

    async control(card, code, input, output) {
      const length = encodeDword(abi, 0);
      const status = await control(card, code, input, input.length, output, output.length, length);
      return { status, response: Uint8Array.from(output.subarray(0, status === 0 ? readDword(abi, length) : 0)) };
    },
  };
}

/** Memory that native code reads while no variable of ours may point to it. */
const held = new Set<unknown>();

async function keepAlive<T>(memory: unknown, work: Promise<T>): Promise<T> {
  const hold = { memory };
  held.add(hold);
  try {
    return await work;
  } finally {
    held.delete(hold);
  }
}

/**
 * Calls in one of libuv's threads, so that Node's own never waits for a card or for another program.
 * There are four of them by default: smart-card-service bounds how many we take.
 */
function inThread(native: NativeFunction, args: readonly Argument[]): Promise<Status> {
  const answered = new Promise<Status>((resolve, reject) => {
    native.async(...args, (error: Error | null, status: number | bigint) => {
      if (error === null) resolve(normalizeStatus(status));
      else reject(error);
    });
  });
  return keepAlive(args, answered);
}
