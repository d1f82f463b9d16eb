/** `protocol`: handlers of own schemes, and what `net` may fetch. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type * as Electron from 'electron';
import { allowScheme, privilegedSchemes } from './addresses.ts';
import { app } from './app.ts';
import { notModelled, strict } from './refusal.ts';

export type ProtocolHandler = (request: Request) => Response | Promise<Response>;

const handlers = new Map<string, ProtocolHandler>();

export function handlerFor(url: string): ProtocolHandler | undefined {
  return handlers.get(new URL(url).protocol.slice(0, -1));
}

export const protocol = strict('protocol', {
  registerSchemesAsPrivileged: (schemes) => {
    if (app.isReady()) throw new Error('protocol.registerSchemesAsPrivileged should be called before app is ready');
    for (const { scheme, privileges } of schemes) {
      if (privileges?.standard !== true || privileges.secure !== true) throw notModelled(`scheme '${scheme}' without standard and secure`);
      if (privileges.bypassCSP === true) throw notModelled(`scheme '${scheme}' with bypassCSP`);
      allowScheme(scheme);
    }
  },
  handle: (scheme, handler) => {
    if (!app.isReady()) throw new Error('protocol.handle can only be called after app is ready');
    if (handlers.has(scheme)) throw new Error(`Failed to register protocol: ${scheme}`);
    if (!['http', 'https', 'file', ...privilegedSchemes()].includes(scheme)) throw notModelled(`a scheme that was not registered as privileged ('${scheme}')`);
    handlers.set(scheme, handler);
  },
  unhandle: (scheme) => { handlers.delete(scheme); },
  isProtocolHandled: (scheme) => handlers.has(scheme),
} satisfies Pick<Electron.Protocol, 'registerSchemesAsPrivileged' | 'handle' | 'unhandle' | 'isProtocolHandled'>);

/** `net`: files only. What an app fetches from elsewhere must not leave the machine in a test. */
export const net = strict('net', {
  isOnline: () => true,
  fetch: async (input: string | Request) => {
    const url = typeof input === 'string' ? input : input.url;
    if (!url.startsWith('file:')) throw notModelled(`net.fetch of ${new URL(url).protocol}`);
    return new Response(new Uint8Array(await readFile(fileURLToPath(url))));
  },
});
