/** Windows in partitions: pages that are not the app's, from servers of this machine, each request judged before it leaves. */
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { TLSSocket } from 'node:tls';
import type { AddressInfo } from 'node:net';
import type * as Electron from 'electron';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { createTestTlsCa } from '../../../src/sandbox/ca/test-tls-ca.ts';
import { describeWith } from '../../support/machine.ts';
import type { PlayedClientCertificate } from '../electron/record.ts';
import { buildFixture, eventually, type BuiltFixture, type RunningFixture } from './fixture.ts';

declare global {
  /** What a partition of a test has heard. */
  var heard: string[];
}

describeWith(['chromium'], 'a window in a partition', () => {
  let built: BuiltFixture;
  let app: RunningFixture;
  const servers: Server[] = [];
  let origin = '';
  let secure = '';
  let proxy = '';
  let asking = '';
  let clients: readonly PlayedClientCertificate[] = [];
  const came: string[] = [];
  const note = (request: IncomingMessage): void => void came.push(`${request.method ?? ''} ${request.url ?? ''}`);

  async function serve(server: Server): Promise<number> {
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }

  const pages: RequestListener = (request, response) => {
    note(request);
    const page = (html: string, headers = {}): void => void response.writeHead(200, { 'content-type': 'text/html', ...headers }).end(html);
    switch (new URL(request.url ?? '/', 'http://localhost').pathname) {
      case '/away': response.writeHead(303, { location: '/caught?code=1' }).end(); break;
      case '/cookie': page(`<p>${request.headers.cookie ?? 'none'}</p>`, { 'set-cookie': 'seen=yes' }); break;
      case '/gallery': page(`<img src="/picture"><iframe src="${origin.replace('127.0.0.1', 'localhost')}/frame"></iframe>`); break;
      case '/eager': page('<script>location.href = "/next"</script><img src="/slow">'); break;
      case '/slow': setTimeout(() => response.end(), 500); break;
      default: page('<p>page</p>');
    }
  };
  const withPassword: RequestListener = (request, response) => {
    note(request);
    const isRight = request.headers['proxy-authorization'] === `Basic ${Buffer.from('clinic:right').toString('base64')}`;
    if (isRight) response.writeHead(200, { 'content-type': 'text/html' }).end('<p>through the proxy</p>');
    else response.writeHead(407, { 'proxy-authenticate': 'Basic realm="clinic"' }).end();
  };

  beforeAll(async () => {
    built = buildFixture();
    const ca = await createTestTlsCa();
    const { certificate, privateKey } = await ca.issueServer(['localhost']);
    origin = `http://127.0.0.1:${await serve(createServer(pages))}`;
    secure = `https://localhost:${await serve(createTlsServer({ cert: certificate, key: privateKey }, pages))}`;
    proxy = `http://127.0.0.1:${await serve(createServer(withPassword))}`;
    const whoIs: RequestListener = (request, response) => {
      note(request);
      const { socket } = request;
      const subject = socket instanceof TLSSocket ? (socket.getPeerX509Certificate()?.subject ?? '') : '';
      const who = /^O=(.*)$/m.exec(subject)?.[1];
      if (request.url === '/start') response.writeHead(303, { location: '/who', 'set-cookie': 'begun=yes' }).end();
      else response.writeHead(200, { 'content-type': 'text/html' }).end(`<p>${who ?? 'nobody'} ${request.headers.cookie ?? ''}</p>`);
    };
    const tls = { cert: certificate, key: privateKey, ca: ca.facilityRoot, requestCert: true, rejectUnauthorized: false, maxVersion: 'TLSv1.2' as const };
    asking = `https://localhost:${await serve(createTlsServer(tls, whoIs))}`;
    clients = (await Promise.all([ca.issueServer(['of another authority']), ca.issueFacility('first'), ca.issueFacility('second')])).map((one) => ({ certificate: one.certificate, key: one.privateKey }));
    app = await built.start();
    await app.waitForOutput(/fixture is ready/);
  });
  afterEach(async () => {
    came.length = 0;
    await app.evaluate(({ BrowserWindow }) => {
      for (const window of BrowserWindow.getAllWindows()) if (!window.webContents.session.isPersistent()) window.destroy();
    }, undefined);
  });
  afterAll(async () => {
    await built.remove();
    for (const server of servers) server.close();
  });

  interface Asked {
    readonly url: string;
    readonly refuse?: string;
    readonly prevent?: string;
    readonly verdict?: number;
    readonly proxy?: string;
    readonly password?: string;
    /** Which of the certificates that the server takes; -1: none. */
    readonly pick?: number;
  }

  /** Opens an address in a new partition; how that ended, and what the app heard of it. */
  const open = (asked: Asked): Promise<{ readonly ended: string; readonly heard: readonly string[] }> =>
    app.evaluate(async ({ app: electronApp, BrowserWindow, session }, { url, refuse, prevent, verdict, proxy: through, password, pick }) => {
      const heard: string[] = (globalThis.heard = []);
      const own = session.fromPartition(`test-${Math.random()}`, { cache: false });
      own.setPermissionRequestHandler((_contents, permission, answer) => {
        heard.push(`permission ${permission}`);
        answer(false);
      });
      own.webRequest.onBeforeRequest((details, answer) => {
        heard.push(`${details.resourceType} ${details.url}`);
        answer({ cancel: refuse !== undefined && details.url.includes(refuse) });
      });
      if (verdict !== undefined) {
        own.setCertificateVerifyProc(({ hostname, certificate, verificationResult }, answer) => {
          heard.push(`certificate of ${hostname}: ${certificate.subjectName}, ${verificationResult}`);
          answer(verdict);
        });
      }
      await own.setProxy(through === undefined ? { mode: 'direct' } : { mode: 'fixed_servers', proxyRules: through });
      const onLogin = (event: Electron.Event, contents: Electron.WebContents | null, details: Electron.AuthenticationResponseDetails, { isProxy, scheme, realm }: Electron.AuthInfo, answer: (user?: string, password?: string) => void): void => {
        event.preventDefault();
        heard.push(`login proxy=${isProxy} ${scheme} ${realm} first=${details.firstAuthAttempt} own=${contents?.session === own}`);
        if (details.firstAuthAttempt) answer('clinic', password);
        else answer();
      };
      electronApp.on('login', onLogin);
      const window = new BrowserWindow({ show: false, webPreferences: { session: own } });
      const { webContents } = window;
      for (const name of ['will-navigate', 'will-redirect'] as const) {
        webContents.on(name as 'will-navigate', (event) => {
          heard.push(`${name} ${event.url}`);
          if (prevent === name) event.preventDefault();
        });
      }
      webContents.on('select-client-certificate', (event, server, offered, answer) => {
        heard.push(`client certificate for ${server}: ${offered.map(({ subject }) => subject.organizations.join()).join(' ')}`);
        if (pick === undefined) return;
        event.preventDefault();
        const chosen = offered[pick];
        if (chosen === undefined) (answer as () => void)();
        else answer(chosen);
      });
      webContents.on('did-fail-load', (_event, code, reason, failed) => heard.push(`failed ${code} ${reason} ${new URL(failed).pathname}`));
      const ended = await window.loadURL(url).then(() => 'loaded', (error: unknown) => (error as { code: string }).code);
      electronApp.off('login', onLogin);
      return { ended, heard };
    }, asked);
  const text = async (): Promise<string> => (await app.window(/^https?:/)).locator('body').innerText();

  it('shows a page of this machine, with nothing of the app in it', async () => {
    expect((await open({ url: `${origin}/page` })).ended).toBe('loaded');
    const page = await app.window(/^http:/);
    expect(await page.evaluate(() => [typeof Reflect.get(window, 'agent'), typeof Reflect.get(window, 'require'), typeof Reflect.get(window, 'process')])).toEqual(['undefined', 'undefined', 'undefined']);
  });

  it('has storage of its own', async () => {
    for (let time = 1; time <= 2; time += 1) {
      await open({ url: `${origin}/cookie` });
      expect(await text()).toBe('none');
      await (await app.window(/^http:/)).reload();
      expect(await text()).toBe('seen=yes');
      await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().find(({ webContents }) => webContents.getURL().startsWith('http:'))?.destroy(), undefined);
      await eventually(() => expect(app.windows().map((page) => app.addressOf(page)).filter((url) => url.startsWith('http:'))).toEqual([]));
    }
  });

  it('shows the app where a redirect leads before that is asked for, and a refused one is never asked for', async () => {
    const { ended, heard } = await open({ url: `${origin}/away`, refuse: '/caught' });
    expect(ended).toBe('ERR_BLOCKED_BY_CLIENT');
    expect(heard).toEqual([`mainFrame ${origin}/away`, `will-redirect ${origin}/caught?code=1`, `mainFrame ${origin}/caught?code=1`, 'failed -20 ERR_BLOCKED_BY_CLIENT /caught']);
    expect(came).toEqual(['GET /away']);
  });

  it('follows one that the app lets go', async () => {
    expect((await open({ url: `${origin}/away` })).ended).toBe('loaded');
    expect(came).toEqual(expect.arrayContaining(['GET /away', 'GET /caught?code=1']));
  });

  it.each(['will-redirect', 'will-navigate'] as const)('goes nowhere when the app prevents %s', async (prevent) => {
    const { ended } = await open({ url: `${origin}/${prevent === 'will-redirect' ? 'away' : 'page'}`, prevent });
    expect(ended).toBe(prevent === 'will-redirect' ? 'ERR_ABORTED' : 'loaded');
    if (prevent === 'will-navigate') await (await app.window(/^http:/)).evaluate(() => { window.location.href = '/caught'; });
    await eventually(async () => expect(await app.evaluate(() => globalThis.heard, undefined)).toContain(`${prevent} ${origin}/caught${prevent === 'will-redirect' ? '?code=1' : ''}`));
    expect(came.filter((one) => one.includes('caught'))).toEqual([]);
  });

  it('shows the app the requests of the page’s parts, and of frames from another site', async () => {
    const { heard } = await open({ url: `${origin}/gallery`, refuse: '/frame' });
    expect(heard).toContain(`image ${origin}/picture`);
    expect(heard).toContain(`subFrame ${origin.replace('127.0.0.1', 'localhost')}/frame`);
    expect(came).not.toContain('GET /frame');
  });

  it('tells of a page that leads on before it has loaded as Electron does', async () => {
    const { ended } = await open({ url: `${origin}/eager` });
    expect(ended).toBe('ERR_ABORTED');
    await eventually(() => expect(came).toContain('GET /next'));
    expect((await app.evaluate(() => globalThis.heard, undefined)).filter((line) => line.startsWith('failed'))).toEqual([]);
  });

  it('asks the app about a certificate that Chromium does not know, and believes it', async () => {
    const accepted = await open({ url: `${secure}/page`, verdict: 0 });
    expect(accepted).toMatchObject({ ended: 'loaded', heard: expect.arrayContaining(['certificate of localhost: localhost, net::ERR_CERT_AUTHORITY_INVALID']) as unknown });
  });

  it.each([-2, -3, null])('sends nothing to a server whose certificate it does not accept (%s)', async (verdict) => {
    const { ended, heard } = await open({ url: `${secure}/secret`, ...(verdict === null ? {} : { verdict }) });
    expect(ended).toBe('ERR_CERT_AUTHORITY_INVALID');
    expect(heard.at(-1)).toBe('failed -202 ERR_CERT_AUTHORITY_INVALID /secret');
    expect(came).not.toContain('GET /secret');
  });

  it('goes by its proxy, whose password the app knows', async () => {
    const { ended, heard } = await open({ url: 'http://login.example/page', proxy, password: 'right' });
    expect(ended).toBe('loaded');
    expect(heard).toContain('login proxy=true basic clinic first=true own=true');
    expect(await text()).toBe('through the proxy');
    expect(came[0]).toBe('GET http://login.example/page');
  });

  it('is told when the proxy has refused it', async () => {
    const { heard } = await open({ url: 'http://login.example/page', proxy, password: 'wrong' });
    expect(heard.filter((line) => line.startsWith('login'))).toEqual(['login proxy=true basic clinic first=true own=true', 'login proxy=true basic clinic first=false own=true']);
  });

  it.each(['http://elsewhere.example/', 'https://192.0.2.1/', 'http://10.0.0.1/'])('does not reach %s', async (url) => {
    expect((await open({ url })).ended).toBe('ERR_NAME_NOT_RESOLVED');
    expect(await app.shell.blockedRequests()).toContain(url);
  });

  it('has permissions of its own', async () => {
    await open({ url: `${secure}/page`, verdict: 0 });
    const page = await app.window(/^https:/);
    expect(await page.evaluate(() => navigator.mediaDevices.getUserMedia({ audio: true }).then(() => 'granted', (error: unknown) => (error as Error).name))).toBe('NotAllowedError');
    expect(await app.evaluate(() => globalThis.heard, undefined)).toContain('permission media');
  });

  it.each([
    ['the one that the app takes', 1, 'TEST second'],
    ['none where the app takes none', -1, 'nobody'],
    ['the first where the app leaves it', undefined, 'TEST first'],
  ])('shows a server that asks for a client certificate %s', async (_what, pick, shown) => {
    await app.shell.holdClientCertificates([...clients]);
    try {
      const { ended, heard } = await open({ url: `${asking}/start`, verdict: 0, ...(pick === undefined ? {} : { pick }) });
      expect(ended).toBe('loaded');
      // Of the server's own authority alone, and named as Electron names it.
      expect(heard.filter((line) => line.startsWith('client'))).toEqual([`client certificate for ${new URL(asking).host}: TEST first TEST second`]);
      expect(await text()).toBe(`${shown} begun=yes`);
    } finally {
      await app.shell.holdClientCertificates([]);
    }
  });

  it('asks nobody for a client certificate where none fits, and shows none to a server that it does not trust', async () => {
    await app.shell.holdClientCertificates(clients.slice(0, 1));
    const none = await open({ url: `${asking}/who`, verdict: 0, pick: 0 });
    expect(none.heard.filter((line) => line.startsWith('client'))).toEqual([]);
    expect(await text()).toBe('nobody');
    await app.shell.holdClientCertificates([...clients]);
    came.length = 0;
    const untrusted = await open({ url: `${asking}/secret`, verdict: -3, pick: 0 });
    expect(untrusted.ended).toBe('ERR_CERT_AUTHORITY_INVALID');
    expect(came).not.toContain('GET /secret');
    await app.shell.holdClientCertificates([]);
  });

  it('refuses by name what it does not model', async () => {
    const refused = await app.evaluate(({ BrowserWindow, session }) => {
      const own = session.fromPartition('refusals');
      const first = new BrowserWindow({ show: false, webPreferences: { session: own } });
      const thrown = (work: () => unknown): string => {
        try {
          work();
          return 'nothing thrown';
        } catch (error) {
          return (error as Error).message.replace(/^electron-host: | is not modelled.*$/g, '');
        }
      };
      const all = [
        thrown(() => session.fromPartition('persist:x')),
        thrown(() => own.cookies),
        thrown(() => own.protocol),
        thrown(() => session.defaultSession.webRequest),
        thrown(() => own.webRequest.onBeforeSendHeaders(null)),
        thrown(() => own.webRequest.onBeforeRequest({ urls: ['*://*/*'] }, (_details, answer) => answer({}))),
        thrown(() => own.setProxy({ mode: 'direct' })),
        thrown(() => session.fromPartition('pac').setProxy({ mode: 'pac_script', pacScript: 'http://wpad/' })),
        thrown(() => new BrowserWindow({ show: false, webPreferences: { session: own } })),
        thrown(() => new BrowserWindow({ show: false, webPreferences: { partition: 'refusals' } })),
      ];
      first.destroy();
      return { all, same: session.fromPartition('refusals') === own };
    }, undefined);
    expect(refused.same).toBe(true);
    expect(refused.all).toEqual([
      "session.fromPartition('persist:x')",
      'Session.cookies',
      'protocol of a partition',
      'webRequest of the default session',
      'webRequest.onBeforeSendHeaders',
      'webRequest.onBeforeRequest with a filter',
      'session.setProxy of the default session, or after its window was opened',
      expect.stringContaining('session.setProxy({"mode":"pac_script"'),
      'a second window in one partition',
      'webPreferences.partition: "refusals"',
    ]);
  });
});
