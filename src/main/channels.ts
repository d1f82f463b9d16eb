import type { PushChannels, WindowName } from '../contract/ipc/windows.ts';

/** Names on the wire, beside those of the contract's invokes. */
export const pinPortChannel = 'port:pin';

type PushesOf<W extends WindowName> = W extends WindowName ? keyof PushChannels<W> : never;

/** Everything that main pushes to one window or another. */
export type PushName = PushesOf<WindowName>;

export function pushChannel(channel: string): string {
  return `push:${channel}`;
}
