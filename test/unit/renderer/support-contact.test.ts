/** Whom to call, wherever a window tells of something that a person cannot mend alone: as plain text, and nowhere else. */
import { expect, it } from 'vitest';
import { describeWindows } from './support/describe-windows.ts';
import { checks, readyAgent, settings, troubledAgent } from './support/sample-agent.ts';
import { authenticationScenes } from './support/sample-authentication.ts';
import { signatureScenes } from './support/sample-signature.ts';
import type { WindowUnderTest } from './support/window-under-test.ts';

const label = '解決しないときの連絡先:';
const named = { ...settings, supportContact: '<b>情報システム課</b> 内線1234' };

describeWindows('whom to call', (open) => {
  let window: WindowUnderTest;

  const expectNamed = async (isNamed: boolean): Promise<void> => {
    const told = window.page.locator('main').getByText(label);
    if (isNamed) await told.waitFor();
    expect(await told.allTextContents()).toEqual(isNamed ? [`${label} <b>情報システム課</b> 内線1234`] : []);
  };

  it.each([
    ['ended-locked', true],
    ['ended-removed', true],
    ['last-tries', true],
    ['ended-signed', false],
    ['ended-cancelled', false],
    ['pin-one', false],
  ] as const)('in the signature window at %s: %s', async (scene, isNamed) => {
    window = await open('signature', { settings: named, answers: { 'signature.ready': signatureScenes[scene] } });
    await window.page.locator('h1').waitFor();
    await expectNamed(isNamed);
  });

  it.each([
    ['failed', true],
    ['choose-again', true],
    ['last-tries', true],
    ['choose', false],
    ['authenticated', false],
  ] as const)('in the authentication window at %s: %s', async (scene, isNamed) => {
    window = await open('authentication', { settings: named, answers: { 'authentication.ready': authenticationScenes[scene] } });
    await window.page.locator('h1').waitFor();
    await expectNamed(isNamed);
  });

  it('in the status where something is wrong, and no longer once all is well', async () => {
    window = await open('home', { settings: named, answers: { 'home.ready': troubledAgent } });
    await window.page.getByRole('heading', { name: '対処が必要なこと' }).waitFor();
    await expectNamed(true);
    await window.push('agent', readyAgent);
    await window.page.getByRole('heading', { name: '対処が必要なこと' }).waitFor({ state: 'detached' });
    await expectNamed(false);
  });

  it('in a self-diagnosis that has found a problem', async () => {
    window = await open('home', { settings: named, answers: { 'home.ready': readyAgent, 'diagnosis.run': { checks: checks.length, problems: 1 } } });
    await window.page.getByRole('button', { name: '自己診断', exact: true }).click();
    await expectNamed(false);
    await window.page.getByRole('button', { name: '自己診断を始める' }).click();
    for (const check of checks) await window.push('check', check);
    await expectNamed(true);
  });

  it('is left out where nobody is named', async () => {
    window = await open('signature', { answers: { 'signature.ready': signatureScenes['ended-locked'] } });
    await window.page.locator('h1').waitFor();
    await expectNamed(false);
  });
});
