import { expect, it } from 'vitest';
import { Lane } from '../../../../src/agent/signing/lane.ts';

const never = new AbortController().signal;
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('lets one through at a time, in the order they came', async () => {
  const lane = new Lane();
  const inside: number[] = [];
  const enter = async (n: number): Promise<() => void> => {
    const leave = await lane.enter(never);
    inside.push(n);
    return leave;
  };
  const [first, second, third] = [1, 2, 3].map(enter);
  await settled();
  expect(inside).toEqual([1]);
  (await first)?.();
  await settled();
  expect(inside).toEqual([1, 2]);
  (await second)?.();
  (await third)?.();
  expect(inside).toEqual([1, 2, 3]);
});

it('is left once: who says so again lets nobody in beside the next one', async () => {
  const lane = new Lane();
  const leave = await lane.enter(never);
  const entered: string[] = [];
  void lane.enter(never).then(() => entered.push('second'));
  void lane.enter(never).then(() => entered.push('third'));
  leave();
  leave();
  await settled();
  expect(entered).toEqual(['second']);
});

it('forgets who stops waiting: the turn goes to the next one', async () => {
  const lane = new Lane();
  const leave = await lane.enter(never);
  const impatient = new AbortController();
  const gone = lane.enter(impatient.signal);
  const next = lane.enter(never);
  impatient.abort(new Error('cancelled'));
  await expect(gone).rejects.toThrow('cancelled');
  leave();
  expect(await next).toBeTypeOf('function');
});

it('admits nobody whose signal has aborted before', async () => {
  await expect(new Lane().enter(AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
});
