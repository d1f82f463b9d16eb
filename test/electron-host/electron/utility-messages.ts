/** What a main process and its utility process say to each other over the child's channel. */
import type { PortMessage } from './message-channel.ts';

export type ToUtility = { readonly kind: 'message'; readonly data: unknown; readonly ports: readonly string[] } | PortMessage;
export type FromUtility = { readonly kind: 'message'; readonly data: unknown } | PortMessage;
