import { EventEmitter } from 'node:events';
import type { App, PowerMonitor } from 'electron';
import { describe, expect, it } from 'vitest';
import { watchLogOff } from '../../../src/main/log-off.ts';

function desktop(platform: NodeJS.Platform) {
  const app = new EventEmitter();
  const power = new EventEmitter();
  const signals = Object.assign(new EventEmitter(), { platform });
  const seen: string[] = [];
  const knownAtQuit: boolean[] = [];
  const quit = (): void => {
    seen.push('quit');
    knownAtQuit.push(isEnding());
  };
  Object.assign(app, { quit });
  const isEnding = watchLogOff({ app: app as unknown as App, power: power as unknown as PowerMonitor, signals: signals as unknown as NodeJS.Process }, () => {
    seen.push('left');
    return Promise.resolve();
  });
  const window = new EventEmitter();
  app.emit('browser-window-created', {}, window);
  return { window, power, signals, seen, isEnding, knownAtQuit };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('whether the system ends the program', () => {
  it('is not settled by a question of Windows, which another program may answer with no', () => {
    const { window, isEnding } = desktop('win32');
    window.emit('query-session-end', { reasons: ['logoff'] });
    expect(isEnding()).toBe(false);
  });

  it.each(['logoff', 'shutdown', 'critical', 'close-app'])('is known by the time it is told to quit (%s)', (reason) => {
    const { window, knownAtQuit } = desktop('win32');
    window.emit('session-end', { reasons: [reason] });
    expect(knownAtQuit).toEqual([true]);
  });

  it.each(['shutdown', 'SIGTERM', 'SIGHUP'])('is known from %s elsewhere', (event) => {
    const { power, signals, isEnding } = desktop('linux');
    expect(isEnding()).toBe(false);
    (event === 'shutdown' ? power : signals).emit(event);
    expect(isEnding()).toBe(true);
  });
});

describe('the end of the OS session', () => {
  it.each(['logoff', 'shutdown', 'critical'])('is taken from Windows as it asks, and as it tells (%s)', (reason) => {
    const { window, seen } = desktop('win32');
    window.emit('query-session-end', { reasons: [reason] });
    expect(seen).toEqual(['left']);
    window.emit('session-end', { reasons: [reason] });
    // In the same turn: what comes later may not come at all.
    expect(seen).toEqual(['left', 'left', 'quit']);
  });

  it('is not an installer that wants its files free', () => {
    const { window, seen } = desktop('win32');
    window.emit('query-session-end', { reasons: ['close-app'] });
    window.emit('session-end', { reasons: ['close-app'] });
    expect(seen).toEqual(['quit']);
    window.emit('query-session-end', { reasons: ['close-app', 'logoff'] });
    expect(seen).toEqual(['quit', 'left']);
  });

  it('holds a shutdown of Linux or macOS up until it has left', async () => {
    const { power, seen } = desktop('linux');
    power.emit('shutdown', { preventDefault: () => seen.push('held up') });
    expect(seen).toEqual(['held up', 'left']);
    await settled();
    expect(seen).toEqual(['held up', 'left', 'quit']);
  });

  it.each(['SIGTERM', 'SIGHUP'])('is a session manager’s %s', async (signal) => {
    const { signals, seen } = desktop('darwin');
    signals.emit(signal);
    await settled();
    expect(seen).toEqual(['left', 'quit']);
  });

  it('is no signal on Windows, which has none', () => {
    const { signals } = desktop('win32');
    expect(signals.eventNames()).toEqual([]);
  });
});
