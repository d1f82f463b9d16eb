/** Processes and ends over the model: utility process, the PIN's port, crashes, windows that close, starts that collide. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeWith } from '../../support/machine.ts';
import { buildFixture, eventually, type BuiltFixture, type RunningFixture } from './fixture.ts';

async function startedPage(app: RunningFixture): Promise<Page> {
  const page = await app.window(/^app:\/\/pages\//);
  await page.getByRole('heading', { name: '準備完了' }).waitFor();
  return page;
}

async function openPinPort(page: Page): Promise<void> {
  await page.evaluate(() => window.agent.invoke('pin port', undefined));
  await page.waitForFunction(() => window.pinPort !== undefined);
}

describeWith(['chromium'], 'processes over the model', () => {
  let built: BuiltFixture;
  beforeAll(() => { built = buildFixture(); });
  afterAll(() => built.remove());

  describe('a utility process', () => {
    let app: RunningFixture;
    let page: Page;
    beforeAll(async () => {
      app = await built.start();
      page = await startedPage(app);
    });
    afterAll(() => app.close());
    const closings = async (): Promise<number> => (await app.hostSaid()).filter((message) => (message as { portClosed?: true }).portClosed === true).length;

    it('answers, with bytes as bytes', async () => {
      await eventually(async () => expect(await app.hostSaid()).toContainEqual({ echo: { bytes: new Uint8Array([7, 8]) }, isBytes: true, args: ['--one'] }));
    });

    it('gets the PIN as bytes by a port from the page, which has none left, and answers by it', async () => {
      await openPinPort(page);
      expect(await page.evaluate(() => {
        const pin = new TextEncoder().encode('123456');
        window.pinPort?.postMessage({ pin }, [pin.buffer]);
        return pin.byteLength;
      })).toBe(0);
      await eventually(async () => expect(await app.hostSaid()).toContainEqual({ took: '123456' }));
      await page.waitForFunction(() => window.pinAnswer !== undefined);
      expect(await page.evaluate(() => (window.pinAnswer as { same: Uint8Array }).same.join())).toBe('49,50,51,52,53,54');
    });

    it('sees the port close when the page closes it, and when the page is left', async () => {
      await page.evaluate(() => window.pinPort?.close());
      await eventually(async () => expect(await closings()).toBe(1));
      await page.evaluate(() => { delete window.pinPort; });
      await openPinPort(page);
      await app.evaluate(() => fixture.window.reload(), undefined);
      await eventually(async () => expect(await closings()).toBe(2));
    });

    it('takes the port along when it ends, and its end is told', async () => {
      await page.getByRole('heading', { name: '準備完了' }).waitFor();
      await openPinPort(page);
      await app.evaluate(() => fixture.cardHost.kill(), undefined);
      await page.waitForFunction(() => window.portClosed === true);
      await eventually(async () => expect(await app.seen()).toContain('card host 15'));
    });
  });

  it('a crashed page is told, and a reload gives the window a new one', async () => {
    const app = await built.start();
    await startedPage(app);
    await app.evaluate(() => fixture.window.webContents.forcefullyCrashRenderer(), undefined);
    await eventually(async () => expect(await app.seen()).toContain('gone crashed'));
    expect(await app.evaluate(() => fixture.window.webContents.isCrashed(), undefined)).toBe(true);
    await app.evaluate(() => fixture.window.reload(), undefined);
    await eventually(async () => expect(await app.evaluate(() => fixture.window.webContents.isCrashed(), undefined)).toBe(false));
    const fresh = await app.window(/^app:\/\/pages\//);
    await fresh.getByRole('heading', { name: '準備完了' }).waitFor();
    await app.close();
  });

  it('a window may refuse to close, not to be destroyed, and is of no use afterwards', async () => {
    const app = await built.start();
    await startedPage(app);
    const told = await app.evaluate(() => {
      const { window } = fixture;
      window.once('close', (event) => event.preventDefault());
      window.close();
      const refused = window.isDestroyed();
      window.on('close', () => fixture.seen.push('close'));
      window.destroy();
      const thrown = ((): string => {
        try {
          return typeof window.webContents;
        } catch (error) {
          return (error as Error).message;
        }
      })();
      return { refused, destroyed: window.isDestroyed(), thrown };
    }, undefined);
    expect(told).toEqual({ refused: false, destroyed: true, thrown: 'Object has been destroyed' });
    expect((await app.seen()).slice(-2)).toEqual(['closed', 'window-all-closed']);
    await eventually(() => expect(app.windows()).toEqual([]));
    await app.close();
  });

  it('a page that closes itself takes its window along', async () => {
    const app = await built.start();
    const page = await startedPage(app);
    await page.close();
    await eventually(async () => expect(await app.seen()).toEqual(expect.arrayContaining(['closed', 'window-all-closed'])));
    await app.close();
  });

  it('a second start ends at once and tells the first one its arguments', async () => {
    const app = await built.start();
    await app.waitForOutput(/fixture is ready/);
    const second = await built.start({ userData: app.userData, args: ['hpki-agent:start'] });
    expect(await second.exited).toBe(0);
    expect(second.output()).toContain('another one runs');
    await eventually(async () => expect(await app.seen()).toContain('second hpki-agent:start number'));
    await app.close();
  });

  it('the lock of an app that was killed does not keep the next one out', async () => {
    const userData = mkdtempSync(join(tmpdir(), 'electron-host-test-'));
    const killed = await built.start({ userData });
    await killed.waitForOutput(/fixture is ready/);
    killed.process().kill('SIGKILL');
    await killed.exited;
    const next = await built.start({ userData });
    await next.waitForOutput(/fixture is ready/);
    await next.close();
    rmSync(userData, { recursive: true, force: true });
  });
});
