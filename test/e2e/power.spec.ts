/** Nobody at the screen: what is asked ends, and the next signature asks again. */
import { codeOf, newStaff, prescription } from './support/ehr.ts';
import { confirmBinding, expect, reachPin, test, typePin } from './support/desktop.ts';

for (const event of ['lock-screen', 'suspend'] as const) {
  test(`${event} cancels the PIN entry`, async ({ shared: { desktop, ehr } }) => {
    await desktop.insertCard();
    const signing = ehr.sign();
    const page = await desktop.page('signature');
    await reachPin(page);
    await page.locator('#pin').pressSequentially('12');
    await desktop.app.shell.power(event);
    expect(codeOf(await signing.answer)).toBe('CANCELLED_BY_USER');
    await desktop.untilVisible('signature', false);
    // The half PIN is not in the page that stays warm.
    await expect(page.locator('#pin')).toHaveCount(0);
  });
}

test('cards are looked at anew after a sleep', async ({ shared: { desktop } }) => {
  const home = await desktop.page('home');
  await desktop.insertCard();
  await desktop.app.shell.clickTrayItem('status');
  await expect(home.locator('main')).toContainText('テスト　医者　三郎');
  await desktop.app.shell.power('suspend');
  await desktop.app.shell.power('resume');
  await expect(home.locator('main')).toContainText('テスト　医者　三郎');
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
