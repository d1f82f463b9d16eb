/**
 * The network of a window in a partition. Every request, each hop of a redirect included, is shown to the app before it
 * leaves; what may leave reaches servers of this machine, by Chromium's own stack. Names of elsewhere resolve to nothing.
 */
import type * as Electron from 'electron';
import type { CDPSession } from 'playwright-core';
import { netErrorIn } from '../electron/net-errors.ts';
import { record, type PlayedClientCertificate } from '../electron/record.ts';
import { notModelled } from '../electron/refusal.ts';
import type { Session } from '../electron/session.ts';
import { choose, exchangeWith, fitting, issuersAskedFor } from './client-certificates.ts';
import { certificateOf, presentedChain } from './server-certificate.ts';

/** What the window hears. Addresses are real ones: no own scheme has a handler in a partition. */
export interface NetworkOwner {
  readonly contents: Electron.WebContents;
  /** False: the app has prevented it. */
  mayNavigate(url: string, isRedirect: boolean): boolean;
  /** The app refuses the server's certificate; Chromium then says that the request was cancelled. */
  certificateRefused(error: string, url: string): void;
  /** `select-client-certificate`. True: the app answers itself. */
  askCertificate(server: string, list: Electron.Certificate[], answer: (chosen?: Electron.Certificate | null) => void): boolean;
  /** Null: without credentials. */
  askLogin(details: Electron.AuthenticationResponseDetails, info: Electron.AuthInfo): Promise<{ readonly username: string; readonly password: string } | null>;
}

interface Paused {
  readonly requestId: string;
  readonly request: { readonly url: string; readonly method: string; readonly headers: Readonly<Record<string, string>>; readonly postData?: string };
  readonly frameId: string;
  readonly resourceType: string;
  readonly redirectedRequestId?: string;
}

const resourceTypes: Readonly<Record<string, Electron.OnBeforeRequestListenerDetails['resourceType']>> = {
  Stylesheet: 'stylesheet', Image: 'image', Media: 'media', Font: 'font', Script: 'script', XHR: 'xhr', Fetch: 'xhr', EventSource: 'xhr', Ping: 'ping', CSPViolationReport: 'cspReport',
};

/** Of this machine: RFC 6761 §6.3, RFC 1122 §3.2.1.3, RFC 4291 §2.5.3. */
const isHere = (hostname: string): boolean => hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]';

export class OwnNetwork {
  readonly #devTools: CDPSession;
  readonly #mainFrame: string;
  readonly #session: Session;
  readonly #owner: NetworkOwner;
  readonly #loginsAsked = new Set<string>();
  /** By origin: chosen once for a session, as Chromium does. */
  readonly #clientCertificates = new Map<string, Promise<PlayedClientCertificate | null>>();

  private constructor(devTools: CDPSession, mainFrame: string, session: Session, owner: NetworkOwner) {
    this.#devTools = devTools;
    this.#mainFrame = mainFrame;
    this.#session = session;
    this.#owner = owner;
  }

  static async attach(devTools: CDPSession, mainFrame: string, session: Session, owner: NetworkOwner): Promise<void> {
    if (session.proxy !== null && !isHere(new URL(session.proxy).hostname)) throw notModelled(`a proxy elsewhere (${session.proxy})`);
    const network = new OwnNetwork(devTools, mainFrame, session, owner);
    devTools.on('Fetch.requestPaused', (paused) => network.#settle(network.#judge(paused)));
    devTools.on('Fetch.authRequired', ({ requestId, request, authChallenge }) => network.#settle(network.#logIn(requestId, request.url, authChallenge)));
    devTools.on('Security.certificateError', ({ eventId, errorType, requestURL }) => network.#settle(network.#verify(eventId, errorType, requestURL)));
    await devTools.send('Fetch.enable', { patterns: [{ urlPattern: '*' }], handleAuthRequests: true });
    await devTools.send('Security.enable');
    await devTools.send('Security.setOverrideCertificateErrors', { override: true });
  }

  /** A page may go while it is answered. */
  #settle(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      if (!this.#owner.contents.isDestroyed()) process.stderr.write(`electron-host: ${String(error)}\n`);
    });
  }

  async #judge({ requestId, request, frameId, resourceType, redirectedRequestId }: Paused): Promise<void> {
    const fail = (errorReason: 'Aborted' | 'BlockedByClient' | 'NameNotResolved'): Promise<unknown> => this.#devTools.send('Fetch.failRequest', { requestId, errorReason });
    const isMainFrame = resourceType === 'Document' && frameId === this.#mainFrame;
    if (isMainFrame && !this.#owner.mayNavigate(request.url, redirectedRequestId !== undefined)) {
      await fail('Aborted');
      return;
    }
    const { contents } = this.#owner;
    const mayLeave = await this.#session.judge.mayLeave({
      url: request.url,
      method: request.method,
      resourceType: resourceType === 'Document' ? (isMainFrame ? 'mainFrame' : 'subFrame') : (resourceTypes[resourceType] ?? 'other'),
      referrer: request.headers['Referer'] ?? '',
      webContents: contents,
      webContentsId: contents.id,
      frame: isMainFrame ? contents.mainFrame : null,
    });
    if (!mayLeave) await fail('BlockedByClient');
    else if (this.#isReachable(new URL(request.url))) await this.#send(requestId, request);
    else {
      record.blocked.push(request.url);
      await fail('NameNotResolved');
    }
  }

  async #send(requestId: string, request: Paused['request']): Promise<void> {
    const url = new URL(request.url);
    const client = url.protocol === 'https:' && isHere(url.hostname) && record.clientCertificates.length > 0 ? await this.#clientCertificateFor(url) : null;
    if (client === null) {
      await this.#devTools.send('Fetch.continueRequest', { requestId });
      return;
    }
    if (!(await this.#isAccepted('ERR_CERT_AUTHORITY_INVALID', url))) {
      this.#owner.certificateRefused('ERR_CERT_AUTHORITY_INVALID', request.url);
      await this.#devTools.send('Fetch.failRequest', { requestId, errorReason: 'Failed' });
      return;
    }
    const { cookies } = await this.#devTools.send('Network.getCookies', { urls: [request.url] });
    const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
    const { status, headers, body } = await exchangeWith(client, url, request.method, { ...request.headers, ...(cookie === '' ? {} : { Cookie: cookie }) }, request.postData);
    await this.#devTools.send('Fetch.fulfillRequest', { requestId, responseCode: status, responseHeaders: [...headers], body: body.toString('base64') });
  }

  #clientCertificateFor({ origin, hostname, port }: URL): Promise<PlayedClientCertificate | null> {
    const known = this.#clientCertificates.get(origin);
    if (known !== undefined) return known;
    const server = `${hostname}:${port === '' ? '443' : port}`;
    const choosing = (async () => {
      // Where it cannot be reached Chromium says so itself.
      const issuers = await issuersAskedFor(hostname, Number(port === '' ? 443 : port)).catch(() => null);
      const offered = issuers === null ? [] : fitting(record.clientCertificates, issuers);
      // Without one that fits nobody is asked.
      return offered.length === 0 ? null : choose(offered, (list, answer) => this.#owner.askCertificate(server, list, answer));
    })();
    this.#clientCertificates.set(origin, choosing);
    return choosing;
  }

  #isReachable({ protocol, hostname }: URL): boolean {
    if (protocol === 'data:' || protocol === 'blob:') return true;
    return (protocol === 'http:' || protocol === 'https:') && (isHere(hostname) || this.#session.proxy !== null);
  }

  async #logIn(requestId: string, url: string, challenge: { readonly source?: string; readonly origin: string; readonly scheme: string; readonly realm: string }): Promise<void> {
    const firstAuthAttempt = !this.#loginsAsked.has(requestId);
    this.#loginsAsked.add(requestId);
    const { hostname, port, protocol } = new URL(challenge.origin);
    const details = { url, pid: 0, isRequestForNavigation: true, firstAuthAttempt, responseHeaders: {} };
    const info = { isProxy: challenge.source === 'Proxy', scheme: challenge.scheme, host: hostname, port: Number(port === '' ? (protocol === 'https:' ? 443 : 80) : port), realm: challenge.realm };
    const credentials = await this.#owner.askLogin(details, info);
    const authChallengeResponse = credentials === null ? { response: 'CancelAuth' as const } : { response: 'ProvideCredentials' as const, ...credentials };
    await this.#devTools.send('Fetch.continueWithAuth', { requestId, authChallengeResponse });
  }

  async #verify(eventId: number, errorType: string, requestUrl: string): Promise<void> {
    let action: 'continue' | 'cancel' = 'cancel';
    try {
      if (await this.#isAccepted(errorType, new URL(requestUrl))) action = 'continue';
    } finally {
      if (action === 'cancel') this.#owner.certificateRefused(errorType, requestUrl);
      await this.#devTools.send('Security.handleCertificateError', { eventId, action });
    }
  }

  async #isAccepted(errorType: string, { hostname, port }: URL): Promise<boolean> {
    if (!isHere(hostname)) throw notModelled('the certificate of a server behind a proxy');
    const certificate = certificateOf(await presentedChain(hostname, Number(port === '' ? 443 : port)));
    return this.#session.accepts({ hostname, certificate, validatedCertificate: certificate, isIssuedByKnownRoot: false, verificationResult: `net::${errorType}`, errorCode: netErrorIn(errorType).code });
  }
}
