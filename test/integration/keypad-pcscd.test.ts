/**
 * A reader with keys of its own, under the whole agent: card host process, PC/SC, the real pcscd, and a reader whose
 * firmware puts what is entered on its keys into the VERIFY (test/support/reader-keypad.c). No real reader of this kind
 * was at hand.
 */
import { execFileSync } from 'node:child_process';
import { createHash, verify, X509Certificate } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { settingsSchema, type Settings } from '../../src/agent/config/settings.ts';
import { lookAtCards } from '../../src/agent/look-at-cards.ts';
import type { CardHost } from '../../src/native/host/card-host.ts';
import { forkChild } from '../../src/native/host/child-channel.ts';
import { createFilePinLedger } from '../../src/native/host/pin-ledger-file.ts';
import { startCardHost } from '../../src/native/host/process-card-host.ts';
import { loadPcscApi, SCARD_LEAVE_CARD } from '../../src/native/pcsc/pcsc-api.ts';
import { encodePinVerify, verifyPinDirectCode } from '../../src/native/pcsc/pin-verify.ts';
import { verifyDocument, type StaffMember } from '../../src/sandbox/ehr/ehr-client.ts';
import { VirtualJpkiCard } from '../../src/sandbox/cards/virtual-jpki-card.ts';
import type { VirtualHpkiCard } from '../../src/sandbox/cards/virtual-hpki-card.ts';
import { connectToVpcd, type VpcdConnection } from '../../src/sandbox/cards/vpcd-connection.ts';
import { cardHostProcesses } from '../support/card-host-processes.ts';
import { makeLoginIdentity } from '../support/card-identity.ts';
import { readerIn, stateWhere } from '../support/card-states.ts';
import { pairedWith, problemOf, signAt } from '../support/ehr-at-agent.ts';
import { describeWith } from '../support/machine.ts';
import { startPcscd, type PrivatePcscd } from '../support/pcscd.ts';
import { neededByKeypad, PlayedKeypad } from '../support/played-keypad.ts';
import { prescription, RunningAgent } from '../support/running-agent.ts';
import { TestClinic } from '../support/test-clinic.ts';

const saburo: StaffMember = { id: 'D0012', name: '医者 三郎' };

/** Long enough that it stands nowhere by chance. */
const pin = '830615927404';

const settings: Pick<Settings, 'cards' | 'deadlines'> = {
  cards: settingsSchema.parse({}).cards,
  deadlines: { consentSeconds: 20, cardSeconds: 10, cardCallSeconds: 20, loginAndSignSeconds: 20 },
};

describeWith(['pcscd', 'vpcd', 'libpcsclite', ...neededByKeypad], 'a reader with its own keys, over pcscd', () => {
  let keypad: PlayedKeypad;
  let pcscd: PrivatePcscd;
  let clinic: TestClinic;
  let agent: RunningAgent;
  let cards: CardHost;
  const inserted: VpcdConnection[] = [];
  /** Every message between the agent and its card host, both ways. */
  const messages: unknown[] = [];
  /** Whatever anybody has written to these. */
  const printed: string[] = [];
  const writes = [process.stdout, process.stderr].map((stream) => ({ stream, write: stream.write.bind(stream) }));

  beforeAll(async () => {
    keypad = await PlayedKeypad.open();
    [pcscd, clinic] = await Promise.all([startPcscd({ readers: 2, keypad }), TestClinic.open()]);
    agent = await RunningAgent.start({
      clinic,
      readers: ['not used'],
      inserted: null,
      settings,
      cards: (data) =>
        (cards = startCardHost({
          stack: { kind: 'pcsc' },
          ledger: createFilePinLedger(data.pinLedger),
          deadlines: { card: 20_000, sign: 20_000 },
          spawn: (entry, environment) => {
            const child = forkChild(entry, environment);
            return {
              ...child,
              post: (message, ports) => {
                messages.push(structuredClone(message));
                child.post(message, ports);
              },
              onMessage: (listener) =>
                child.onMessage((message) => {
                  messages.push(message);
                  listener(message);
                }),
            };
          },
        })),
    });
    for (const { stream, write } of writes) {
      stream.write = (chunk: string | Uint8Array, ...rest: []) => {
        printed.push(Buffer.from(chunk).toString('latin1'));
        return write(chunk, ...rest);
      };
    }
    agent.person.pin = () => 'at the reader';
    await empty();
  }, 60_000);
  afterAll(async () => {
    for (const { stream, write } of writes) stream.write = write;
    expect(await agent.verifyAudit()).toMatchObject({ ok: true });
    await agent.close();
    await pcscd.stop();
    await keypad.close();
  });
  afterEach(async () => {
    await Promise.all(inserted.splice(0).map((connection) => connection.remove()));
    await empty();
    agent.person.shown.splice(0);
    agent.person.spendLastTries = false;
    agent.person.keypad = () => 'silent';
    keypad.orders.splice(0);
  });

  const empty = (): Promise<unknown> =>
    stateWhere(cards, (state) => state.service === 'running' && state.readers.length === 2 && state.readers.every(({ state }) => state === 'empty'), 30_000);

  const nameOf = (reader: 0 | 1): string => pcscd.readers[reader]?.name ?? '';

  async function insert(card: VirtualHpkiCard, reader: 0 | 1 = 0): Promise<VpcdConnection> {
    const connection = await connectToVpcd(card, { port: pcscd.vpcdPorts[reader] ?? 0 });
    inserted.push(connection);
    await readerIn(cards, 'ready', nameOf(reader), 30_000);
    return connection;
  }

  const doctor = (options: Parameters<TestClinic['card']>[1] = {}): VirtualHpkiCard => clinic.card('doctor', { pin, ...options });

  /** What the window said each time it asked for consent and PIN. */
  const asked = (): unknown[] =>
    agent.person.shown.flatMap((shown) => (shown.what === 'pin' ? [[shown.question.refused, shown.question.tries.triesLeft, shown.question.tries.failuresSeen]] : []));

  it('signs with a PIN that is entered on the reader and is nowhere in what we say, send and write', async () => {
    const card = doctor();
    await insert(card);
    const answer = signAt(agent, saburo);
    const waiting = await keypad.waits();
    expect(agent.person.asked('keypad')).toBe(1);
    expect(card.statistics.pinsPresented).toBe(0);
    waiting.enter(pin);
    const { documents } = await answer;
    expect(await verifyDocument(pairedWith(agent), documents[0]?.xml ?? new Uint8Array())).toMatchObject({ verdict: 'VALID' });
    expect(card.statistics).toMatchObject({ pinsPresented: 1, signatures: 1 });
    expect(keypad.orders).toEqual([encodePinVerify({ header: Uint8Array.of(0x00, 0x20, 0x00, 0x88), shortest: 4, longest: 16, timeoutSeconds: 30 })]);

    const holds = (text: string): boolean => text.includes(pin);
    const seen = Buffer.from(JSON.stringify(messages, (_key, value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value))).toString();
    expect(seen.length).toBeGreaterThan(1_000);
    expect(holds(seen)).toBe(false);
    expect([...agent.files().values()].filter(holds)).toEqual([]);
    expect(holds(printed.join(''))).toBe(false);
    expect(messages.some((message) => JSON.stringify(message).includes('"pin":"keypad"'))).toBe(true);
  });

  it('the PIN is not in the memory of the process that speaks to the card', async () => {
    await insert(doctor());
    const answer = signAt(agent, saburo);
    (await keypad.waits()).enter(pin);
    await answer;
    const [host = 0] = cardHostProcesses();
    expect(memoryHolds(host, pin)).toBe(false);
    // The search finds what is there.
    expect(memoryHolds(host, nameOf(0))).toBe(true);
  });

  it('a wrong PIN is asked for again in place, with the new count; the right one signs', async () => {
    const card = doctor();
    await insert(card);
    const answer = signAt(agent, saburo);
    (await keypad.waits()).enter('99999999');
    (await keypad.waits()).enter(pin);
    expect((await answer).documents).toHaveLength(1);
    expect(asked()).toEqual([[null, 15, 0], ['incorrect', 14, 1]]);
    expect(card.statistics).toMatchObject({ pinsPresented: 2, signatures: 1 });
  });

  it('Cancel, no entry in time, and too few digits on the reader spend no try, and are asked about again', async () => {
    const card = doctor();
    await insert(card);
    const answer = signAt(agent, saburo);
    (await keypad.waits()).cancel();
    (await keypad.waits()).timeOut();
    (await keypad.waits()).enter('123');
    (await keypad.waits()).enter(pin);
    expect((await answer).documents).toHaveLength(1);
    expect(asked()).toEqual([[null, 15, 0], ['keypad_cancelled', 15, 0], ['keypad_timed_out', 15, 0], ['keypad_refused', 15, 0]]);
    expect(card.statistics).toMatchObject({ pinsPresented: 1, signatures: 1 });
  });

  it('the reader is not asked for one of the last tries before the person has agreed to that', async () => {
    const card = doctor({ maxTries: 2 });
    await insert(card);
    agent.person.pin = ({ tries }) => {
      if (tries.consentNeeded && agent.person.asked('pin') === 2) agent.person.spendLastTries = true;
      return 'at the reader';
    };
    try {
      const answer = signAt(agent, saburo);
      const waiting = await keypad.waits();
      // The first time nobody had agreed: the reader was left alone, and it was asked about again.
      expect(agent.person.asked('pin')).toBe(2);
      expect(keypad.orders).toHaveLength(1);
      waiting.enter(pin);
      expect((await answer).documents).toHaveLength(1);
      expect(card.statistics.pinsPresented).toBe(1);
    } finally {
      agent.person.pin = () => 'at the reader';
    }
  });

  it('a card pulled while the reader waits is CARD_REMOVED; put back, it signs', async () => {
    const card = doctor();
    const connection = await insert(card);
    const pulled = problemOf(signAt(agent, saburo, 'pulled'));
    const waiting = await keypad.waits();
    await connection.remove();
    await waiting.over;
    expect(await pulled).toEqual({ code: 'CARD_REMOVED', retriable: true });
    await empty();
    await insert(card);
    const answer = signAt(agent, saburo, 'pulled');
    (await keypad.waits()).enter(pin);
    expect((await answer).documents).toHaveLength(1);
    // Nobody could say whether a PIN was on its way: it counts.
    expect(asked()).toEqual([[null, 15, 0], [null, 15, 1]]);
    expect(card.statistics).toMatchObject({ pinsPresented: 1, signatures: 1 });
  });

  it('who cancels in the window gets no signature from a PIN that is entered after that', async () => {
    const card = doctor();
    await insert(card);
    const cancel = Promise.withResolvers<'cancelled'>();
    agent.person.keypad = () => cancel.promise;
    const cancelled = problemOf(signAt(agent, saburo));
    const waiting = await keypad.waits();
    const resets = vi.spyOn(card, 'reset');
    cancel.resolve('cancelled');
    await expect.poll(() => agent.person.asked('keypad_left')).toBe(1);
    waiting.enter(pin);
    expect((await cancelled).code).toBe('CANCELLED_BY_USER');
    expect(card.statistics).toMatchObject({ pinsPresented: 1, signatures: 0 });
    expect(resets).toHaveBeenCalled();
  });

  it('an EHR that cancels gets no signature from a PIN that is entered after that', async () => {
    const card = doctor();
    await insert(card);
    const posted = await agent.sign({}, { wait: 0 });
    const waiting = await keypad.waits();
    const { id } = posted.json as { id: string };
    expect((await agent.ask(`/v1/signatures/${id}`)).json).toMatchObject({ state: 'awaiting_pin' });
    const told = agent.ask(`/v1/signatures/${id}`, { method: 'DELETE' });
    await expect.poll(() => agent.person.asked('keypad_left')).toBe(1);
    waiting.enter(pin);
    await expect.poll(() => agent.person.asked('closed')).toBe(1);
    await told;
    expect(card.statistics).toMatchObject({ pinsPresented: 1, signatures: 0 });
  });

  it('asks on the reader once for each document of a batch', async () => {
    const card = doctor();
    await insert(card);
    const answer = agent.sign({ documents: [prescription('rx-1'), prescription('rx-2')] });
    (await keypad.waits()).enter(pin);
    (await keypad.waits()).enter(pin);
    expect((await answer).status).toBe(201);
    expect(card.statistics).toMatchObject({ pinsPresented: 2, signatures: 2 });
    expect(agent.person.shown.flatMap((shown) => (shown.what === 'keypad' ? [[shown.done, shown.total]] : []))).toEqual([[0, 2], [1, 2]]);
    expect(agent.person.asked('pin')).toBe(1);
  });

  it('a PIN that is typed in the window is presented by us, as without such a reader', async () => {
    const card = doctor();
    await insert(card);
    agent.person.pin = () => pin;
    try {
      expect((await signAt(agent, saburo)).documents).toHaveLength(1);
    } finally {
      agent.person.pin = () => 'at the reader';
    }
    expect(keypad.orders).toEqual([]);
    expect(card.statistics).toMatchObject({ pinsPresented: 1, signatures: 1 });
  });

  it('SCardCancel does not end the wait of a reader, so that nothing of ours can', async () => {
    await insert(doctor());
    const api = loadPcscApi();
    const { context } = await api.establishContext();
    const { card } = await api.connect(context, nameOf(0));
    // The card host may still be at the card that it has just shown: what comes in between is refused by pcscd.
    expect(await api.beginTransaction(card)).toBe(0);
    const { response: features } = await api.control(card, api.featureRequest, new Uint8Array(), Buffer.alloc(64));
    const order = encodePinVerify({ header: Uint8Array.of(0x00, 0x20, 0x00, 0x88), shortest: 4, longest: 16, timeoutSeconds: 30 });
    let over = false;
    const asking = api.control(card, verifyPinDirectCode(features) ?? 0, order, Buffer.alloc(64)).finally(() => (over = true));
    const waiting = await keypad.waits();
    expect(await api.cancel(context)).toBe(0);
    // A round trip through pcscd (this context is busy), after which a wait that was cancelled would have ended.
    const other = await api.establishContext();
    expect((await api.listReaders(other.context)).status).toBe(0);
    expect(over).toBe(false);
    waiting.cancel();
    expect(await asking).toEqual({ status: 0, response: Uint8Array.of(0x64, 0x01) });
    await api.endTransaction(card, SCARD_LEAVE_CARD);
    await api.disconnect(card);
    await Promise.all([context, other.context].map((each) => api.releaseContext(each)));
  });

  it('a card host that is killed while the reader waits is a named error, counts as a try, and another one signs when the reader has ended', async () => {
    const card = doctor();
    await insert(card);
    const failed = problemOf(signAt(agent, saburo, 'killed'));
    const waiting = await keypad.waits();
    const [host = 0] = cardHostProcesses();
    process.kill(host, 'SIGKILL');
    expect(await failed).toEqual({ code: 'CARD_MODULE_FAILED', retriable: true });
    waiting.cancel();
    await waiting.over;
    await readerIn(cards, 'ready', nameOf(0), 30_000);
    const answer = signAt(agent, saburo, 'killed');
    (await keypad.waits()).enter(pin);
    expect((await answer).documents).toHaveLength(1);
    expect(asked()).toEqual([[null, 15, 0], [null, 15, 1]]);
    expect(card.statistics).toMatchObject({ pinsPresented: 1, signatures: 1 });
  });

  it('the four digits of a My Number card are entered there too, for a login', async () => {
    const holder = await makeLoginIdentity('Holder', 'jpki');
    const card = new VirtualJpkiCard({ authentication: holder, pin: '5739' });
    inserted.push(await connectToVpcd(card, { port: pcscd.vpcdPorts[0] ?? 0 }));
    const { authentication } = await readerIn(cards, 'identity_card', nameOf(0), 30_000);
    expect(authentication.keypad).toBe(true);
    const session = await cards.holdPin({ certificateSha256: authentication.certificateSha256, purpose: 'authentication', pin: 'keypad', maxSignatures: 1, lifetimeMs: 60_000, spendLastTries: false });
    const message = Buffer.from('assertion');
    const signing = cards.sign(session, createHash('sha256').update(message).digest());
    (await keypad.waits()).enter('5739');
    expect(verify('sha256', message, new X509Certificate(holder.certificate).publicKey, await signing)).toBe(true);
    expect(card.statistics).toMatchObject({ pinsPresented: 1, signatures: 1 });
  });

  it('a reader without keys is offered as one, and policy takes the keys of the other out of use', async () => {
    const keypadOf = (state: ReturnType<CardHost['state']> | null): unknown[] =>
      state?.service === 'running' ? state.readers.map((reader) => (reader.state === 'ready' ? (reader.card.keypad ?? false) : reader.state)) : [];
    await insert(doctor());
    await insert(clinic.card('otherDoctor'), 1);
    expect(keypadOf(cards.state())).toEqual([true, false]);
    const off = { ...settings, cards: { ...settings.cards, readerKeypad: 'off' as const } };
    expect(keypadOf(await lookAtCards(off, agent.data))).toEqual([false, false]);
  });

  it('the structure is, byte for byte, what pcsc-lite itself makes of its fields', () => {
    const folder = mkdtempSync(join(tmpdir(), 'hpki-keypad-'));
    try {
      writeFileSync(join(folder, 'order.c'), theirOrder);
      const headers = execFileSync('pkg-config', ['--cflags', 'libpcsclite'], { encoding: 'utf8' }).trim().split(/\s+/);
      execFileSync('gcc', ['-Wall', '-Werror', ...headers, '-o', join(folder, 'order'), join(folder, 'order.c')]);
      const theirs = execFileSync(join(folder, 'order'), { encoding: 'utf8' });
      const ours = encodePinVerify({ header: Uint8Array.of(0x00, 0x20, 0x00, 0x80), shortest: 4, longest: 4, timeoutSeconds: 30 });
      expect(Buffer.from(ours).toString('hex')).toBe(theirs);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** Every page that a process may read, heap and stacks of native code included (proc(5)). */
function memoryHolds(pid: number, text: string): boolean {
  const needle = Buffer.from(text, 'latin1');
  const wide = Buffer.from(text, 'utf16le');
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  try {
    return readFileSync(`/proc/${pid}/maps`, 'latin1').split('\n').some((line) => {
      const [, from, to] = /^([0-9a-f]+)-([0-9a-f]+) rw/.exec(line) ?? [];
      if (from === undefined || to === undefined) return false;
      const start = BigInt(`0x${from}`);
      const length = Number(BigInt(`0x${to}`) - start);
      for (let at = 0; at < length; at += chunkBytes) {
        // With what the next piece begins, so that nothing hides on a border.
        const piece = Buffer.alloc(Math.min(chunkBytes + 64, length - at));
        const read = readAt(memory, piece, start + BigInt(at));
        const seen = piece.subarray(0, read);
        if (seen.includes(needle) || seen.includes(wide)) return true;
      }
      return false;
    });
  } finally {
    closeSync(memory);
  }
}

const chunkBytes = 1 << 20;

/** Guard pages and reserved ranges cannot be read: they hold nothing. */
function readAt(memory: number, into: Buffer, position: bigint): number {
  try {
    return readSync(memory, into, 0, into.length, position);
  } catch {
    return 0;
  }
}

const theirOrder = `
#include <reader.h>
#include <stdio.h>
#include <string.h>
int main(void) {
  unsigned char bytes[64] = {0};
  PIN_VERIFY_STRUCTURE *order = (void *)bytes;
  const unsigned char verify[] = {0x00, 0x20, 0x00, 0x80, 0x00};
  order->bTimerOut = 30;
  order->bTimerOut2 = 30;
  order->bmFormatString = 0x82;
  order->wPINMaxExtraDigit = 0x0404;
  order->bEntryValidationCondition = 0x03;
  order->bNumberMessage = 0xff;
  order->ulDataLength = sizeof verify;
  memcpy(order->abData, verify, sizeof verify);
  for (unsigned long i = 0; i < sizeof *order + sizeof verify; i++) printf("%02x", bytes[i]);
  return 0;
}
`;
