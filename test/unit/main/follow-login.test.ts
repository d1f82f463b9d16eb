import { EventEmitter } from 'node:events';
import { beforeAll, describe, expect, it } from 'vitest';
import type { BrowserWindow, Session } from 'electron';
import { writePem } from '../../../src/formats/pki/pem.ts';
import { followLogin } from '../../../src/main/follow-login.ts';
import { createTestCa } from '../../../src/sandbox/ca/test-ca.ts';
import { sandboxPeople } from '../../../src/sandbox/sandbox-clinic.ts';

type Before = (details: { url: string; resourceType: string }, answer: (response: { cancel: boolean }) => void) => void;

/** A window and a session as Electron would tell of them; what the page asks for is said by the test. */
function play(certificateSha256: string | null = null) {
  const contents = new EventEmitter();
  const loading = Promise.withResolvers<undefined>();
  const loaded: string[] = [];
  let before: Before | undefined;
  const window = Object.assign(new EventEmitter(), {
    webContents: Object.assign(contents, {
      loadURL: (url: string) => {
        loaded.push(url);
        return loading.promise;
      },
    }),
  });
  const own = { webRequest: { onBeforeRequest: (listener: Before) => void (before = listener) } };
  const page = {
    url: new URL('https://login.example.jp/authorize?state=1'),
    redirectUrl: new URL('http://adapter:3000/callback'),
    allowedOrigins: ['https://login.example.jp', 'https://card.example.jp'],
    card: 'hpki',
  } as const;
  const ending = new AbortController();
  const end = followLogin(window as unknown as BrowserWindow, own as unknown as Session, { page, certificateSha256 }, ending.signal);
  end.catch(() => undefined);
  return {
    end,
    loaded,
    window,
    contents,
    cancel: () => ending.abort(),
    /** `loadURL`'s promise, which knows the first page alone. */
    rejectLoad: (code: string) => loading.reject(Object.assign(new Error(code), { code })),
    failToLoad: (reason: string, url: string, { isMainFrame = true, code = -2 } = {}) => contents.emit('did-fail-load', {}, code, reason, url, isMainFrame, 1, 1),
    /** Whether the request left. */
    ask: (url: string, resourceType = 'mainFrame'): boolean => {
      let left = false;
      before?.({ url, resourceType }, ({ cancel }) => (left = !cancel));
      return left;
    },
  };
}

describe('a provider’s login page', () => {
  it('is opened, and may go where policy says', () => {
    const { ask, loaded } = play();
    expect(loaded).toEqual(['https://login.example.jp/authorize?state=1']);
    expect(ask('https://card.example.jp/tls')).toBe(true);
    expect(ask('https://login.example.jp/style.css', 'stylesheet')).toBe(true);
  });

  it('ends with the redirect, which never leaves, and whose second coming changes nothing', async () => {
    const { ask, end } = play();
    expect(ask('http://adapter:3000/callback?code=1&state=2')).toBe(false);
    expect(ask('http://adapter:3000/callback?code=other')).toBe(false);
    expect(String(await end)).toBe('http://adapter:3000/callback?code=1&state=2');
  });

  it.each([
    'http://adapter:3000/callback/more?code=1',
    'http://adapter:3001/callback?code=1',
    'https://adapter:3000/callback?code=1',
    'https://login.example.jp.evil.example/authorize',
    'http://login.example.jp/authorize',
    'file:///etc/passwd',
  ])('that leads to %s is ended, and nothing has left', async (url) => {
    const { ask, end } = play();
    expect(ask(url)).toBe(false);
    await expect(end).rejects.toMatchObject({ problem: { code: 'PROVIDER_REFUSED' } });
  });

  it('fetches nothing from elsewhere, and goes on without it', async () => {
    const { ask, end } = play();
    expect(ask('https://tracker.example/pixel.gif', 'image')).toBe(false);
    expect(ask('http://adapter:3000/callback?code=1', 'image')).toBe(false);
    ask('http://adapter:3000/callback?code=2');
    expect(String(await end)).toContain('code=2');
  });

  it('that the person closes says so, and is left when the authentication ends', async () => {
    const closed = play();
    closed.window.emit('closed');
    await expect(closed.end).rejects.toMatchObject({ problem: { code: 'AUTHENTICATION_REFUSED', detail: { ja: '認証サービスの画面が閉じられました。' } } });
    const aborted = play();
    aborted.cancel();
    expect(await aborted.end).toBe('cancelled');
  });

  it('that does not open, or dies, says so', async () => {
    for (const url of ['https://login.example.jp/authorize?state=1', 'https://card.example.jp/tls']) {
      const unreachable = play();
      unreachable.failToLoad('ERR_NAME_NOT_RESOLVED', url);
      const detail = { ja: expect.stringMatching(new RegExp(`^${new URL(url).origin} .*ERR_NAME_NOT_RESOLVED`)) as string };
      await expect(unreachable.end).rejects.toMatchObject({ problem: { code: 'PROVIDER_UNREACHABLE', detail } });
    }
    const dead = play();
    dead.contents.emit('render-process-gone', {});
    await expect(dead.end).rejects.toMatchObject({ problem: { code: 'PROVIDER_REFUSED' } });
  });
});

it('goes on where the first page leads on before it has loaded, and where a frame in it fails', async () => {
  const { end, ask, rejectLoad, failToLoad } = play();
  rejectLoad('ERR_ABORTED');
  failToLoad('ERR_BLOCKED_BY_CLIENT', 'https://tracker.example/frame', { isMainFrame: false });
  // As Electron tells it of a page that another one has replaced: ERR_ABORTED, without its name.
  failToLoad('', 'https://login.example.jp/authorize?state=1', { code: -3 });
  await new Promise((resolve) => setImmediate(resolve));
  ask('http://adapter:3000/callback?code=1');
  expect(String(await end)).toContain('code=1');
});

describe('TLS client authentication', () => {
  let mine: { data: string; sha256: string };
  let other: { data: string };
  beforeAll(async () => {
    const ca = await createTestCa();
    const issue = async () => (await ca.issue({ ...sandboxPeople.doctor, kind: 'authentication' })).certificate;
    const [first, second] = [await issue(), await issue()];
    mine = { data: writePem(first.der), sha256: first.sha256 };
    other = { data: writePem(second.der) };
  });

  /** `server`: as Electron names it. */
  function choose(server: string, offered: readonly { data: string }[]): { chosen: unknown; prevented: boolean } {
    const { contents } = play(mine.sha256);
    let prevented = false;
    let chosen: unknown = 'no answer';
    contents.emit('select-client-certificate', { preventDefault: () => (prevented = true) }, server, offered, (certificate?: unknown) => (chosen = certificate));
    return { chosen, prevented };
  }

  it('takes this person’s own certificate, and asks nobody', () => {
    expect(choose('card.example.jp:443', [other, mine])).toEqual({ chosen: mine, prevented: true });
  });

  it.each([
    ['the own one is not offered', 'card.example.jp:443', false],
    ['the host is a stranger', 'evil.example:443', true],
    ['the port is another one', 'card.example.jp:8443', true],
    ['the address is none', '', true],
  ])('takes none where %s', (_why, server, isOffered) => {
    expect(choose(server, isOffered ? [other, mine] : [other])).toEqual({ chosen: undefined, prevented: true });
  });
});
