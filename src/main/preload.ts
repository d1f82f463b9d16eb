/**
 * Runs in each page's isolated world: gives the page the channels of its own window, validated on this end too, and
 * hands it the PIN port. Nothing of Electron itself is reachable from the page.
 */
import { contextBridge, ipcRenderer, type IpcRendererEvent } from 'electron';
import { z } from 'zod';
import { common } from '../contract/ipc/every-window.ts';
import type { PinPortMessage } from '../contract/ipc/pin-port.ts';
import { windows, type WindowName } from '../contract/ipc/windows.ts';
import { pinPortChannel, pushChannel } from './channels.ts';

/** The page's window, as far as it is needed here: the main process has no DOM. */
declare const window: {
  readonly location: { readonly pathname: string; readonly origin: string };
  postMessage(message: unknown, origin: string, ports: readonly unknown[]): void;
};

// The page's policy forbids eval, also here.
z.config({ jitless: true });

const name = window.location.pathname.split('/')[1] ?? '';
if (isWindow(name)) offer(name);

function isWindow(candidate: string): candidate is WindowName {
  return Object.hasOwn(windows, candidate);
}

function offer(own: WindowName): void {
  const invokes = new Map<string, { readonly request: z.ZodType; readonly answer: z.ZodType }>(
    Object.entries({ ...windows[own].invoke, ...common.invoke }),
  );
  const pushes = new Map<string, z.ZodType>(Object.entries({ ...windows[own].push, ...common.push }));

  contextBridge.exposeInMainWorld('agent', {
    async invoke(channel: string, request: unknown): Promise<unknown> {
      const schema = invokes.get(channel);
      if (schema === undefined) throw new Error('not a channel of this window');
      const answer: unknown = await ipcRenderer.invoke(channel, schema.request.parse(request));
      return schema.answer.parse(answer);
    },
    on(channel: string, listener: (view: unknown) => void): () => void {
      const schema = pushes.get(channel);
      if (schema === undefined) throw new Error('not a channel of this window');
      const hear = (_event: IpcRendererEvent, view: unknown): void => {
        const checked = schema.safeParse(view);
        if (checked.success) listener(checked.data);
      };
      ipcRenderer.on(pushChannel(channel), hear);
      return () => void ipcRenderer.off(pushChannel(channel), hear);
    },
  });

  if (own === 'signature' || own === 'authentication') {
    ipcRenderer.on(pinPortChannel, (event, dialog: unknown) => {
      if (typeof dialog !== 'string') return;
      window.postMessage({ type: 'pin-port', dialog } satisfies PinPortMessage, window.location.origin, event.ports);
    });
  }
}
