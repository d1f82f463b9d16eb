/** What the two ends of a window say to each other over the DevTools protocol, each as one encoded text. */

import type { PortMessage } from '../electron/message-channel.ts';

export type FromPage =
  | { readonly kind: 'send'; readonly url: string; readonly channel: string; readonly args: readonly unknown[]; readonly ports: readonly string[] }
  | { readonly kind: 'invoke'; readonly url: string; readonly id: number; readonly channel: string; readonly args: readonly unknown[] }
  | { readonly kind: 'permission'; readonly url: string; readonly id: number; readonly permission: string }
  | PortMessage
  | { readonly kind: 'preload-error'; readonly message: string; readonly stack: string };

export type ToPage =
  | { readonly kind: 'message'; readonly channel: string; readonly args: readonly unknown[]; readonly ports: readonly string[] }
  | { readonly kind: 'answer'; readonly id: number; readonly ok: boolean; readonly value: unknown }
  | PortMessage
  | { readonly kind: 'visibility'; readonly hidden: boolean };

/** What a sandboxed preload finds in its `process`, and what the glue must know. */
export interface PreloadInfo {
  readonly platform: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly argv: readonly string[];
  /** Schemes that stand for `https://….<scheme>.<suffix>` in Chromium. */
  readonly schemes: readonly string[];
  readonly suffix: string;
}

/** The name of the isolated world, and of the two functions in it that only the glue sees. */
export const preloadWorldName = 'electron-host preload';
export const bindingName = '__electronHostSend';
export const deliveryName = '__electronHostDeliver';
