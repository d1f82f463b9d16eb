import { describe, expect, it } from 'vitest';
import type { AuthenticationDialogView, HoldPin } from '../../../src/agent/ports.ts';
import type { PhoneCode } from '../../../src/agent/remote/remote-provider.ts';
import type { AuthenticationView } from '../../../src/contract/ipc/authentication.ts';
import { AuthenticationDesk } from '../../../src/main/authentication-desk.ts';
import type { OpenLoginWindow } from '../../../src/main/login-window.ts';
import { showSafely } from '../../../src/formats/prescription/display-safety.ts';
import type { PinPort } from '../../../src/native/host/pin-port.ts';

const view: AuthenticationDialogView = {
  caller: { clientId: 'c1', clientName: '電子カルテ\u202eEVIL', origin: 'https://ehr.example', program: null },
  staff: { id: 'D1', name: '医者 三郎' },
  facility: '内科クリニック\u202eEVIL',
  terminal: 'PC-1/isha',
  documents: 1,
  canUseCard: true,
  methods: ['smartphone', 'hpki-card'],
  hiddenMethods: [],
};
const phoneCode: PhoneCode = { uri: 'https://sign.example.jp/s/ABCD', userCode: 'ABCD', number: '482', expiresAt: new Date(0) };
const never = (): AbortSignal => new AbortController().signal;
const question = { methods: ['smartphone', 'hpki-card'], suggested: 'smartphone', problem: null } as const;

function setUp(change: Partial<AuthenticationDialogView> = {}, openLogin: OpenLoginWindow = () => new Promise(() => undefined)) {
  const seen: string[] = [];
  let last: AuthenticationView | null = null;
  const desk = new AuthenticationDesk({
    surface: {
      push: (pushed) => {
        last = pushed;
        seen.push(pushed === null ? 'empty' : pushed.step.step);
      },
      show: () => seen.push('show'),
      hide: () => seen.push('hide'),
      rebuild: () => seen.push('rebuild'),
    },
    openLogin,
    onChange: () => undefined,
    endMs: { well: 5, other: 5 },
  });
  const dialog = desk.open({ ...view, ...change });
  return { desk, dialog, seen, id: () => last?.dialog ?? '', shown: () => last };
}

describe('the authentication desk', () => {
  it('begins by a click of this very dialog, and by a method that is offered', async () => {
    const { desk, dialog, id } = setUp();
    const asked = dialog.chooseMethod(question, never());
    desk.begin('another', 'smartphone');
    desk.begin(id(), 'mynumber-card');
    desk.begin(id(), 'hpki-card');
    expect(await asked).toBe('hpki-card');
  });

  it('draws the code and shows the number; names from outside are made safe', () => {
    const { dialog, shown } = setUp();
    void dialog.showCode(phoneCode, never());
    expect(shown()?.step).toMatchObject({ step: 'code', number: '482', userCode: 'ABCD', qr: { size: 29 } });
    expect(shown()?.caller.name).not.toContain('\u202e');
    expect(shown()?.facility).toBe(showSafely('内科クリニック\u202eEVIL'));
  });

  it('takes no click for another step: what renews a code begins no method', async () => {
    const { desk, dialog, id } = setUp();
    const asked = dialog.codeRanOut(never());
    desk.begin(id(), 'smartphone');
    desk.again(id());
    expect(await asked).toBe('again');
  });

  it('leaves for the card or for another method only where they are there', async () => {
    const { desk, dialog, id } = setUp({ canUseCard: false, methods: ['smartphone'] });
    const ending = new AbortController();
    const asked = dialog.showCode(phoneCode, ending.signal);
    desk.leave(id(), 'use_card');
    desk.leave(id(), 'other_method');
    ending.abort();
    expect(await asked).toBe('cancelled');
    const both = setUp();
    const leaving = both.dialog.showCode(phoneCode, never());
    both.desk.leave(both.id(), 'use_card');
    expect(await leaving).toBe('use_card');
  });

  it('counts a closed window and Escape as cancelled, also for what is asked next', async () => {
    const { desk, dialog } = setUp();
    const asked = dialog.showCode(phoneCode, never());
    desk.cancelOpen();
    expect(await asked).toBe('cancelled');
    expect(await dialog.codeRanOut(never())).toBe('cancelled');
  });

  it('says that nobody was there where the screen was locked, also between two questions, and goes at once', async () => {
    const { desk, dialog, id, shown } = setUp();
    const asked = dialog.showCode(phoneCode, never());
    desk.painted(id());
    desk.personLeft();
    await expect(asked).rejects.toMatchObject({ state: 'cancelled', by: 'away', problem: { code: 'CANCELLED_BY_USER' } });
    await expect(dialog.codeRanOut(never())).rejects.toMatchObject({ by: 'away' });
    dialog.close({ outcome: 'cancelled', problem: { code: 'CANCELLED_BY_USER', detail: null } });
    expect(shown()).toBeNull();
  });

  it('asks nothing while something is under way, which the person may leave all the same', async () => {
    const { desk, dialog, id, shown } = setUp();
    const underWay = dialog.progress('contacting', never());
    expect(shown()?.step).toMatchObject({ step: 'progress', doing: 'contacting' });
    expect(desk.isAsking).toBe(false);
    desk.cancel(id());
    expect(await underWay).toBe('cancelled');
    const locked = setUp();
    const checking = locked.dialog.progress('checking', never());
    locked.desk.personLeft();
    await expect(checking).rejects.toMatchObject({ state: 'cancelled', by: 'away' });
  });

  it('gives a PIN port only while a PIN is asked for', async () => {
    const { desk, dialog, id } = setUp();
    const connect = (): PinPort => ({ close: () => undefined }) as unknown as PinPort;
    void dialog.showCode(phoneCode, never()).catch(() => undefined);
    expect(desk.openPinPort(id(), connect)).toBe(false);
    const hold: HoldPin = Object.assign(() => Promise.reject(new Error('not this way')), { fromPort: () => Promise.resolve('session-1') });
    const card = { kind: 'hpki', certificateSha256: 'c', reader: 'R', name: null, hasKeypad: false } as const;
    const asked = dialog.askPin({ card, tries: { triesLeft: 3, failuresSeen: 0, consentNeeded: false }, refused: null }, hold, never());
    expect(desk.openPinPort(id(), connect)).toBe(true);
    expect(await asked).toBe('session-1');
  });

  it("lets the reader ask by one click, and stays to say that it still waits when the person has left", async () => {
    const { desk, dialog, id, seen, shown } = setUp();
    const card = { kind: 'jpki', certificateSha256: 'c', reader: 'R', name: null, hasKeypad: true } as const;
    const hold: HoldPin = Object.assign(() => Promise.reject(new Error('not this way')), { atReader: () => Promise.resolve('session-2') });
    const asked = dialog.askPin({ card, tries: { triesLeft: 3, failuresSeen: 0, consentNeeded: false }, refused: 'keypad_cancelled' }, hold, never());
    expect(shown()?.step).toMatchObject({ step: 'pin', keypad: true, refused: 'keypad_cancelled' });
    desk.useKeypad(id(), false);
    expect(await asked).toBe('session-2');
    const waiting = dialog.waitForKeypad(card, never());
    desk.painted(id());
    desk.cancel(id());
    expect(await waiting).toBe('cancelled');
    expect(seen).not.toContain('hide');
    dialog.keypadLeft(card);
    expect(shown()?.step).toMatchObject({ step: 'keypad', left: true });
  });

  it('closes the login page with its question, whoever answers first', async () => {
    let signal: AbortSignal | undefined;
    const { desk, dialog, id } = setUp({}, (_question, closing) => {
      signal = closing;
      return new Promise(() => undefined);
    });
    const page = { url: new URL('https://login.example.jp/'), redirectUrl: new URL('http://adapter:3000/callback'), allowedOrigins: [], card: null };
    const asked = dialog.showLogin({ page, certificateSha256: null }, never());
    desk.leave(id(), 'other_method');
    expect(await asked).toBe('other_method');
    expect(signal?.aborted).toBe(true);
  });

  it('is not shown before its page has painted this dialog', () => {
    const { desk, dialog, seen, id } = setUp();
    void dialog.showCode(phoneCode, never());
    desk.painted('another');
    expect(seen).not.toContain('show');
    desk.painted(id());
    expect(seen).toContain('show');
  });
});
