/**
 * Entry of a card host process. It holds the vendor module and the PIN, speaks to the agent only by
 * the messages of host-messages.ts, writes nothing anywhere, and ends when the agent is gone.
 */
import { describeError } from './card-error-message.ts';
import type { CardStackState, ReadCounter } from './card-host.ts';
import type { CardStack } from './card-stack.ts';
import { endWithParent } from './end-with-parent.ts';
import { GuardedCardHost } from './guarded-card-host.ts';
import type { FromHost, ToHost } from './host-messages.ts';
import { loadCardStack } from './load-card-stack.ts';
import { parentChannel } from './parent-channel.ts';
import type { PinLedger } from './pin-ledger.ts';
import type { PinPort } from './pin-port.ts';

const agent = parentChannel();
let stack: CardStack | undefined;
let host: GuardedCardHost | undefined;

/** Ports on which a PIN may still come. */
const pinPorts = new Map<number, AbortController>();
let replacementWaits = false;

type Question = FromHost extends infer M ? (M extends { question: number } ? Omit<M, 'question'> : never) : never;
type Reply = Extract<ToHost, { question: number }>;

const questions = new Map<number, (reply: Reply) => void>();
let lastQuestion = 0;

function post(message: FromHost): void {
  agent.post(message);
}

function ask(question: Question): Promise<Reply> {
  lastQuestion += 1;
  const number = lastQuestion;
  return new Promise((done) => {
    questions.set(number, done);
    post({ ...question, question: number });
  });
}

/** The ledger lies with the agent: one file and one writer for all hosts, and it outlives this process. */
const ledger: PinLedger = {
  load: async (card) => {
    const reply = await ask({ type: 'ledgerLoad', card });
    if (reply.type !== 'ledgerLoaded') throw ledgerFailed(reply);
    return reply.record;
  },
  save: async (card, record) => {
    const reply = await ask({ type: 'ledgerSave', card, record });
    if (reply.type !== 'ledgerSaved') throw ledgerFailed(reply);
  },
};

function ledgerFailed(reply: Reply): Error {
  return new Error(reply.type === 'ledgerFailed' ? reply.detail : `unfitting answer ${reply.type}`);
}

/** PC/SC lives in another host's process: the agent hands the question on. */
const readCounter: ReadCounter = async (order) => {
  const reply = await ask({ type: 'readCounter', order });
  return reply.type === 'counterRead' ? reply.tries : 'unknown';
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
    stack = await loadCardStack(message.stack, readCounter);
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
    case 'readCounter':
      return { type: 'counter', call, tries: (await stack?.readCounter?.(message.order)) ?? 'unknown' };
    case 'holdPin':
      try {
        return { type: 'held', call, session: await host.holdPin(message.entry) };
      } finally {
        if (message.entry.pin !== 'keypad') message.entry.pin.fill(0);
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
      if (replacementWaits) {
        host.replaceWhenIdle();
        return { type: 'retired', call, idle: false, endedByRemoval: [] };
      }
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

function settleQuestion(reply: Reply): void {
  const done = questions.get(reply.question);
  questions.delete(reply.question);
  done?.(reply);
}

agent.onMessage((message, ports) => {
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
