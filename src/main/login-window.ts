import { randomUUID, X509Certificate } from 'node:crypto';
import { BrowserWindow, session, type Certificate, type Session } from 'electron';
import type { AuthenticationExit, LoginQuestion } from '../agent/ports.ts';
import { problem } from '../agent/signing/request-end.ts';
import { denyPermissions } from './guard-contents.ts';
import { loginWindowShape } from './window-shapes.ts';

/** Shows a provider's login page; ends with the redirect address, or when the person leaves. Throws PROVIDER_REFUSED where the page leads elsewhere. */
export type OpenLoginWindow = (question: LoginQuestion, signal: AbortSignal) => Promise<URL | AuthenticationExit>;

export interface LoginWindowParts {
  /** Gives a session the proxy and the CAs that policy sets for the agent's own connections. */
  readonly prepareSession: (session: Session, address: URL) => Promise<void>;
}

/**
 * A window of its own for a page that is not ours: a session of its own that is forgotten with it, no preload, and no way to
 * anywhere but the origins that policy names. The redirect is caught before it reaches the network, once.
 * SECURITY: test/e2e/login-window.spec.ts
 */
export function loginWindows({ prepareSession }: LoginWindowParts): OpenLoginWindow {
  return async (question, signal) => {
    const own = session.fromPartition(`login-${randomUUID()}`, { cache: false });
    denyPermissions(own);
    await prepareSession(own, question.page.url);
    if (signal.aborted) return 'cancelled';
    return showLogin(own, question, signal);
  };
}

function showLogin(own: Session, { page, certificateSha256 }: LoginQuestion, signal: AbortSignal): Promise<URL | AuthenticationExit> {
  const window = new BrowserWindow({
    ...loginWindowShape,
    show: true,
    autoHideMenuBar: true,
    fullscreenable: false,
    alwaysOnTop: true,
    webPreferences: { session: own, sandbox: true, contextIsolation: true, nodeIntegration: false, webSecurity: true, webviewTag: false, spellcheck: false },
  });
  const contents = window.webContents;
  return new Promise<URL | AuthenticationExit>((resolve, reject) => {
    const cancel = (): void => resolve('cancelled');
    signal.addEventListener('abort', cancel, { once: true });
    window.on('closed', cancel);
    contents.on('render-process-gone', () => reject(problem('PROVIDER_REFUSED', pageFailed)));
    own.webRequest.onBeforeRequest((details, answer) => {
      const goal = judge(new URL(details.url), page);
      answer({ cancel: goal !== 'allowed' });
      if (details.resourceType !== 'mainFrame') return;
      if (goal === 'redirect') resolve(new URL(details.url));
      else if (goal === 'foreign') reject(problem('PROVIDER_REFUSED', ledElsewhere(new URL(details.url))));
    });
    contents.on('select-client-certificate', (event, url, offered, choose) => {
      event.preventDefault();
      const own = judge(new URL(url), page) === 'allowed' ? offered.find((certificate) => sha256Of(certificate) === certificateSha256) : undefined;
      if (own !== undefined) choose(own);
      // Electron's type knows no empty answer; its documentation does: no certificate is sent.
      else (choose as (certificate?: Certificate) => void)();
    });
    contents.loadURL(page.url.href).catch((error: unknown) => {
      // The redirect itself was cancelled: then it has been answered, and this changes nothing.
      reject(problem('PROVIDER_UNREACHABLE', notLoaded(page.url, error)));
    });
  }).finally(() => {
    own.webRequest.onBeforeRequest(null);
    if (!window.isDestroyed()) window.destroy();
    void own.clearStorageData().catch(() => undefined);
  });
}

/** Exact origin and path for the redirect (RFC 8252 §8.10), exact origins for the rest. */
function judge(url: URL, { redirectUrl, allowedOrigins }: LoginQuestion['page']): 'redirect' | 'allowed' | 'foreign' {
  if (url.origin === redirectUrl.origin && url.pathname === redirectUrl.pathname) return 'redirect';
  return allowedOrigins.includes(url.origin) ? 'allowed' : 'foreign';
}

function sha256Of({ data }: Certificate): string {
  try {
    return new X509Certificate(data).fingerprint256.replaceAll(':', '').toLowerCase();
  } catch {
    return '';
  }
}

const pageFailed = { ja: 'ログイン画面が停止しました。', en: 'The login page stopped.' };

function ledElsewhere({ origin }: URL) {
  return { ja: `ログイン画面が許可されていない ${origin} に移動しようとしました。`, en: `The login page tried to go to ${origin}, which policy does not allow.` };
}

function notLoaded({ origin }: URL, error: unknown) {
  const { code } = error as { code?: unknown };
  const reason = typeof code === 'string' ? code : 'ERR_FAILED';
  return { ja: `${origin} のログイン画面を開けません（${reason}）。`, en: `The login page at ${origin} does not open (${reason}).` };
}
