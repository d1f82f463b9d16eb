/** A locked screen of Linux, as its lockers tell the session over a real bus. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { watchScreenSaver } from '../../src/main/screen-saver.ts';
import { describeWith } from '../support/machine.ts';
import { startSessionBus, type SessionBus } from '../support/session-bus.ts';

const patient = { timeout: 20_000 };
vi.setConfig({ testTimeout: 60_000 });

describeWith(['dbus-daemon', 'dbus-monitor', 'dbus-send'], 'a locked screen', () => {
  let bus: SessionBus;
  afterEach(() => bus.stop());

  /** The monitor listens a moment after it has been started: what is told before is lost, so that it is told until it is heard. */
  async function watch(): Promise<boolean[]> {
    bus = await startSessionBus();
    const heard: boolean[] = [];
    watchScreenSaver((isActive) => heard.push(isActive), { ...process.env, DBUS_SESSION_BUS_ADDRESS: bus.address });
    await expect
      .poll(async () => {
        await bus.tell('org.example.ScreenSaver.ActiveChanged', true);
        return heard.length;
      }, patient)
      .toBeGreaterThan(0);
    // Those that were still on their way.
    await bus.tell('org.example.ScreenSaver.ActiveChanged', false);
    await expect.poll(() => heard.at(-1), patient).toBe(false);
    heard.length = 0;
    return heard;
  }

  it.each(['org.freedesktop.ScreenSaver', 'org.gnome.ScreenSaver', 'org.cinnamon.ScreenSaver', 'org.xfce.ScreenSaver', 'org.mate.ScreenSaver'])('is heard of from %s', async (locker) => {
    const heard = await watch();
    await bus.tell(`${locker}.ActiveChanged`, true);
    await bus.tell(`${locker}.ActiveChanged`, false);
    await expect.poll(() => heard, patient).toEqual([true, false]);
  });

  it('is not what another signal of this name says', async () => {
    const heard = await watch();
    await bus.tell('org.example.Recorder.ActiveChanged', true);
    await bus.tell('org.gnome.ScreenSaver.Covered', true);
    await bus.tell('org.gnome.ScreenSaver.ActiveChanged', false);
    await expect.poll(() => heard, patient).toEqual([false]);
  });

  it('is asked of no bus that would have to be started for it', async () => {
    bus = await startSessionBus();
    const folder = mkdtempSync(path.join(tmpdir(), 'runtime-'));
    const pipes = (): number => process.getActiveResourcesInfo().filter((name) => name === 'PipeWrap').length;
    const before = pipes();
    watchScreenSaver(() => undefined, { PATH: process.env['PATH'], XDG_RUNTIME_DIR: folder });
    expect(pipes()).toBe(before);
    // The place where systemd has it.
    writeFileSync(path.join(folder, 'bus'), '');
    watchScreenSaver(() => undefined, { PATH: process.env['PATH'], XDG_RUNTIME_DIR: folder });
    expect(pipes()).toBeGreaterThan(before);
    rmSync(folder, { recursive: true });
  });
});
