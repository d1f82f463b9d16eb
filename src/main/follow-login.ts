import { X509Certificate } from 'node:crypto';
import type { BrowserWindow, Certificate, Session } from 'electron';
import type { AuthenticationExit, LoginQuestion } from '../agent/ports.ts';
import { problem } from '../agent/signing/request-end.ts';

/**
 * Follows a provider's login page to its end: every request of its session is judged before it leaves, nothing goes
 * anywhere but to the origins that policy names, and the redirect is caught before it reaches the network, once.
 * Throws PROVIDER_REFUSED where the page leads elsewhere or dies, PROVIDER_UNREACHABLE where it does not open, and
 * AUTHENTICATION_REFUSED where the person closes it: the agent's own window is still there, with the other ways.
 * SECURITY: test/unit/main/follow-login.test.ts
 */
export function followLogin(
  window: Pick<BrowserWindow, 'webContents' | 'on'>,
  own: Pick<Session, 'webRequest'>,
  { page, certificateSha256 }: LoginQuestion,
  signal: AbortSignal,
): Promise<URL | AuthenticationExit> {
  const contents = window.webContents;
  return new Promise<URL | AuthenticationExit>((resolve, reject) => {
    signal.addEventListener('abort', () => resolve('cancelled'), { once: true });
    window.on('closed', () => reject(problem('AUTHENTICATION_REFUSED', closedByPerson)));
    contents.on('render-process-gone', () => reject(problem('PROVIDER_REFUSED', pageFailed)));
    own.webRequest.onBeforeRequest((details, answer) => {
      const goal = judge(new URL(details.url), page);
      answer({ cancel: goal !== 'allowed' });
      if (details.resourceType !== 'mainFrame') return;
      if (goal === 'redirect') resolve(new URL(details.url));
      else if (goal === 'foreign') reject(problem('PROVIDER_REFUSED', ledElsewhere(new URL(details.url))));
    });
    contents.on('select-client-certificate', (event, server, offered, choose) => {
      event.preventDefault();
      const mine = isAllowedServer(server, page) ? offered.find((certificate) => sha256Of(certificate) === certificateSha256) : undefined;
      if (mine !== undefined) choose(mine);
      // Electron's type knows no empty answer; its documentation does: no certificate is sent.
      else (choose as (certificate?: Certificate) => void)();
    });
    // Of every page of the login; the redirect itself was cancelled, but has been answered by then.
    contents.on('did-fail-load', (_event, code, reason, url, isMainFrame) => {
      if (isMainFrame && code !== errAborted) reject(problem('PROVIDER_UNREACHABLE', notLoaded(url, reason)));
    });
    // Rejects too where a page leads on before it has loaded.
    contents.loadURL(page.url.href).catch(() => undefined);
  });
}

/** Chromium's ERR_ABORTED: another page of the login took its place, which is no failure. */
const errAborted = -3;

/** Exact origin and path for the redirect (RFC 8252 §8.10), exact origins for the rest. */
function judge(url: URL, { redirectUrl, allowedOrigins }: LoginQuestion['page']): 'redirect' | 'allowed' | 'foreign' {
  if (url.origin === redirectUrl.origin && url.pathname === redirectUrl.pathname) return 'redirect';
  return allowedOrigins.includes(url.origin) ? 'allowed' : 'foreign';
}

/** Electron's `url` of a certificate request is `host:port`: of a TLS server, without a scheme. */
function isAllowedServer(server: string, { allowedOrigins }: LoginQuestion['page']): boolean {
  return allowedOrigins.some((origin) => {
    const { protocol, hostname, port } = new URL(origin);
    return protocol === 'https:' && server === `${hostname}:${port === '' ? '443' : port}`;
  });
}

function sha256Of({ data }: Certificate): string {
  try {
    return new X509Certificate(data).fingerprint256.replaceAll(':', '').toLowerCase();
  } catch {
    return '';
  }
}

const closedByPerson = { ja: '認証サービスの画面が閉じられました。', en: 'The page of the authentication service was closed.' };

const pageFailed = { ja: 'ログイン画面が停止しました。', en: 'The login page stopped.' };

function ledElsewhere({ origin }: URL) {
  return { ja: `ログイン画面が許可されていない ${origin} に移動しようとしました。`, en: `The login page tried to go to ${origin}, which policy does not allow.` };
}

function notLoaded(url: string, reason: string) {
  const { origin } = new URL(url);
  return { ja: `${origin} のログイン画面を開けません（${reason}）。`, en: `The login page at ${origin} does not open (${reason}).` };
}
