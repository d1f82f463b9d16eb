import { describe, expect, it } from 'vitest';
import { LocalSigner } from '../../../../src/agent/signers/local-signer.ts';
import { CardError } from '../../../../src/native/host/card-host.ts';

const hashes = [1, 2, 3, 4].map((byte) => new Uint8Array(32).fill(byte));

/** Until everything that could go on has gone on. */
const untilIdle = () => new Promise((resolve) => setImmediate(resolve));

/** A card host whose answers are given by hand, in order. */
function cardByHand() {
  const asked: number[] = [];
  const answers: { resolve: (value: Uint8Array) => void; reject: (error: Error) => void }[] = [];
  return {
    asked,
    async answer(index: number): Promise<void> {
      await untilIdle();
      answers[index]?.resolve(Uint8Array.of(index));
    },
    async refuse(index: number, error: Error): Promise<void> {
      await untilIdle();
      answers[index]?.reject(error);
    },
    sign(_session: string, hash: Uint8Array): Promise<Uint8Array> {
      asked.push(hash[0] ?? 0);
      return new Promise((resolve, reject) => answers.push({ resolve, reject }));
    },
  };
}

describe('signing many hashes with a card', () => {
  it('sends nothing else before the first value has come, and then has two hashes at the card', async () => {
    const card = cardByHand();
    const values = new LocalSigner(card).sign('session', hashes, new AbortController().signal);
    const first = values.next();
    await untilIdle();
    expect(card.asked).toEqual([1]);
    await card.answer(0);
    expect((await first).value).toEqual(Uint8Array.of(0));
    expect(card.asked).toEqual([1, 2, 3]);
    const second = values.next();
    await card.answer(1);
    expect((await second).value).toEqual(Uint8Array.of(1));
    expect(card.asked).toEqual([1, 2, 3, 4]);
    for (const index of [2, 3]) {
      const next = values.next();
      await card.answer(index);
      expect((await next).value).toEqual(Uint8Array.of(index));
    }
    expect(await values.next()).toEqual({ value: undefined, done: true });
    expect(card.asked).toEqual([1, 2, 3, 4]);
  });

  it('asks for no second signature where the first is refused', async () => {
    const card = cardByHand();
    const values = new LocalSigner(card).sign('session', hashes, new AbortController().signal);
    const first = values.next();
    const refused = expect(first).rejects.toThrow(CardError);
    await card.refuse(0, new CardError('PIN_INCORRECT', 'wrong'));
    await refused;
    expect(card.asked).toEqual([1]);
  });

  it('hands out a value before it tells that the next one failed, and tells it when the card is done', async () => {
    const card = cardByHand();
    const values = new LocalSigner(card).sign('session', hashes, new AbortController().signal);
    const first = values.next();
    await card.answer(0);
    expect((await first).done).toBe(false);
    await card.refuse(1, new CardError('CARD_REMOVED', 'pulled'));
    let told = false;
    const failed = values.next().catch((error: unknown) => {
      told = true;
      return error;
    });
    await untilIdle();
    expect(told).toBe(false);
    await card.refuse(2, new CardError('CARD_REMOVED', 'pulled'));
    expect(await failed).toMatchObject({ code: 'CARD_REMOVED' });
    expect(card.asked).toEqual([1, 2, 3]);
  });

  it('after a cancel still hands out what the card host has, and asks for no more', async () => {
    const card = cardByHand();
    const cancel = new AbortController();
    const values = new LocalSigner(card).sign('session', hashes, cancel.signal);
    const first = values.next();
    await card.answer(0);
    await first;
    cancel.abort();
    for (const index of [1, 2]) {
      const next = values.next();
      await card.answer(index);
      expect((await next).value).toEqual(Uint8Array.of(index));
    }
    expect((await values.next()).done).toBe(true);
    expect(card.asked).toEqual([1, 2, 3]);
  });

  it('signs nothing for a request that was cancelled before', async () => {
    const card = cardByHand();
    const values = new LocalSigner(card).sign('session', hashes, AbortSignal.abort());
    expect((await values.next()).done).toBe(true);
    expect(card.asked).toEqual([]);
  });
});
