import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { NoFreePort } from '../../../src/agent/api/no-free-port.ts';
import { windows } from '../../../src/contract/ipc/windows.ts';
import { ProblemError } from '../../../src/contract/problem.ts';
import type { AgentDesktop } from '../../../src/agent/agent-desktop.ts';
import { viewAgent, type AgentFacts } from '../../../src/main/agent-view.ts';
import { PairingRoom, type OpenPairing } from '../../../src/main/pairing-room.ts';
import { safeStorageSecrets, type KeyStore } from '../../../src/main/safe-storage-secrets.ts';
import { explainStartFailure } from '../../../src/main/start-failure.ts';
import { trayMenu, trayReason, trayTooltip } from '../../../src/main/tray-menu.ts';
import { middleOf } from '../../../src/main/window-place.ts';
import type { StatusView } from '../../../src/agent/api/status-view.ts';
import type { PairingEnd } from '../../../src/agent/api/pairing.ts';

const status = (problems: StatusView['problems'], waiting = 0): StatusView => ({
  version: '1', instance: 'i', cardService: 'running', readers: [], remote: { configured: false, provider: null, sessions: [] }, waiting, problems,
});
const desktopOf = (shown: StatusView, more: Partial<Pick<AgentDesktop, 'clients' | 'registrations'>> = {}): Extract<AgentFacts, { phase: 'running' }>['desktop'] => ({
  status: () => shown, recent: () => [], clients: () => [], registrations: () => [], ...more,
});
const view = (problems: StatusView['problems'], isAsking = false, waiting = 0) =>
  viewAgent({ phase: 'running', port: 17090, isAsking, desktop: desktopOf(status(problems, waiting)) });

describe('the sessions of remote signing in the status', () => {
  const session = { clientId: 'c1', staffId: 'D0012', staffName: '医者\u202e 三郎', method: 'smartphone', until: new Date('2026-04-02T02:15:00Z'), endsSoon: true } as const;
  const shownWith = (more: Parameters<typeof desktopOf>[1] = {}) =>
    viewAgent({
      phase: 'running', port: 17090, isAsking: false,
      desktop: desktopOf({ ...status([]), remote: { configured: true, provider: 'sandbox', sessions: [session] } }, more),
    });

  it('name the doctor, the method, the end and the EHR, safely', () => {
    const client = { id: 'c1', name: '電子カルテ\u202eA', origin: null, source: 'paired' as const, createdAt: null, expiresAt: null, lastUsedAt: null, revoked: false };
    const shown = shownWith({ clients: () => [client], registrations: () => [{ staffId: 'D0012', deadline: '2026-06-30', daysLeft: 89 }] });
    expect(windows.home.push.agent.parse(shown)).toEqual(shown);
    expect(shown.remote?.sessions).toMatchObject([{ clientId: 'c1', staff: { id: 'D0012' }, method: 'smartphone', until: '2026-04-02T02:15:00.000Z', endsSoon: true }]);
    expect(shown.remote?.registrations).toEqual([{ staffId: 'D0012', deadline: '2026-06-30', daysLeft: 89 }]);
    expect(JSON.stringify(shown.remote)).not.toContain('\u202e');
  });

  it('stay in the list when their EHR is no longer known', () => {
    expect(shownWith().remote?.sessions[0]?.caller).toBe('c1');
  });

  it('are not spoken of where no service is configured', () => {
    expect(view([]).remote).toBeNull();
  });
});

describe('the state in the tray', () => {
  const now = new Date(2026, 3, 1, 9, 30);

  it('tells four states apart', () => {
    expect(view([]).state).toBe('ready');
    expect(view(['NO_CARD']).state).toBe('ready');
    expect(view(['NO_READER']).state).toBe('needs_you');
    expect(view([], true, 1).state).toBe('needs_you');
    expect(view([], false, 1).state).toBe('working');
    expect(view(['NO_CARD_SERVICE']).state).toBe('problem');
    expect(viewAgent({ phase: 'failed', problem: explainStartFailure(new ProblemError({ code: 'STORAGE_FAILED', detail: null })) }).state).toBe('problem');
  });

  it('has a button for every problem, but none where nobody has to do anything', () => {
    for (const code of ['NO_READER', 'NO_CARD_SERVICE', 'CARD_IN_USE', 'CARD_UNKNOWN', 'CARD_MODULE_FAILED', 'STORAGE_FAILED'] as const) expect(view([code]).problems[0]?.action, code).not.toBeNull();
    expect(view(['NO_CARD']).problems[0]?.action).toBeNull();
  });

  it('asks for a person where the clock is wrong, without the hint that no card is in the reader', () => {
    const shown = view(['NO_CARD', 'CLOCK_WRONG']);
    expect(shown).toMatchObject({ state: 'needs_you', problems: [{ code: 'CLOCK_WRONG', action: 'diagnose' }] });
    expect(trayReason(shown, 'ja')).toContain('このPCの時計が合っていないため、認証できません');
    expect(trayReason(shown, 'en')).toContain('clock is wrong');
    expect(view(['NO_CARD_SERVICE', 'CLOCK_WRONG'])).toMatchObject({ state: 'problem', problems: [{ code: 'NO_CARD_SERVICE' }, { code: 'CLOCK_WRONG' }] });
  });

  it('is told by the window\'s contract', () => {
    for (const shown of [view(['NO_CARD']), viewAgent({ phase: 'starting' }), viewAgent({ phase: 'failed', problem: explainStartFailure(new Error('unforeseen')) })]) {
      expect(windows.home.push.agent.parse(shown)).toEqual(shown);
    }
  });

  it('gives its reason in both languages', () => {
    const problem = view(['NO_CARD_SERVICE']);
    const [first] = problem.problems;
    expect(trayTooltip(problem, 'ja', now)).toContain(first?.title.ja);
    expect(trayTooltip(problem, 'en', now)).toContain(first?.title.en);
  });

  it('is not called signing while the agent starts', () => {
    expect(trayReason(viewAgent({ phase: 'starting' }), 'ja')).toBe('起動しています');
  });

  it('names the program that holds the ports, and an agent that runs already', () => {
    const taken = new NoFreePort([{ port: 17090, owner: { program: 'C:\\vendor\\svc.exe', userName: null } }], undefined);
    expect(trayTooltip(viewAgent({ phase: 'failed', problem: explainStartFailure(taken) }), 'ja', now)).toContain('svc.exe');
    const locked = new ProblemError({ code: 'STORAGE_FAILED', detail: null }, { cause: Object.assign(new Error('locked'), { code: 'ELOCKED' }) });
    // As it comes where the card host could not be closed after it.
    const suppressed = new SuppressedError(new Error('closing'), locked);
    expect(explainStartFailure(suppressed)).toMatchObject({ code: 'ALREADY_RUNNING', action: 'start_again' });
  });

  it('offers to come back to the window that asks, only then', () => {
    const actions = { answer: () => undefined, open: () => undefined, saveLogs: () => undefined, quit: null };
    const ids = (isAsking: boolean) => trayMenu(view([], isAsking, 1), 'ja', now, actions).flatMap(({ id }) => id ?? []);
    expect(ids(true)).toContain('answer');
    expect(ids(false)).not.toContain('answer');
  });

  it('has no end in its menu where policy keeps the agent running', () => {
    const actions = { answer: () => undefined, open: () => undefined, saveLogs: () => undefined };
    const ids = (quit: (() => void) | null) => trayMenu(view([]), 'ja', now, { ...actions, quit }).flatMap(({ id }) => id ?? []);
    expect(ids(() => undefined)).toEqual(['state', 'status', 'clients', 'diagnosis', 'settings', 'saveLogs', 'quit']);
    expect(ids(null)).not.toContain('quit');
  });
});

describe('the sessions of remote signing in the tray', () => {
  const now = new Date(2026, 3, 1, 9, 30);
  const actions = { answer: () => undefined, open: () => undefined, saveLogs: () => undefined, quit: null };
  const shown = (...sessions: readonly (readonly [name: string, until: Date, caller?: string])[]): ReturnType<typeof view> => ({
    ...view([]),
    remote: {
      sessions: sessions.map(([name, until, caller = 'EHR']) => ({ clientId: caller, caller, staff: { id: name, name }, method: 'smartphone', until: until.toISOString(), endsSoon: false })),
      registrations: [],
    },
  });
  const lines = (agent: ReturnType<typeof view>, language: 'ja' | 'en') => trayMenu(agent, language, now, actions).filter(({ enabled }) => enabled === false).map(({ label }) => label);

  it('say who, and until which clock time; another day has its date', () => {
    const one = shown(['医者　三郎', new Date(2026, 3, 1, 18, 5)]);
    expect(trayTooltip(one, 'ja', now)).toBe('HPKI署名エージェント: 署名できます\nリモート署名: 医者　三郎 18:05まで');
    expect(trayTooltip(one, 'en', now)).toBe('HPKI Signing Agent: Ready to sign\nRemote signing: 医者　三郎 until 18:05');
    expect(lines(shown(['架空　さくら', new Date(2026, 3, 2, 8, 15)]), 'ja')).toEqual(['署名できます', 'リモート署名: 架空　さくら 4月2日 08:15まで']);
    expect(lines(shown(['架空　さくら', new Date(2026, 3, 2, 8, 15)]), 'en')).toEqual(['Ready to sign', 'Remote signing: 架空　さくら until 2 Apr, 08:15']);
  });

  it('begin with the one that ends first, each with a line of the menu', () => {
    const two = shown(['医者　三郎', new Date(2026, 3, 2, 8, 15)], ['R&D $& 架空', new Date(2026, 3, 1, 18, 5)]);
    expect(trayTooltip(two, 'ja', now)).toContain('リモート署名: R&D $& 架空 18:05まで ほか1件');
    expect(lines(two, 'ja')).toEqual(['署名できます', 'リモート署名: R&&D $&& 架空 18:05まで', 'リモート署名: 医者　三郎 4月2日 08:15まで']);
  });

  it('are told apart by their EHR where one doctor has several, and counted as sessions', () => {
    const [noon, evening] = [new Date(2026, 3, 1, 12, 0), new Date(2026, 3, 1, 18, 5)];
    const three = shown(['医者　三郎', evening, '電子カルテA'], ['架空　さくら', evening, '電子カルテA'], ['医者　三郎', noon, '$& B']);
    expect(trayTooltip(three, 'ja', now)).toContain('リモート署名: 医者　三郎（$& B） 12:00まで ほか2件');
    expect(lines(three, 'ja').slice(1)).toEqual(['リモート署名: 医者　三郎（$&& B） 12:00まで', 'リモート署名: 医者　三郎（電子カルテA） 18:05まで', 'リモート署名: 架空　さくら 18:05まで']);
    expect(lines(three, 'en')[1]).toBe('Remote signing: 医者　三郎 ($&& B) until 12:00');
  });

  it('stand in the menu alone where Windows would cut the tooltip', () => {
    const long = shown(['寿限無'.repeat(40), new Date(2026, 3, 1, 18, 5)]);
    expect(trayTooltip(long, 'ja', now)).toBe('HPKI署名エージェント: 署名できます');
    expect(lines(long, 'ja')[1]).toContain('18:05まで');
    expect(trayTooltip(shown(), 'ja', now)).toBe('HPKI署名エージェント: 署名できます');
  });
});

describe('a window', () => {
  it('opens in the middle of the screen with the mouse, and fits on it', () => {
    expect(middleOf({ x: 1920, y: 0, width: 1000, height: 800 }, { width: 600, height: 400 })).toEqual({ x: 2120, y: 200, width: 600, height: 400 });
    expect(middleOf({ x: 0, y: 40, width: 500, height: 300 }, { width: 600, height: 400 })).toEqual({ x: 0, y: 40, width: 500, height: 300 });
  });
});

describe('the pairing room', () => {
  const setUp = (isRefused = false) => {
    const end = Promise.withResolvers<PairingEnd>();
    const states: string[] = [];
    const open: OpenPairing = (opened, hangUp) => {
      // As where the agent does not run.
      if (isRefused) throw new Error('not now');
      opened(new Date(0));
      hangUp.addEventListener('abort', () => end.resolve('cancelled'));
      return end.promise;
    };
    return { room: new PairingRoom(open, ({ state }) => states.push(state)), states, end };
  };
  const code = { code: '123456', clientName: 'EHR', origin: null, program: null, expiresAt: new Date(0) };

  it('opens, shows the code, and says how it ended', async () => {
    const { room, states, end } = setUp();
    await room.open();
    const stop = new AbortController();
    void room.showCode(code, stop.signal);
    stop.abort();
    end.resolve('paired');
    await expect.poll(() => states).toEqual(['open', 'code', 'ended']);
    expect(room.view()).toEqual({ state: 'ended', end: 'paired' });
  });

  it.each(['ended', 'was refused'])('takes the code of a pairing that the command line opened away with its end, also after one here %s', async (how) => {
    const { room, end } = setUp(how === 'was refused');
    if (how === 'was refused') await expect(room.open()).rejects.toThrow('not now');
    else {
      await room.open();
      end.resolve('paired');
      await expect.poll(() => room.view().state).toBe('ended');
    }
    const stop = new AbortController();
    void room.showCode(code, stop.signal);
    expect(room.isOpen).toBe(true);
    stop.abort();
    expect(room.view()).toEqual({ state: 'closed' });
  });

  it('refuses the caller when the person closes it', async () => {
    const { room } = setUp();
    await room.open();
    const answer = room.showCode(code, new AbortController().signal);
    room.close();
    expect(await answer).toBe('refused');
    await expect.poll(() => room.view()).toEqual({ state: 'closed' });
  });
});

describe('secrets', () => {
  const sealed = (backend: ReturnType<NonNullable<KeyStore['getSelectedStorageBackend']>>, available = true): KeyStore => ({
    isAsyncEncryptionAvailable: () => Promise.resolve(available),
    getSelectedStorageBackend: () => backend,
    encryptStringAsync: (text) => Promise.resolve(Buffer.from(text).reverse()),
    decryptStringAsync: (bytes) => Promise.resolve({ result: Buffer.from(bytes).reverse().toString(), shouldReEncrypt: false }),
  });

  it('lie sealed on the disk where there is a key store', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'secrets-'));
    try {
      const store = await safeStorageSecrets(sealed('gnome_libsecret'), folder, 'linux');
      await store.set('identity', Uint8Array.of(1, 2, 3));
      expect(store.protection).toBe('os-keychain');
      expect([...((await store.get('identity')) ?? [])]).toEqual([1, 2, 3]);
      expect((await readFile(path.join(folder, 'identity.sealed'))).equals(Buffer.from(Buffer.from([1, 2, 3]).toString('base64')))).toBe(false);
      expect(await store.get('another')).toBeUndefined();
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it.each([['basic_text', true], ['unknown', false]] as const)('stay in memory with %s (available: %s), and say so', async (backend, available) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'secrets-'));
    try {
      const store = await safeStorageSecrets(sealed(backend, available), folder, 'linux');
      await store.set('identity', Uint8Array.of(1));
      expect(store.protection).toBe('memory');
      expect([...((await store.get('identity')) ?? [])]).toEqual([1]);
      expect(await readdir(folder)).toEqual([]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
