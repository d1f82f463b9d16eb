/**
 * What pages and the main process say to each other. Every message is validated with these schemas on both ends; a
 * page may only use the channels of its own window. A page is a function of the last view that was pushed to it: it
 * keeps no state of the agent, and the PIN is in none of these messages (it goes by a port straight to the card host).
 */
import type { z } from 'zod';
import { authenticationWindow } from './authentication.ts';
import type { common } from './every-window.ts';
import { homeWindow } from './home.ts';
import { pairingWindow } from './pairing.ts';
import { signatureWindow } from './signature.ts';

/** `push`: main to page. `invoke`: page to main, with the schema of request and answer. */
export const windows = {
  signature: signatureWindow,
  authentication: authenticationWindow,
  pairing: pairingWindow,
  home: homeWindow,
} as const;

export type WindowName = keyof typeof windows;
export type InvokeChannels<W extends WindowName> = (typeof windows)[W]['invoke'] & (typeof common)['invoke'];
export type PushChannels<W extends WindowName> = (typeof windows)[W]['push'] & (typeof common)['push'];

type SchemaOf<C, K extends keyof C, Part extends 'request' | 'answer'> = C[K] extends Record<Part, infer S extends z.ZodType> ? z.infer<S> : never;

/** The API that the preload puts into a page's world as `agent`. */
export interface PageBridge<W extends WindowName> {
  invoke<K extends keyof InvokeChannels<W>>(channel: K, request: SchemaOf<InvokeChannels<W>, K, 'request'>): Promise<SchemaOf<InvokeChannels<W>, K, 'answer'>>;
  /** Returns the unsubscribe function. */
  on<K extends keyof PushChannels<W>>(channel: K, listener: (view: z.infer<PushChannels<W>[K] extends z.ZodType ? PushChannels<W>[K] : never>) => void): () => void;
}
