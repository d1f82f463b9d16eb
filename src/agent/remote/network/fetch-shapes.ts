import { version } from '../../../contract/version.ts';
import type { WireAnswer, WireRequest } from './service-connection.ts';
import type { ServiceRequestInit } from './service-fetch.ts';

/** What fetch takes, as it goes over the wire. */
export async function wireRequest(url: URL, init: ServiceRequestInit): Promise<WireRequest> {
  const headers = new Headers(init.headers);
  const defaults = { 'user-agent': `hpki-agent/${version}`, accept: '*/*', ...contentType(init.body) };
  for (const [name, value] of Object.entries(defaults)) if (!headers.has(name)) headers.set(name, value);
  return {
    method: (init.method ?? 'GET').toUpperCase(),
    path: `${url.pathname}${url.search}`,
    headers: Object.fromEntries(headers),
    body: await bytesOf(init.body),
  };
}

/** As the fetch standard has it for a body that brings a type of its own. */
function contentType(body: ServiceRequestInit['body']): Record<string, string> {
  if (body instanceof URLSearchParams) return { 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8' };
  return typeof body === 'string' ? { 'content-type': 'text/plain;charset=UTF-8' } : {};
}

async function bytesOf(body: ServiceRequestInit['body']): Promise<Uint8Array | null> {
  if (body === null || body === undefined) return null;
  if (typeof body === 'string' || body instanceof URLSearchParams) return new TextEncoder().encode(body.toString());
  if (body instanceof Uint8Array) return body;
  return new Uint8Array(body instanceof ArrayBuffer ? body : await new Response(body).arrayBuffer());
}

/** An answer as fetch gives it. */
export function fetchResponse(url: URL, method: string, { status, statusText, headers, body }: WireAnswer): Response {
  const hasBody = ![204, 205, 304].includes(status) && method !== 'HEAD';
  const response = new Response(hasBody ? body : null, { status, statusText, headers: headers.map(([name, value]): [string, string] => [name, value]) });
  return Object.defineProperty(response, 'url', { value: url.href });
}
