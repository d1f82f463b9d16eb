/** The end of a login window: its session is judged until nothing of the page is left. */
import type { Session } from 'electron';
import { expect, it, vi } from 'vitest';
import { loginWindows } from '../../../src/main/login-window.ts';

const { seen, own } = vi.hoisted(() => {
  const happened: string[] = [];
  return {
    seen: happened,
    own: {
      on: () => undefined,
      setPermissionRequestHandler: () => undefined,
      setPermissionCheckHandler: () => undefined,
      setDevicePermissionHandler: () => undefined,
      webRequest: { onBeforeRequest: (judge: unknown) => happened.push(judge === null ? 'not judged any more' : 'judged') },
      clearStorageData: async () => {
        happened.push('clearing');
        await new Promise((resolve) => setImmediate(resolve));
        happened.push('cleared');
      },
    },
  };
});
vi.mock('electron', () => {
  class PlayedWindow {
    readonly webContents = { on: () => undefined, loadURL: () => Promise.resolve() };
    readonly on = (): void => undefined;
    isDestroyed = (): boolean => false;
    destroy = (): void => void seen.push('window gone');
  }
  return { BrowserWindow: PlayedWindow, session: { fromPartition: () => own as unknown as Session } };
});

it('is judged until its storage is cleared', async () => {
  const open = loginWindows({ prepareSession: () => Promise.resolve() });
  const leave = new AbortController();
  const page = { url: new URL('https://login.example.jp/'), redirectUrl: new URL('http://127.0.0.1/cb'), allowedOrigins: ['https://login.example.jp'], card: null };
  const ended = open({ page, certificateSha256: null }, leave.signal);
  await expect.poll(() => seen).toContain('judged');
  leave.abort();
  expect(await ended).toBe('cancelled');
  expect(seen).toEqual(['judged', 'window gone', 'clearing', 'cleared', 'not judged any more']);
});
