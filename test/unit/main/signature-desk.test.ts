import { describe, expect, it, vi } from 'vitest';
import type { CardView, DialogOutcome, HoldPin, PinQuestion, SignatureDialogView } from '../../../src/agent/ports.ts';
import type { SignatureView } from '../../../src/contract/ipc/signature.ts';
import { SignatureDesk } from '../../../src/main/signature-desk.ts';
import type { PinPort } from '../../../src/native/host/pin-port.ts';

const request: SignatureDialogView = {
  caller: { clientId: 'c1', clientName: '電子カルテ\u202eEVIL', origin: 'https://ehr.example', program: null },
  staff: { id: 'D1', name: '医者 三郎' },
  documents: [],
  waiting: [],
  notices: [],
};
const card = (sha: string): CardView => ({
  card: { reader: 'R', certificateSha256: sha, certificate: new Uint8Array(), chain: [], driver: 'direct' },
  name: '医者 三郎',
  role: 'Medical Doctor',
  notAfter: new Date(0),
  daysLeft: 1,
});
const question: PinQuestion = { card: card('a'), tries: { triesLeft: 15, failuresSeen: 0, consentNeeded: false }, refused: null, signatures: 1 };

function setUp(options: { paintMs?: number } = {}) {
  const seen: string[] = [];
  let last: SignatureView | null = null;
  const desk = new SignatureDesk({
    surface: {
      push: (view) => {
        last = view;
        seen.push(view === null ? 'empty' : view.step.step);
      },
      show: () => seen.push('show'),
      hide: () => seen.push('hide'),
      rebuild: () => {
        seen.push('rebuild');
        desk.abandon();
      },
    },
    notices: () => [],
    onChange: () => undefined,
    endMs: { signed: 5, other: 5 },
    ...options,
  });
  const dialog = desk.open(request);
  const id = () => last?.dialog ?? '';
  return { desk, dialog, seen, id, view: () => last };
}

const open = () => new AbortController().signal;
const cancelled: DialogOutcome = { outcome: 'cancelled', code: 'CANCELLED_BY_USER', detail: null };

describe('the signature desk', () => {
  it.each(['person', 'away'] as const)('remembers who left after the PIN was given and before the card signs (%s)', async (who) => {
    const { desk, dialog, id } = setUp();
    const hold: HoldPin = Object.assign(() => Promise.reject(new Error('not this way')), { fromPort: () => Promise.resolve('session-1') });
    const asked = dialog.askPin(question, hold, open());
    desk.openPinPort(id(), () => ({ close: () => undefined }) as unknown as PinPort);
    expect(await asked).toBe('session-1');
    expect(() => dialog.throwIfLeft()).not.toThrow();
    if (who === 'person') desk.cancel(id());
    else desk.personLeft();
    expect(() => dialog.throwIfLeft()).toThrow(expect.objectContaining({ state: 'cancelled', by: who }));
  });

  it('remembers nobody who closes the window while the card signs', () => {
    const { desk, dialog } = setUp();
    dialog.signing(0, 1);
    desk.cancelOpen();
    expect(() => dialog.throwIfLeft()).not.toThrow();
  });

  it('shows the window only after its page has painted this very request', () => {
    const { desk, dialog, seen, id } = setUp();
    void dialog.waitForCard('no_card', false, open());
    expect(seen).toEqual(['insert_card']);
    desk.painted('another');
    expect(seen).not.toContain('show');
    desk.painted(id());
    expect(seen).toContain('show');
  });

  it('says which of the three names differ at a first use, and takes the confirmation all the same', async () => {
    const { desk, dialog, id, view } = setUp();
    const binding = { staff: { id: 'D1', name: '髙橋 三郎' }, personInDocument: '高橋　三郎', certificate: { ...card('a'), name: '高橋　三朗', certificateSha256: 'a' }, place: { kind: 'card', reader: 'R' } } as const;
    const answer = dialog.confirmBinding(binding, open());
    expect(view()?.step).toMatchObject({ step: 'confirm_binding', differences: ['staff_certificate', 'document_certificate'] });
    desk.confirmBinding(id());
    expect(await answer).toBe('confirmed');
  });

  it('takes no answer that is meant for another dialog', async () => {
    const { desk, dialog, id } = setUp();
    const stop = new AbortController();
    const answer = dialog.chooseCard([card('a'), card('b')], stop.signal);
    desk.chooseCard('another', 'a');
    desk.cancel('another');
    desk.chooseCard(id(), 'no such card');
    desk.confirmBinding(id());
    desk.chooseCard(id(), 'b');
    expect(await answer).toMatchObject({ certificateSha256: 'b' });
  });

  it('goes to remote signing only where the question allows it', async () => {
    const { desk, dialog, id, view } = setUp();
    const stop = new AbortController();
    const first = dialog.waitForCard('no_card', false, stop.signal);
    desk.authenticate(id());
    stop.abort();
    expect(await first).toBe('cancelled');
    const second = dialog.waitForCard('no_card', true, open());
    expect(view()?.step).toMatchObject({ step: 'insert_card', canAuthenticate: true });
    desk.authenticate(id());
    expect(await second).toBe('authenticate');
  });

  it('makes what a caller calls itself safe to read', () => {
    const { dialog, view } = setUp();
    void dialog.waitForCard('no_card', false, open());
    expect(view()?.caller.name).not.toContain('\u202e');
  });

  it('hears a cancel between two questions', async () => {
    const { desk, dialog, id } = setUp();
    const stop = new AbortController();
    const first = dialog.waitForCard('no_card', false, stop.signal);
    stop.abort();
    await first;
    desk.cancel(id());
    expect(await dialog.askPin(question, (() => Promise.resolve('s')), open())).toBe('cancelled');
  });

  it('fails the question of a page that has died, as something that may be asked again', async () => {
    const { desk, dialog } = setUp();
    const answer = dialog.askPin(question, (() => Promise.resolve('s')), open());
    desk.abandon();
    await expect(answer).rejects.toMatchObject({ state: 'cancelled', problem: { code: 'CANCELLED_BY_USER' } });
  });

  it('rebuilds a page that does not paint in time', async () => {
    const { dialog, seen } = setUp({ paintMs: 5 });
    await expect(dialog.confirmBinding({ staff: request.staff, personInDocument: 'x', certificate: { ...card('a'), certificateSha256: 'a' }, place: { kind: 'card', reader: 'R' } }, open())).rejects.toMatchObject({ state: 'cancelled' });
    expect(seen).toContain('rebuild');
  });

  it('says how it ended, then empties and hides the window', async () => {
    const { desk, dialog, seen, id, view } = setUp();
    const waiting = dialog.waitForCard('no_card', false, open()).catch(() => 'ended');
    desk.painted(id());
    dialog.close({ outcome: 'failed', code: 'CARD_REMOVED', detail: null });
    expect(view()?.step).toEqual({ step: 'ended', outcome: 'failed', code: 'CARD_REMOVED', detail: null });
    await expect.poll(view).toBeNull();
    expect(seen.slice(-2)).toEqual(['hide', 'empty']);
    expect(await waiting).toBe('ended');
  });

  it('says that nobody was there where the screen was locked, also between two questions, and goes at once', async () => {
    const { desk, dialog, id, view } = setUp();
    const answer = dialog.waitForCard('no_card', false, open());
    desk.painted(id());
    desk.personLeft();
    await expect(answer).rejects.toMatchObject({ state: 'cancelled', by: 'away', problem: { code: 'CANCELLED_BY_USER' } });
    await expect(dialog.askPin(question, (() => Promise.resolve('s')), open())).rejects.toMatchObject({ by: 'away' });
    dialog.close(cancelled);
    expect(view()).toBeNull();
  });

  it('goes at once when the person has cancelled', async () => {
    const { desk, dialog, id, view } = setUp();
    const answer = dialog.waitForCard('no_card', false, open());
    desk.painted(id());
    desk.cancel(id());
    expect(await answer).toBe('cancelled');
    dialog.close(cancelled);
    expect(view()).toBeNull();
  });
});

describe("the reader's own keys", () => {
  const keyed: PinQuestion = { ...question, card: { ...card('a'), card: { ...card('a').card, keypad: true } } };
  const holder = () => {
    const chosen: unknown[] = [];
    const hold: HoldPin = Object.assign(() => Promise.reject(new Error('nothing was typed')), {
      atReader: (what: { spendLastTries: boolean }) => {
        chosen.push(what);
        return Promise.resolve('session');
      },
    });
    return { hold, chosen };
  };

  it('are offered with the card, and asked by one click of this very dialog, however often it comes', async () => {
    const { desk, dialog, id, view } = setUp();
    const { hold, chosen } = holder();
    const asked = dialog.askPin(keyed, hold, open());
    expect(view()?.step).toMatchObject({ step: 'pin', keypad: true });
    desk.useKeypad('another', true);
    desk.useKeypad(id(), false);
    desk.useKeypad(id(), true);
    expect(await asked).toBe('session');
    expect(chosen).toEqual([{ spendLastTries: false }]);
  });

  it('are not asked where the agent offers none', async () => {
    const { desk, dialog, id } = setUp();
    const asked = dialog.askPin(question, () => Promise.reject(new Error('nothing was typed')), open());
    desk.useKeypad(id(), false);
    desk.cancel(id());
    expect(await asked).toBe('cancelled');
  });

  it('may be left, and the window stays to say that the reader still waits', async () => {
    const { desk, dialog, seen, id, view } = setUp();
    const waiting = dialog.waitForKeypad({ card: keyed.card, done: 1, total: 3 }, open());
    desk.painted(id());
    expect(view()?.step).toMatchObject({ step: 'keypad', done: 1, total: 3, left: false });
    desk.cancel(id());
    expect(await waiting).toBe('cancelled');
    expect(seen).not.toContain('hide');
    dialog.keypadLeft();
    expect(view()?.step).toMatchObject({ step: 'keypad', left: true });
    dialog.close(cancelled);
    expect(view()).toBeNull();
  });

  it('come back into view when the person closes the window meanwhile, and go with the next close', async () => {
    const { desk, dialog, seen, id } = setUp();
    const waiting = dialog.waitForKeypad({ card: keyed.card, done: 0, total: 1 }, open());
    desk.painted(id());
    seen.length = 0;
    // The window has hidden itself by then.
    desk.cancelOpen();
    expect(await waiting).toBe('cancelled');
    expect(seen).toEqual(['show']);
    dialog.keypadLeft();
    desk.cancelOpen();
    expect(seen).toEqual(['show', 'keypad', 'hide']);
  });
});

describe('the PIN port', () => {
  const port = (): PinPort & { closed: boolean } => ({ closed: false, on: () => undefined, start: () => undefined, postMessage: () => undefined, close() { this.closed = true; } });
  const holder = () => {
    const holds: { port: PinPort; signal: AbortSignal; settle: PromiseWithResolvers<string> }[] = [];
    const hold: HoldPin = Object.assign(() => Promise.reject(new Error('main must not see a PIN')), {
      fromPort: (taken: PinPort, signal: AbortSignal) => {
        const settle = Promise.withResolvers<string>();
        holds.push({ port: taken, signal, settle });
        return settle.promise;
      },
    });
    return { hold, holds };
  };

  it('is made only while a PIN is asked for, and by its dialog', () => {
    const { desk, dialog, id } = setUp();
    const connect = vi.fn(port);
    void dialog.waitForCard('no_card', false, open());
    expect(desk.openPinPort(id(), connect)).toBe(false);
    void dialog.askPin(question, holder().hold, open());
    expect(desk.openPinPort('another', connect)).toBe(false);
    expect(connect).not.toHaveBeenCalled();
  });

  it('resolves the question to the session that the card host made', async () => {
    const { desk, dialog, id } = setUp();
    const { hold, holds } = holder();
    const answer = dialog.askPin(question, hold, open());
    expect(desk.openPinPort(id(), port)).toBe(true);
    holds[0]?.settle.resolve('session');
    expect(await answer).toBe('session');
  });

  it('ends the port before it when a new one is asked for', async () => {
    const { desk, dialog, id } = setUp();
    const { hold, holds } = holder();
    const answer = dialog.askPin(question, hold, open());
    desk.openPinPort(id(), port);
    desk.openPinPort(id(), port);
    expect(holds[0]?.signal.aborted).toBe(true);
    holds[0]?.settle.reject(new Error('ended'));
    holds[1]?.settle.resolve('second');
    expect(await answer).toBe('second');
  });

  it('fails the question with the card host\'s reason', async () => {
    const { desk, dialog, id } = setUp();
    const { hold, holds } = holder();
    const answer = dialog.askPin(question, hold, open());
    desk.openPinPort(id(), port);
    holds[0]?.settle.reject(new Error('the card is gone'));
    await expect(answer).rejects.toThrow('the card is gone');
  });
});

describe('a request between two questions', () => {
  it('cannot be cancelled while it signs: the window stays, and says how that ended', async () => {
    const { desk, dialog, seen, id, view } = setUp();
    const stop = new AbortController();
    const first = dialog.waitForCard('no_card', false, stop.signal);
    desk.painted(id());
    stop.abort();
    await first;
    dialog.signing(0, 1);
    desk.cancel(id());
    dialog.close({ outcome: 'failed', code: 'CARD_REMOVED', detail: null });
    expect(view()?.step).toMatchObject({ step: 'ended', code: 'CARD_REMOVED' });
    expect(seen.slice(0, -1)).not.toContain('empty');
  });

  it('keeps saying that nobody was there, whoever cancels after that', async () => {
    const { desk, dialog, id } = setUp();
    const stop = new AbortController();
    const first = dialog.waitForCard('no_card', false, stop.signal);
    stop.abort();
    await first;
    desk.personLeft();
    desk.cancel(id());
    await expect(dialog.askPin(question, (() => Promise.resolve('s')), open())).rejects.toMatchObject({ by: 'away' });
  });
});
