/** A locked screen of Linux, as its lockers tell the session over a real bus. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { watchScreenSaver } from '../../src/main/screen-saver.ts';
import { describeWith, programPath } from '../support/machine.ts';
import { startSessionBus, type SessionBus } from '../support/session-bus.ts';

const patient = { timeout: 20_000 };
vi.setConfig({ testTimeout: 60_000 });

describeWith(['dbus-daemon', 'dbus-monitor', 'dbus-send'], 'a locked screen', () => {
  let bus: SessionBus;
  afterEach(() => bus.stop());

  /** The monitor listens a moment after it has been started: what is told before is lost, so that it is told until it is heard. */
  async function watch(environment: NodeJS.ProcessEnv = process.env): Promise<boolean[]> {
    bus = await startSessionBus();
    const heard: boolean[] = [];
    watchScreenSaver((isActive) => heard.push(isActive), { ...environment, DBUS_SESSION_BUS_ADDRESS: bus.address }, () => undefined);
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
    watchScreenSaver(() => undefined, { PATH: process.env['PATH'], XDG_RUNTIME_DIR: folder }, () => undefined);
    expect(pipes()).toBe(before);
    // The place where systemd has it.
    writeFileSync(path.join(folder, 'bus'), '');
    watchScreenSaver(() => undefined, { PATH: process.env['PATH'], XDG_RUNTIME_DIR: folder }, () => undefined);
    expect(pipes()).toBeGreaterThan(before);
    rmSync(folder, { recursive: true });
  });

  it('is heard of by the next monitor where one has ended', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'monitor-'));
    const starts = path.join(folder, 'starts');
    writeFileSync(path.join(folder, 'dbus-monitor'), `#!/bin/sh\necho >> ${starts}\n[ $(wc -l < ${starts}) = 1 ] && exit 1\nexec ${programPath('dbus-monitor')} "$@"\n`, { mode: 0o755 });
    const heard = await watch({ ...process.env, PATH: `${folder}:${process.env['PATH']}` });
    await bus.tell('org.gnome.ScreenSaver.ActiveChanged', true);
    await expect.poll(() => heard, patient).toEqual([true]);
    expect(readFileSync(starts, 'utf8')).toBe('\n\n');
    rmSync(folder, { recursive: true });
  });

  it.each([
    ['cannot be started', null, 'ENOENT'],
    ['ends again and again', '#!/bin/sh\necho >> "$0.starts"\nexit 7\n', '7'],
  ])('is reported once to be unknown where the monitor %s', async (_name, monitor, why) => {
    bus = await startSessionBus();
    const folder = mkdtempSync(path.join(tmpdir(), 'monitor-'));
    const file = path.join(folder, 'dbus-monitor');
    if (monitor !== null) writeFileSync(file, monitor, { mode: 0o755 });
    const reported: string[] = [];
    watchScreenSaver(() => undefined, { PATH: folder, DBUS_SESSION_BUS_ADDRESS: bus.address }, (line) => reported.push(line));
    await expect.poll(() => reported, patient).toEqual([expect.stringContaining(`(dbus-monitor: ${why})`)]);
    if (monitor !== null) expect(readFileSync(`${file}.starts`, 'utf8')).toHaveLength(4);
    rmSync(folder, { recursive: true });
  });
});
