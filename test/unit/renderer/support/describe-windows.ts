import { afterAll, afterEach, beforeAll } from 'vitest';
import { describeWith } from '../../../support/machine.ts';
import { startChromium, type Chromium, type WindowUnderTest } from './window-under-test.ts';

/** A suite over pages in one Chromium. `open` opens a window of the test that runs: it is closed after it, and has to be clean then. */
export function describeWindows(name: string, suite: (open: Chromium['open']) => void): void {
  describeWith(['chromium'], name, () => {
    let chromium: Chromium;
    const opened: WindowUnderTest[] = [];
    beforeAll(async () => {
      chromium = await startChromium();
    });
    afterAll(() => chromium.close());
    afterEach(() => Promise.all(opened.splice(0).map((window) => window.close())));
    suite(async (page, options) => {
      const window = await chromium.open(page, options);
      opened.push(window);
      return window;
    });
  });
}
