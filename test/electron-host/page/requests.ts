/** Every request of a page ends here: a protocol handler answers it, or it is aborted and recorded. */
import type { Page, Request as PageRequest, Route } from 'playwright-core';
import { fromChromium, policyForChromium, toChromium } from '../electron/addresses.ts';
import { handlerFor } from '../electron/protocol.ts';
import { record } from '../electron/record.ts';

export interface NavigationGate {
  /** False aborts: the app prevented it. `url` is the app's. */
  mayNavigate(url: string): boolean;
}

export function isMainNavigation(request: PageRequest, page: Page): boolean {
  try {
    return request.isNavigationRequest() && request.frame() === page.mainFrame();
  } catch {
    return false; // a frame that is not there yet is not the main one
  }
}

function requestFor(route: Route, url: string): Request {
  const sent = route.request();
  const headers = new Headers();
  for (const [name, value] of Object.entries(sent.headers())) {
    if (!name.startsWith(':')) headers.set(name, ['origin', 'referer'].includes(name) ? fromChromium(value) : value);
  }
  const body = sent.postDataBuffer();
  return new Request(url, { method: sent.method(), headers, ...(body === null ? {} : { body: new Uint8Array(body) }) });
}

async function fulfill(route: Route, response: Response): Promise<void> {
  const headers = Object.fromEntries(response.headers);
  const { 'content-security-policy': policy, location } = headers;
  if (policy !== undefined) headers['content-security-policy'] = policyForChromium(policy);
  if (location !== undefined) headers['location'] = toChromium(location);
  await route.fulfill({ status: response.status, headers, body: Buffer.from(await response.arrayBuffer()) });
}

export async function answerRequest(route: Route, page: Page, gate: NavigationGate): Promise<void> {
  const url = fromChromium(route.request().url());
  if (isMainNavigation(route.request(), page) && !gate.mayNavigate(url)) return route.abort('aborted');
  const handler = handlerFor(url);
  if (handler === undefined) {
    record.blocked.push(url);
    return route.abort('blockedbyclient');
  }
  let response: Response;
  try {
    response = await handler(requestFor(route, url));
  } catch (error) {
    process.stderr.write(`electron-host: the protocol handler failed for ${url}: ${String(error)}\n`);
    return route.abort('failed');
  }
  return fulfill(route, response);
}
