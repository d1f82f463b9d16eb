import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Turns } from '../../../../src/native/pcsc/turns.ts';

it('runs work of one key in order and never two at once, and never more than the bound, whatever arrives', async () => {
  await fc.assert(fc.asyncProperty(
    fc.scheduler(), fc.integer({ min: 1, max: 3 }), fc.array(fc.record({ key: fc.constantFrom('A', 'B', 'C'), fails: fc.boolean() }), { maxLength: 12 }),
    async (scheduler, most, jobs) => {
      const turns = new Turns(most);
      const running: string[] = [];
      const begun: { readonly key: string; readonly index: number }[] = [];
      const all = jobs.map(({ key, fails }, index) => turns.run(key, async () => {
        expect(running).not.toContain(key);
        running.push(key);
        expect(running.length).toBeLessThanOrEqual(most);
        begun.push({ key, index });
        await scheduler.schedule(Promise.resolve());
        running.splice(running.indexOf(key), 1);
        if (fails) throw new Error('failed');
        return index;
      }));
      const settled = Promise.allSettled(all);
      await scheduler.waitFor(settled);
      const results = await settled;
      expect(results.map((result) => result.status === 'rejected')).toEqual(jobs.map(({ fails }) => fails));
      for (const key of ['A', 'B', 'C']) {
        const order = begun.filter((job) => job.key === key).map((job) => job.index);
        expect(order).toEqual(order.toSorted((a, b) => a - b));
      }
    },
  ));
});
