/**
 * Entry of a card host process. It holds the vendor module and the PIN, speaks to the agent only by
 * the messages of host-messages.ts, writes nothing anywhere, and ends when the agent is gone.
 */
import type { CardStackState } from './card-host.ts';
import { endWithParent } from './end-with-parent.ts';
import { GuardedCardHost } from './guarded-card-host.ts';
import { describeError, toHostSchema, type FromHost, type ToHost } from './host-messages.ts';
import { loadCardStack } from './load-card-stack.ts';
import { parentChannel } from './parent-channel.ts';
import type { PinLedger, PinRecord } from './pin-ledger.ts';
import type { PinPort } from './pin-port.ts';

const agent = parentChannel();
let host: GuardedCardHost | undefined;

/** Ports on which a PIN may still come. */
const pinPorts = new Map<number, AbortController>();
let replacementWaits = false;

const questions = new Map<number, { done: (record: PinRecord) => void; failed: (error: Error) => void }>();
let lastQuestion = 0;

function post(message: FromHost): void {
  agent.post(message);
}

function ask(question: { type: 'ledgerLoad'; card: string } | { type: 'ledgerSave'; card: string; record: PinRecord }): Promise<PinRecord> {
  lastQuestion += 1;
  const number = lastQuestion;
  return new Promise((done, failed) => {
    questions.set(number, { done, failed });
    post({ ...question, question: number });
  });
}

/** The ledger lies with the agent: one file and one writer for all hosts, and it outlives this process. */
const ledger: PinLedger = {
  load: (card) => ask({ type: 'ledgerLoad', card }),
  save: async (card, record) => {
    await ask({ type: 'ledgerSave', card, record });
  },
};

/** Tells the agent when the PIN has come, or that it will not. */
function receivePin(from: GuardedCardHost, { port: number, order }: Extract<ToHost, { type: 'openPinPort' }>, port: PinPort): void {
  const closing = new AbortController();
  pinPorts.set(number, closing);
  from.holdPinFrom(order, port, closing.signal).then(
    (session) => {
      pinPorts.delete(number);
      post({ type: 'pinHeld', port: number, session });
    },
    (error: unknown) => {
      pinPorts.delete(number);
      post({ type: 'pinNotHeld', port: number, error: describeError(error) });
      if (replacementWaits && pinPorts.size === 0 && !from.holdsPins) post({ type: 'replaceMe' });
    },
  );
}

async function answer(message: Exclude<ToHost, { question: number }>, ports: readonly PinPort[]): Promise<FromHost> {
  const { call } = message;
  if (message.type === 'start') {
    const stack = await loadCardStack(message.stack);
    host = new GuardedCardHost({ stack, ledger, replaceProcess: () => post({ type: 'replaceMe' }) });
    const tell = (state: CardStackState) => post({ type: 'state', state: plainState(state) });
    host.subscribe(tell);
    tell(host.state());
    return { type: 'done', call };
  }
  if (host === undefined) throw new Error('a call before start');
  switch (message.type) {
    case 'ping':
      return { type: 'done', call };
    case 'pinTries':
      return { type: 'tries', call, ...(await host.pinTries(message.card)) };
    case 'holdPin':
      try {
        return { type: 'held', call, session: await host.holdPin(message.entry) };
      } finally {
        message.entry.pin.fill(0);
      }
    case 'openPinPort': {
      const [port] = ports;
      if (port === undefined) throw new Error('no port came with the message');
      receivePin(host, message, port);
      return { type: 'done', call };
    }
    case 'closePinPort':
      pinPorts.get(message.port)?.abort(new Error('closed'));
      return { type: 'done', call };
    case 'sign':
      return { type: 'signed', call, signature: await host.sign(message.session, message.hash) };
    case 'endPinSession':
      await host.endPinSession(message.session);
      return { type: 'done', call };
    case 'retire':
      replacementWaits = host.holdsPins || pinPorts.size > 0;
      if (replacementWaits) return { type: 'retired', call, idle: false, endedByRemoval: [] };
      await host.close();
      return { type: 'retired', call, idle: true, endedByRemoval: [...host.endedByRemoval()] };
  }
}

/** Mutable copies: the contract's arrays are readonly, the message's are not. */
function plainState(state: CardStackState): Extract<FromHost, { type: 'state' }>['state'] {
  if (state.service === 'unavailable') return { ...state };
  return {
    service: 'running',
    readers: state.readers.map((reader) =>
      reader.state === 'ready' ? { ...reader, card: { ...reader.card, chain: [...reader.card.chain] } } : { ...reader },
    ),
  };
}

function settleQuestion(message: Extract<ToHost, { question: number }>): void {
  const waiting = questions.get(message.question);
  questions.delete(message.question);
  if (waiting === undefined) return;
  if (message.type === 'ledgerFailed') waiting.failed(new Error(message.detail));
  else waiting.done(message.type === 'ledgerLoaded' ? message.record : { failures: 0, inFlight: false });
}

agent.onMessage((raw, ports) => {
  const message = toHostSchema.parse(raw);
  if ('question' in message) settleQuestion(message);
  else answer(message, ports).then(post, (error: unknown) => post({ type: 'failed', call: message.call, error: describeError(error) }));
});

/**
 * At once: process.exit() would wait for a library's call that never returns, with the PIN in memory.
 * SECURITY: an unexpected error's text may quote what it was given. It goes nowhere; the agent sees the end.
 */
const end = () => process.kill(process.pid, 'SIGKILL');
// The agent is gone: nobody may use a held PIN any more.
agent.onGone(end);
process.on('uncaughtException', end);
process.on('unhandledRejection', end);
// And where that goes unheard, because a library's call does not return.
endWithParent();
