import { randomUUID } from 'node:crypto';
import { BrowserWindow, session, type Session } from 'electron';
import type { AuthenticationExit, LoginQuestion } from '../agent/ports.ts';
import { followLogin } from './follow-login.ts';
import { denyPermissions } from './guard-contents.ts';
import { loginWindowShape } from './window-shapes.ts';

/**
 * On Linux a key on a card is of no use to the page: Chromium asks the app for the PIN, as a string, and no PIN passes
 * there. Windows and macOS ask for it themselves.
 */
export const loginPageTakesCards = process.platform !== 'linux';

/** Shows a provider's login page; ends with the redirect address, or when the person leaves. Throws ProblemError. */
export type OpenLoginWindow = (question: LoginQuestion, signal: AbortSignal) => Promise<URL | AuthenticationExit>;

export interface LoginWindowParts {
  /** Gives a session the proxy and the CAs that policy sets for the agent's own connections. */
  readonly prepareSession: (session: Session, address: URL) => Promise<void>;
}

/** A window of its own for a page that is not ours: a session of its own that is forgotten with it, and no preload. */
export function loginWindows({ prepareSession }: LoginWindowParts): OpenLoginWindow {
  return async (question, signal) => {
    const own = session.fromPartition(`login-${randomUUID()}`, { cache: false });
    denyPermissions(own);
    await prepareSession(own, question.page.url);
    if (signal.aborted) return 'cancelled';
    const window = new BrowserWindow({
      ...loginWindowShape,
      autoHideMenuBar: true,
      fullscreenable: false,
      alwaysOnTop: true,
      webPreferences: { session: own, sandbox: true, contextIsolation: true, nodeIntegration: false, webSecurity: true, webviewTag: false, spellcheck: false },
    });
    try {
      return await followLogin(window, own, question, signal);
    } finally {
      if (!window.isDestroyed()) window.destroy();
      await own.clearStorageData().catch(() => undefined);
      // Last: a worker of the page may live a little longer than its window.
      own.webRequest.onBeforeRequest(null);
    }
  };
}
