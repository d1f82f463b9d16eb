import { once } from 'node:events';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import type { PinPort } from '../../../../src/native/host/pin-port.ts';
import { takePin } from '../../../../src/native/host/take-pin.ts';

/** Node's port in the shape of Electron's. */
function asPinPort(port: MessagePort): PinPort {
  return {
    on: (event: 'message' | 'close', listener: ((event: { readonly data: unknown }) => void) & (() => void)) =>
      event === 'message' ? port.on('message', (data: unknown) => listener({ data })) : port.on('close', () => listener()),
    start: () => port.start(),
    postMessage: (message) => port.postMessage(message),
    close: () => port.close(),
  };
}

let page: MessagePort;
let ours: MessagePort;

function channel(): PinPort {
  ({ port1: page, port2: ours } = new MessageChannel());
  return asPinPort(ours);
}

afterEach(() => page.close());

function answerToPage(): Promise<unknown> {
  return new Promise((resolve) => page.once('message', resolve));
}

const never = new AbortController().signal;

describe('takePin', () => {
  it('hands the bytes to the host for one call and tells the page that they were taken', async () => {
    const seen: number[][] = [];
    let lent: Uint8Array | undefined;
    const taken = takePin(channel(), never, ({ pin, spendLastTries }) => {
      seen.push([...pin, Number(spendLastTries)]);
      lent = pin;
      return Promise.resolve('session');
    });
    const told = answerToPage();
    page.postMessage({ pin: new Uint8Array([49, 50, 51, 52]), spendLastTries: true });
    expect(await taken).toBe('session');
    expect(seen).toEqual([[49, 50, 51, 52, 1]]);
    expect(await told).toEqual({ taken: true });
    await once(page, 'close');
    // SECURITY: nothing of it is left where it arrived.
    expect([...(lent ?? [])]).toEqual([0, 0, 0, 0]);
  });

  it('reads one message only, however many are sent', async () => {
    let calls = 0;
    const taken = takePin(channel(), never, async ({ pin }) => {
      calls += 1;
      await new Promise((resolve) => setImmediate(resolve));
      return String.fromCharCode(...pin);
    });
    page.postMessage({ pin: new Uint8Array([49]), spendLastTries: false });
    page.postMessage({ pin: new Uint8Array([50]), spendLastTries: true });
    expect(await taken).toBe('1');
    expect(calls).toBe(1);
  });

  it.each([
    ['text in place of bytes', { pin: '1234', spendLastTries: false }],
    ['more bytes than a PIN could have', { pin: new Uint8Array(257), spendLastTries: false }],
    ['a member that is not its own', { pin: new Uint8Array(4), spendLastTries: false, certificateSha256: 'f'.repeat(64) }],
    ['nothing', undefined],
  ])('holds no PIN for %s', async (_name, message) => {
    const taken = takePin(channel(), never, () => Promise.resolve('held'));
    page.postMessage(message);
    await expect(taken).rejects.toMatchObject({ code: 'PIN_SESSION_ENDED', pinNotPresented: true });
  });

  it('ends when the page is gone before a PIN was typed', async () => {
    const taken = takePin(channel(), never, () => Promise.resolve('held'));
    page.close();
    await expect(taken).rejects.toMatchObject({ code: 'PIN_SESSION_ENDED' });
  });

  it('ends with the question, and takes no PIN that is typed after it', async () => {
    const question = new AbortController();
    let calls = 0;
    const taken = takePin(channel(), question.signal, () => Promise.resolve((calls += 1)));
    question.abort(new Error('the card was pulled'));
    page.postMessage({ pin: new Uint8Array([49]), spendLastTries: false });
    await expect(taken).rejects.toThrow('the card was pulled');
    await once(page, 'close');
    expect(calls).toBe(0);
  });

  it('tells the page when the host does not take the PIN', async () => {
    const taken = takePin(channel(), never, () => Promise.reject(new Error('no such card')));
    const told = answerToPage();
    page.postMessage({ pin: new Uint8Array([49]), spendLastTries: false });
    await expect(taken).rejects.toThrow('no such card');
    expect(await told).toEqual({ taken: false });
  });
});
