import type { IpcMainInvokeEvent, WebContents } from 'electron';
import { describe, expect, it } from 'vitest';
import type { WindowName } from '../../../src/contract/ipc/windows.ts';
import { routeInvokes, type InvokeHandlers } from '../../../src/main/ipc-router.ts';

type Handler = (event: IpcMainInvokeEvent, ...sent: unknown[]) => Promise<unknown>;

function router() {
  const calls: string[] = [];
  const note = (name: string, answer?: unknown) => (request: unknown) => {
    calls.push(`${name} ${JSON.stringify(request)}`);
    return answer;
  };
  const handled = new Map<string, Handler>();
  const contents = { signature: {}, home: {} } as unknown as Record<WindowName, WebContents>;
  const names: (keyof InvokeHandlers)[] = ['signature.ready', 'signature.cancel', 'home.ready', 'clients.revoke', 'diagnosis.save', 'help.open', 'clients.list', 'sessions.end', 'registrations.note'];
  const answers: Partial<Record<keyof InvokeHandlers, unknown>> = { 'signature.ready': null, 'diagnosis.save': true, 'home.ready': { made: 'up' }, 'clients.list': [] };
  routeInvokes(
    { handle: (name, handler) => void handled.set(name, handler as Handler) },
    (sender) => (['signature', 'home'] as const).find((name) => contents[name] === sender),
    Object.fromEntries(names.map((name) => [name, note(name, answers[name])])) as unknown as InvokeHandlers,
  );
  const invoke = (window: 'signature' | 'home', channel: string, sent: unknown[] = [], frame: unknown = { url: `app://ui/${window}/index.html`, parent: null }) => {
    const handler = handled.get(channel);
    if (handler === undefined) throw new Error(`${channel} is not handled`);
    return handler({ sender: contents[window], senderFrame: frame } as IpcMainInvokeEvent, ...sent);
  };
  const stranger = (channel: string) => handled.get(channel)?.({ sender: {}, senderFrame: { url: 'app://ui/home/index.html', parent: null } } as unknown as IpcMainInvokeEvent);
  return { invoke, stranger, calls };
}

describe('the IPC router', () => {
  it('lets a window use its own channels and the common ones', async () => {
    const { invoke, calls } = router();
    expect(await invoke('signature', 'signature.ready')).toBeNull();
    expect(await invoke('signature', 'help.open', [{ topic: 'manual' }])).toBeUndefined();
    expect(await invoke('home', 'clients.revoke', [{ id: 'c1' }])).toBeUndefined();
    expect(calls).toEqual(['signature.ready undefined', 'help.open {"topic":"manual"}', 'clients.revoke {"id":"c1"}']);
  });

  it.each([
    ['a channel of another window', 'signature', 'clients.revoke', [{ id: 'c1' }]],
    ['a request with a member too many', 'home', 'clients.revoke', [{ id: 'c1', all: true }]],
    ['a request of another shape', 'home', 'clients.revoke', ['c1']],
    ['a request where none is foreseen', 'signature', 'signature.ready', [{}]],
    ['an argument more', 'home', 'clients.revoke', [{ id: 'c1' }, 'x']],
    ["another window's wish to end a session", 'signature', 'sessions.end', [{ clientId: 'c1', staffId: 'D1' }]],
    ['a staff id that no API takes', 'home', 'sessions.end', [{ clientId: 'c1', staffId: '医者' }]],
    ['a deadline that is no day', 'home', 'registrations.note', [{ staffId: 'D1', deadline: '2026-02-30' }]],
    ['an address in place of a topic', 'home', 'help.open', [{ topic: 'https://evil.example' }]],
  ] as const)('refuses %s', async (_name, window, channel, sent) => {
    const { invoke, calls } = router();
    await expect(invoke(window, channel, [...sent])).rejects.toMatchObject({ name: 'Refused' });
    expect(calls).toEqual([]);
  });

  it.each([
    ['a page from the net', { url: 'https://evil.example/home/index.html', parent: null }],
    ["another window's page", { url: 'app://ui/signature/index.html', parent: null }],
    ['a frame inside the page', { url: 'app://ui/home/index.html', parent: {} }],
    ['a frame that is gone', null],
  ])('refuses %s in our own window', async (_name, frame) => {
    const { invoke, calls } = router();
    await expect(invoke('home', 'clients.revoke', [{ id: 'c1' }], frame)).rejects.toMatchObject({ name: 'Refused' });
    expect(calls).toEqual([]);
  });

  it('refuses contents that are none of our windows', async () => {
    const { stranger, calls } = router();
    await expect(stranger('clients.list')).rejects.toMatchObject({ name: 'Refused' });
    expect(calls).toEqual([]);
  });

  it('sends no answer that the contract does not know', async () => {
    const { invoke } = router();
    await expect(invoke('home', 'home.ready')).rejects.toMatchObject({ name: 'Refused', message: 'not done' });
  });
});
