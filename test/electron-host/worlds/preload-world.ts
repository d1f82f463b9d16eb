/**
 * The preload's isolated world: a sandboxed preload's `require`, `process`, `contextBridge` and `ipcRenderer`, and real
 * DOM MessagePorts whose far ends are carried to the main process. Runs inside the page from its own source text; what
 * it needs comes as arguments.
 */
import type { Codec } from '../codec.ts';
import type { Bridge, Side } from './bridge.ts';
import type { FromPage, PreloadInfo, ToPage } from './messages.ts';

export interface PreloadTools {
  makeCodec(): Codec;
  makeBridge(side: Side, secret: string): Bridge;
  readonly secret: string;
  readonly bindingName: string;
  readonly deliveryName: string;
  readonly info: PreloadInfo;
  /** The text of the preload as the body of a CommonJS module. */
  run(require: (name: string) => unknown, module: { exports: object }, exports: object, process: object): void;
}

export function runPreloadWorld(tools: PreloadTools): void {
  type Listener = (event: object, ...args: unknown[]) => void;
  type Promised = { readonly channel: string; readonly resolve: (value: unknown) => void; readonly reject: (reason: unknown) => void };
  if (window !== window.top) return; // a preload in subframes (nodeIntegrationInSubFrames) is not modelled

  const { info } = tools;
  const world = globalThis as unknown as Record<string, unknown>;
  const binding = world[tools.bindingName] as (text: string) => void;
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- the preload must not find the glue's binding
  delete world[tools.bindingName];
  const codec = tools.makeCodec();
  const bridge = tools.makeBridge('preload', tools.secret);
  const post = (message: FromPage): void => binding(codec.encode(message));
  const notModelled = (what: string) => (): never => {
    throw new Error(`electron-host: ${what} is not modelled`);
  };

  // ---- ports: one end for the page, the other carried
  const carried = new Map<string, MessagePort>();
  let lastPort = 0;
  const carry = (id: string, port: MessagePort): void => {
    carried.set(id, port);
    port.onmessage = (event: MessageEvent) => {
      if (event.ports.length > 0) notModelled('a port inside a message of another port')();
      post({ kind: 'port-message', port: id, data: event.data as unknown });
    };
    port.addEventListener('close', () => {
      if (carried.delete(id)) post({ kind: 'port-close', port: id });
    });
  };
  const openPort = (id: string): MessagePort => {
    const { port1, port2 } = new MessageChannel();
    carry(id, port1);
    return port2;
  };
  const sendPort = (port: MessagePort): string => {
    const id = `page-${++lastPort}`;
    carry(id, port);
    return id;
  };

  // ---- ipcRenderer
  const listeners = new Map<string, { readonly listener: Listener; readonly once: boolean }[]>();
  const promised = new Map<number, Promised>();
  let lastPromise = 0;
  const promise = (channel: string, make: (id: number) => FromPage): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const id = ++lastPromise;
      post(make(id)); // throws for what cannot be cloned: then nothing waits
      promised.set(id, { channel, resolve, reject });
    });
  const add = (channel: string, listener: Listener, once: boolean): object => {
    listeners.set(channel, [...(listeners.get(channel) ?? []), { listener, once }]);
    return ipcRenderer;
  };
  const remove = (channel: string, listener: Listener): object => {
    listeners.set(channel, (listeners.get(channel) ?? []).filter((entry) => entry.listener !== listener));
    return ipcRenderer;
  };
  const url = (): string => window.location.href;
  const ipcRenderer = {
    send: (channel: string, ...args: unknown[]) => post({ kind: 'send', url: url(), channel, args, ports: [] }),
    postMessage: (channel: string, message: unknown, transfer: MessagePort[] = []) =>
      post({ kind: 'send', url: url(), channel, args: [message], ports: transfer.map(sendPort) }),
    invoke: (channel: string, ...args: unknown[]) => promise(channel, (id) => ({ kind: 'invoke', url: url(), id, channel, args })),
    on: (channel: string, listener: Listener) => add(channel, listener, false),
    addListener: (channel: string, listener: Listener) => add(channel, listener, false),
    once: (channel: string, listener: Listener) => add(channel, listener, true),
    off: remove,
    removeListener: remove,
    removeAllListeners: (channel: string) => {
      listeners.delete(channel);
      return ipcRenderer;
    },
    sendSync: notModelled('ipcRenderer.sendSync'),
    sendToHost: notModelled('ipcRenderer.sendToHost'),
  };
  bridge.services.set('permission', (permission: string) => promise('permission', (id) => ({ kind: 'permission', url: url(), id, permission })));

  // ---- from the main process
  const announce = (channel: string, args: readonly unknown[], ports: readonly MessagePort[]): void => {
    for (const { listener, once } of [...(listeners.get(channel) ?? [])]) {
      if (once) remove(channel, listener);
      try {
        listener({ sender: ipcRenderer, ports }, ...args);
      } catch (error) {
        reportError(error);
      }
    }
  };
  const settle = (message: Extract<ToPage, { kind: 'answer' }>): void => {
    const waiting = promised.get(message.id);
    promised.delete(message.id);
    if (message.ok) waiting?.resolve(message.value);
    else waiting?.reject(new Error(`Error invoking remote method '${waiting.channel}': ${String(message.value)}`));
  };
  const receive = (message: ToPage): void => {
    switch (message.kind) {
      case 'message': announce(message.channel, message.args, message.ports.map(openPort)); break;
      case 'answer': settle(message); break;
      case 'visibility': bridge.ask('visibility', message.hidden); break;
      case 'port-message': carried.get(message.port)?.postMessage(message.data); break;
      case 'port-close':
        carried.get(message.port)?.close();
        carried.delete(message.port);
    }
  };
  world[tools.deliveryName] = (text: string) => receive(codec.decode(text) as ToPage);

  // A preload may name the page's origin by its own scheme, which Chromium knows under another address here.
  const original = window.postMessage.bind(window) as (message: unknown, target: unknown, transfer?: Transferable[]) => void;
  const inChromium = (target: unknown): unknown => {
    const parts = typeof target === 'string' ? /^([a-z][a-z0-9+.-]*):\/\/([^/]+)\/?$/.exec(target) : null;
    return parts !== null && info.schemes.includes(parts[1] ?? '') ? `https://${parts[2] ?? ''}.${parts[1] ?? ''}.${info.suffix}` : target;
  };
  window.postMessage = (message: unknown, target?: unknown, transfer?: Transferable[]): void => original(message, inChromium(target), transfer);

  const modules: Readonly<Record<string, unknown>> = {
    electron: { ipcRenderer, contextBridge: { exposeInMainWorld: bridge.expose } },
  };
  const require = (name: string): unknown => {
    const found = modules[name.replace(/^electron\/(renderer|common)$/, 'electron')];
    if (found === undefined) throw new Error(`module not found: ${name}`); // what a sandboxed preload's require says
    return found;
  };
  const process = { platform: info.platform, type: 'renderer', sandboxed: true, contextIsolated: true, versions: info.versions, argv: info.argv, env: {} };
  const module = { exports: {} };
  try {
    tools.run(require, module, module.exports, process);
  } catch (error) {
    const failure = error instanceof Error ? error : new Error(String(error));
    post({ kind: 'preload-error', message: failure.message, stack: failure.stack ?? failure.message });
  }
}
