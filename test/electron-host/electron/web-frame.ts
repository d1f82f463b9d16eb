/** `WebFrameMain` of a window's main frame, the only one that can send: subframes have no preload here. */
import type * as Electron from 'electron';
import type { MessagePortMain } from './message-channel.ts';
import { strict } from './refusal.ts';

interface FramedPage {
  readonly id: number;
  getURL(): string;
  isDestroyed(): boolean;
  send(channel: string, ...args: unknown[]): void;
  postMessage(channel: string, message: unknown, transfer?: readonly MessagePortMain[]): void;
  executeJavaScript(code: string): Promise<unknown>;
}

/** RFC 6454 §4 for schemes that are standard: scheme and authority. */
function originOf(url: string): string {
  const parts = /^([a-z][a-z0-9+.-]*:\/\/[^/?#]*)/i.exec(url);
  return parts?.[1] ?? 'null';
}

export function mainFrameOf(page: FramedPage): Electron.WebFrameMain {
  const frame = {
    get url() { return page.getURL(); },
    get origin() { return originOf(page.getURL()); },
    name: '',
    parent: null,
    get top() { return whole; },
    frames: [],
    get framesInSubtree() { return [whole]; },
    detached: false,
    processId: page.id,
    routingId: 1,
    frameTreeNodeId: page.id,
    frameToken: `frame-${page.id}`,
    isDestroyed: () => page.isDestroyed(),
    send: (channel, ...args: unknown[]) => page.send(channel, ...args),
    postMessage: (channel, message: unknown, transfer) => page.postMessage(channel, message, transfer as unknown as readonly MessagePortMain[]),
    executeJavaScript: (code) => page.executeJavaScript(code),
  } satisfies Partial<Record<keyof Electron.WebFrameMain, unknown>> & Pick<Electron.WebFrameMain, 'send' | 'postMessage' | 'executeJavaScript' | 'isDestroyed'>;
  const whole: Electron.WebFrameMain = strict('WebFrameMain', frame) as unknown as Electron.WebFrameMain;
  return whole;
}
