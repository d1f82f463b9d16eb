import type { App, Session, WebContents } from 'electron';

/** Nothing that a page may ask a person or a device for is granted, and nothing is downloaded. */
export function denyPermissions(session: Session): void {
  session.setPermissionRequestHandler((_contents, _permission, answer) => answer(false));
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
  session.on('will-download', (event) => event.preventDefault());
}

/**
 * What a content may not do, whatever window it is in. `mayNavigate` knows one exception: the manual's pages link to each
 * other. The other one is a provider's login page: it has a session of its own, in which every request is judged
 * (login-window.ts).
 */
export function guardContents(app: App, session: Session, mayNavigate: (contents: WebContents, url: string) => boolean): void {
  denyPermissions(session);
  app.on('web-contents-created', (_event, contents) => {
    const isOurs = contents.session === session;
    contents.setWindowOpenHandler(() => ({ action: 'deny' }));
    contents.on('will-navigate', (event) => {
      if (isOurs && !mayNavigate(contents, event.url)) event.preventDefault();
    });
    contents.on('will-redirect', (event) => {
      if (isOurs) event.preventDefault();
    });
    contents.on('will-attach-webview', (event) => event.preventDefault());
  });
}
