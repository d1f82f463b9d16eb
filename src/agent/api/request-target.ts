import type { IncomingMessage } from 'node:http';

const authorities = new WeakMap<IncomingMessage, string>();

/** A path that no route has. */
const nowhere = '/-';

/**
 * The path under which a request target is looked up (RFC 9112 §3.2). Absolute form gives up its authority, which is
 * checked like a Host; every other form, and escapes that do not decode, lead nowhere.
 */
export function routedPath(request: IncomingMessage): string {
  let target = request.url ?? '';
  const absolute = /^http:\/\/([^/?#]*)(.*)$/is.exec(target);
  if (absolute !== null) {
    authorities.set(request, absolute[1] ?? '');
    target = absolute[2] === '' || absolute[2] === undefined ? '/' : absolute[2];
  }
  if (!target.startsWith('/')) return nowhere;
  if (target.includes('%') && !decodes(target)) return nowhere;
  return target;
}

/** Of a target in absolute form, once {@link routedPath} has read it; undefined for every other form. */
export function targetAuthority(request: IncomingMessage): string | undefined {
  return authorities.get(request);
}

function decodes(target: string): boolean {
  try {
    decodeURIComponent(target.split('?', 1)[0] ?? '');
    return true;
  } catch {
    return false;
  }
}
