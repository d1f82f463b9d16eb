import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { WindowName } from '../contract/ipc/windows.ts';

/** Own pages: `app://ui/<window>/…`. */
export const pageScheme = 'app';
const pageHost = 'ui';
/** Where the manual's pages lie: `app://ui/help/…`. No window of the contract is there. */
export const helpHostFolder = `${pageHost}/help`;

export function pageAddress(window: WindowName): string {
  return `${pageScheme}://${pageHost}/${window}/index.html`;
}

/** Whether a frame shows the page of this window, and nothing else. */
export function isPageOf(window: WindowName, url: string): boolean {
  return url === pageAddress(window) || url.startsWith(`${pageAddress(window)}#`);
}

/**
 * SECURITY: a page may load its own scripts, styles, fonts and pictures, and reach nothing else
 * (test/unit/main/page-files.test.ts, test/e2e/security.spec.ts).
 */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "font-src 'self'",
  "img-src 'self'",
  "connect-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};

/** Answers one request of a page from the folder of built pages. SECURITY: no path leads out of it (as above). */
export async function answerPage(folder: string, url: string): Promise<Response> {
  const refused = new Response(null, { status: 404, headers: securityHeaders });
  const { host, pathname } = new URL(url);
  const name = decoded(pathname);
  if (host !== pageHost || name === null) return refused;
  const file = path.join(folder, name);
  const type = types[path.extname(file)];
  if (type === undefined || !file.startsWith(folder + path.sep)) return refused;
  try {
    return new Response(new Uint8Array(await readFile(file)), { headers: { ...securityHeaders, 'content-type': type } });
  } catch {
    return refused;
  }
}

const securityHeaders = {
  'content-security-policy': contentSecurityPolicy,
  'x-content-type-options': 'nosniff',
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
} as const;

function decoded(pathname: string): string | null {
  try {
    const name = decodeURIComponent(pathname);
    return /^[/\w.@-]+$/.test(name) ? name : null;
  } catch {
    return null;
  }
}
