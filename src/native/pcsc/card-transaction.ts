/** One transaction with one card: connect shared, begin, work, end, leave the card as it is. */
import { longestResponse, SCARD_LEAVE_CARD, SCARD_RESET_CARD } from './pcsc-api.ts';
import { encodePinVerify, verifyPinDirectCode } from './pin-verify.ts';
import type { CardHandle, Context, PcscApi } from './pcsc-api.ts';
import { SCARD_STATE_CHANGED, SCARD_STATE_PRESENT, SCARD_STATE_UNAWARE } from './reader-presence.ts';
import type { CardChannel } from './smart-card-service.ts';
import { isStatus, smartCardError, statusCode } from './status.ts';

/** How often a card may be reset by others before its transaction has begun. */
const resetsBeforeStart = 3;

/** Room for a reader's features, six bytes each, and for a short response APDU: drivers may refuse more than they know. */
const longestControlAnswer = 258;

/** Longest time, in ms, until PC/SC has noticed that a card which stopped answering was pulled; pcscd looks every 400 ms. */
const removalNoticed = 1000;

interface Connection {
  readonly card: CardHandle;
  protocol: number;
  /** What becomes of the card when the transaction ends. */
  disposition: typeof SCARD_LEAVE_CARD | typeof SCARD_RESET_CARD;
}

/** Throws SmartCardError for every failure of PC/SC. What `work` throws comes out as it is. */
export async function runTransaction<T>(
  api: PcscApi, context: Context, reader: string, work: (card: CardChannel) => Promise<T>,
): Promise<T> {
  const connected = await api.connect(context, reader);
  if (connected.status !== 0) throw smartCardError(connected.status);
  const connection: Connection = { card: connected.card, protocol: connected.protocol, disposition: SCARD_LEAVE_CARD };
  try {
    await begin(api, connection);
    try {
      return await workWith(api, context, reader, connection, work);
    } finally {
      // A card that was pulled or reset has no transaction to end: the status says nothing that matters now.
      await api.endTransaction(connection.card, connection.disposition);
    }
  } finally {
    await api.disconnect(connection.card);
  }
}

/** Nothing has been sent yet: a reset by another program only means that we have to look again. */
async function begin(api: PcscApi, connection: Connection): Promise<void> {
  for (let resets = 0; ; resets += 1) {
    const status = await api.beginTransaction(connection.card);
    if (status === 0) return;
    if (!isStatus(status, 'SCARD_W_RESET_CARD') || resets === resetsBeforeStart) throw smartCardError(status);
    await acceptReset(api, connection);
  }
}

/** After SCARD_W_RESET_CARD every call fails until SCardReconnect. */
async function acceptReset(api: PcscApi, connection: Connection): Promise<void> {
  const { status, protocol } = await api.reconnect(connection.card);
  if (status !== 0) throw smartCardError(status);
  connection.protocol = protocol;
}

async function workWith<T>(
  api: PcscApi, context: Context, reader: string, connection: Connection, work: (card: CardChannel) => Promise<T>,
): Promise<T> {
  const { status, atr } = await api.cardStatus(connection.card);
  if (status !== 0) throw smartCardError(status);
  const scratch = Buffer.alloc(longestResponse);
  let open = true;
  // SECURITY: nothing reaches a card outside its transaction (test/unit/native/pcsc/card-transaction.test.ts).
  const refuseLate = (): void => {
    if (!open) throw new Error('the card was used after its transaction');
  };
  const answered = async (sent: { readonly status: number; readonly response: Uint8Array }): Promise<Uint8Array> => {
    if (sent.status === 0 && sent.response.length >= 2) return sent.response;
    if (isStatus(sent.status, 'SCARD_W_RESET_CARD')) {
      // Windows resets a card after 5 s of silence. The card has forgotten everything; the caller must know before it goes on.
      await acceptReset(api, connection);
      const again = await api.beginTransaction(connection.card);
      throw smartCardError(again === 0 ? sent.status : again);
    }
    // A response without SW1 SW2 is none (ISO/IEC 7816-4 §5.1): some drivers say so when the card was pulled.
    const failure = sent.status === 0 ? statusCode('SCARD_E_NOT_TRANSACTED') : sent.status;
    throw smartCardError(await reasonOfFailure(api, context, reader, connection.card, failure));
  };
  const channel: CardChannel = {
    atr,
    async transmit(command) {
      refuseLate();
      return answered(await api.transmit(connection.card, connection.protocol, command, scratch));
    },
    async keypad() {
      refuseLate();
      const answer = Buffer.alloc(longestControlAnswer);
      const features = await api.control(connection.card, api.featureRequest, new Uint8Array(), answer);
      // A reader without any feature answers with an error of its driver's choice.
      const code = features.status === 0 ? verifyPinDirectCode(features.response) : undefined;
      if (code === undefined) return undefined;
      return {
        async verify(order) {
          refuseLate();
          return answered(await api.control(connection.card, code, encodePinVerify(order), answer));
        },
      };
    },
    resetCardAtEnd() {
      connection.disposition = SCARD_RESET_CARD;
    },
  };
  try {
    return await work(channel);
  } finally {
    open = false;
  }
}

/**
 * A card that is pulled while it works fails with an error of the line, and PC/SC notices a moment
 * later that it has gone. This waits for that moment, so that the caller hears CARD_REMOVED.
 */
async function reasonOfFailure(
  api: PcscApi, context: Context, reader: string, card: CardHandle, failure: number,
): Promise<number> {
  const ofTheLine = isStatus(failure, 'SCARD_E_NOT_TRANSACTED', 'SCARD_F_COMM_ERROR', 'SCARD_W_UNPOWERED_CARD', 'SCARD_W_UNRESPONSIVE_CARD');
  if (!ofTheLine) return failure;
  const deadline = performance.now() + removalNoticed;
  let seen = SCARD_STATE_UNAWARE;
  for (;;) {
    const { status } = await api.cardStatus(card);
    if (isStatus(status, 'SCARD_W_REMOVED_CARD')) return status;
    if (status !== 0) return isStatus(status, 'SCARD_W_UNPOWERED_CARD', 'SCARD_W_UNRESPONSIVE_CARD') ? failure : status;
    const left = Math.ceil(deadline - performance.now());
    if (left <= 0) return failure;
    const wait = await api.getStatusChange(context, left, [{ reader, currentState: seen }]);
    if (wait.status !== 0) return isStatus(wait.status, 'SCARD_E_TIMEOUT') ? failure : wait.status;
    const state = wait.readers[0]?.eventState ?? 0;
    if ((state & SCARD_STATE_PRESENT) === 0) return statusCode('SCARD_W_REMOVED_CARD');
    seen = (state & ~SCARD_STATE_CHANGED) >>> 0;
  }
}
