/** Nobody at the screen: what is asked ends, and the next signature asks again. */
import { codeOf, newStaff, prescription } from './support/ehr.ts';
import { startSessionBus, type SessionBus } from '../support/session-bus.ts';
import { confirmBinding, Desktop, expect, reachPin, test, typePin } from './support/desktop.ts';

declare global {
  var revived: boolean[] | undefined;
}

for (const event of ['lock-screen', 'suspend'] as const) {
  test(`${event} cancels the PIN entry`, async ({ shared: { desktop, ehr } }) => {
    await desktop.insertCard();
    const signing = ehr.sign();
    const page = await desktop.page('signature');
    await reachPin(page);
    await page.locator('#pin').pressSequentially('12');
    await desktop.app.shell.power(event);
    const answer = await signing.answer;
    expect(codeOf(answer)).toBe('CANCELLED_BY_USER');
    // The doctor has not pressed anything, and the EHR is not to say so.
    expect(answer.json['detail']).toContain('画面がロックされたか、PCがスリープに入った');
    await expect.poll(() => desktop.audit().at(-1)).toMatchObject({ event: 'signature.cancelled', notes: ['by=away'] });
    await desktop.untilVisible('signature', false);
    // The half PIN is not in the page that stays warm.
    await expect(page.locator('#pin')).toHaveCount(0);
  });
}

test.describe('on Linux, where Electron tells of no locked screen', () => {
  test.skip(process.platform !== 'linux', 'a screen locker of Linux');
  let bus: SessionBus;
  test.beforeAll(async () => {
    bus = await startSessionBus();
  });
  test.afterAll(() => bus.stop());

  test('a screen locker’s own word cancels the PIN entry', async () => {
    const desktop = await Desktop.start({ env: { DBUS_SESSION_BUS_ADDRESS: bus.address } });
    try {
      const ehr = await desktop.ehr('見本電子カルテ');
      await desktop.insertCard();
      const signing = ehr.sign();
      await reachPin(await desktop.page('signature'));
      const end = { isHere: false };
      void signing.answer.finally(() => (end.isHere = true)).catch(() => undefined);
      // What is told before the app's monitor listens is lost, so that it is told until it is heard.
      const told = async (): Promise<boolean> => {
        await bus.tell('org.gnome.ScreenSaver.ActiveChanged', true);
        return end.isHere;
      };
      await expect.poll(told, { timeout: 45_000 }).toBe(true);
      expect(codeOf(await signing.answer)).toBe('CANCELLED_BY_USER');
      await expect.poll(() => desktop.audit().at(-1)).toMatchObject({ event: 'signature.cancelled', notes: ['by=away'] });
    } finally {
      await desktop.close();
    }
  });
});

test('the card stacks begin anew after a sleep, and go on after a lock', async ({ desktop }) => {
  await desktop.port();
  await desktop.insertCard();
  await desktop.app.shell.clickTrayItem('status');
  const shown = (await desktop.page('home')).locator('main');
  await expect(shown).toContainText('テスト　医者　三郎');
  // What a card host does then: test/unit/native/host/process-card-host.test.ts, and over pcscd test/integration/card-host-pcscd.test.ts
  await desktop.app.evaluate(() => {
    const agent = globalThis.e2e?.agent.desktop;
    if (!agent) throw new Error('no agent');
    const revive = agent.reviveCards.bind(agent);
    const revived: boolean[] = (globalThis.revived = []);
    Object.assign(agent, {
      reviveCards(anew: boolean): Promise<void> {
        revived.push(anew);
        return revive(anew);
      },
    });
  });
  for (const event of ['lock-screen', 'unlock-screen', 'suspend'] as const) await desktop.app.shell.power(event);
  await desktop.removeCard();
  await desktop.insertCard('pharmacist');
  await desktop.app.shell.power('resume');
  await expect(shown).toContainText('テスト　調剤　花子');
  expect(await desktop.app.evaluate(() => globalThis.revived)).toEqual([false, true]);
});

test.describe('where a PIN serves until the card is removed', () => {
  test.use({ startWith: { played: { policy: { pin: 'until-card-removed' } } } });

  test('a second signature needs none, and needs it again after the screen was locked', async ({ desktop }) => {
    const ehr = await desktop.ehr('見本電子カルテ');
    await desktop.insertCard();
    const staff = newStaff();
    const page = await desktop.page('signature');
    const first = ehr.sign([prescription('rx-1')], staff);
    await confirmBinding(page);
    await typePin(page, '1234');
    expect((await first.answer).status).toBe(201);
    expect((await ehr.sign([prescription('rx-2')], staff).answer).status).toBe(201);
    // A signature without a window is told by a toast: how many, for whom, no name of a patient.
    const [toast] = await desktop.app.shell.notifications();
    expect(toast?.title).toBe('HPKI署名エージェント');
    expect(toast?.body).not.toContain('髙橋　①子');
    await desktop.app.shell.power('lock-screen');
    await desktop.app.shell.power('unlock-screen');
    const third = ehr.sign([prescription('rx-3')], staff);
    await typePin(page, '1234');
    expect((await third.answer).status).toBe(201);
  });
});
