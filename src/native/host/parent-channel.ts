import type { ToHost } from './host-messages.ts';
import type { PinPort } from './pin-port.ts';

/** The agent, as a card host process sees it. */
export interface ParentChannel {
  post(message: unknown): void;
  /** As the agent checked it before it was sent (host-process.ts). */
  onMessage(listener: (message: ToHost, ports: readonly PinPort[]) => void): void;
  /** The agent is gone. A utility process is ended by the system itself. */
  onGone(listener: () => void): void;
}

/** `process.parentPort` of an Electron utility process. */
interface UtilityParentPort {
  on(event: 'message', listener: (event: { readonly data: ToHost; readonly ports: readonly PinPort[] }) => void): unknown;
  postMessage(message: unknown): void;
}

/** Whichever of the two ways this process was started in. */
export function parentChannel(): ParentChannel {
  const { parentPort } = process as { parentPort?: UtilityParentPort };
  if (parentPort !== undefined) {
    return {
      post: (message) => parentPort.postMessage(message),
      onMessage: (listener) => void parentPort.on('message', ({ data, ports }) => listener(data, ports)),
      onGone: () => undefined,
    };
  }
  return {
    post: (message) => void process.send?.(message, undefined, undefined, () => undefined),
    onMessage: (listener) => void process.on('message', (message) => listener(message as ToHost, [])),
    onGone: (listener) => void process.on('disconnect', listener),
  };
}
