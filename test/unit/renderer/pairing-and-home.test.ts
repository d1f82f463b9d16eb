import { expect, it } from 'vitest';
import { describeWindows } from './support/describe-windows.ts';
import { checks, clients, languageByPolicy, pairingScenes, readyAgent, remoteAgent, remoteAgentAtDawn, settings, startingAgent, troubledAgent } from './support/sample-agent.ts';
import { waitUntilArmed } from './support/scenes.ts';
import type { WindowUnderTest } from './support/window-under-test.ts';

describeWindows('the pairing and home windows', (open) => {
  let window: WindowUnderTest;

  const channels = async (): Promise<string[]> => (await window.asked()).map((one) => one.channel);
  const focused = (): Promise<string> => window.page.evaluate(() => document.activeElement?.id || (document.activeElement?.textContent ?? ''));
  const press = (name: string): Promise<void> => window.page.getByRole('button', { name, exact: true }).click();

  it('counts down while pairing is open, and closes by Escape', async () => {
    window = await open('pairing', { answers: { 'pairing.ready': pairingScenes().open } });
    const left = async (): Promise<number> => Number(/\d+/.exec((await window.page.getByRole('timer').textContent()) ?? '')?.[0]);
    const first = await left();
    expect(first).toBeLessThanOrEqual(97);
    await expect.poll(left).toBeLessThan(first);
    await window.page.keyboard.press('Escape');
    expect(await channels()).toContain('pairing.close');
  });

  it('shows the code with the full origin of who asks, and refuses only when asked to', async () => {
    window = await open('pairing', { answers: { 'pairing.ready': pairingScenes()['code-web'] } });
    await window.page.getByText('https://karte.clinic.example.co.jp:8443', { exact: true }).waitFor();
    expect(await window.page.locator('.code').textContent()).toBe('482 915');
    await window.page.keyboard.press('Enter');
    expect(await channels()).not.toContain('pairing.close');
    await waitUntilArmed(window);
    await press('拒否する');
    expect(await channels()).toContain('pairing.close');
  });

  it('says how pairing ended and offers another try', async () => {
    window = await open('pairing', { answers: { 'pairing.ready': pairingScenes()['wrong-codes'] } });
    await press('もう一度受け付ける');
    expect(await channels()).toContain('pairing.open');
  });

  const home = async (answers: Readonly<Record<string, unknown>> = {}, shown = settings): Promise<void> => {
    window = await open('home', {
      settings: shown,
      answers: { 'home.ready': readyAgent, 'clients.list': clients, 'diagnosis.run': { checks: checks.length, problems: 1 }, 'diagnosis.save': true, ...answers },
    });
  };

  /** No answer on a channel, until it is given: what it draws stands there when that resolves. */
  const hold = async (channel: string): Promise<(answer: unknown) => Promise<void>> => {
    await window.page.evaluate((name) => {
      const held = Promise.withResolvers<unknown>();
      const { harness } = globalThis as unknown as { harness: { answers: Record<string, unknown> } };
      harness.answers[name] = held.promise;
      Object.assign(globalThis, { held });
    }, channel);
    return (answer) =>
      window.page.evaluate(async (value) => {
        (globalThis as unknown as { held: PromiseWithResolvers<unknown> }).held.resolve(value);
        for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame);
      }, answer);
  };

  it('answers whoever asks whether it lives', async () => {
    await home();
    await window.push('pulse', undefined);
    expect(await channels()).toContain('page.lives');
  });

  it('opens at the section that the tray asked for', async () => {
    await home();
    await window.push('section', 'settings');
    await window.page.getByRole('heading', { level: 1, name: '設定' }).waitFor();
    expect(await window.page.locator('[aria-current="page"]').textContent()).toBe('設定');
  });

  it('puts a button beside each problem that one can press', async () => {
    await home({ 'home.ready': troubledAgent });
    await press('カード機能を起動し直す');
    expect(await channels()).toContain('cards.revive');
    await press('自己診断を開く');
    await window.page.getByRole('heading', { level: 1, name: '自己診断' }).waitFor();
    expect(await channels()).toContain('diagnosis.run');
  });

  it('says who is authenticated for remote signing, how and until when, and 本日終了 ends it after one confirmation', async () => {
    await home({ 'home.ready': remoteAgent });
    const section = window.page.getByRole('region', { name: 'リモート署名の認証' });
    for (const text of ['医者　三郎', 'スマートフォン', '2026/04/02 11:15 まで', '架空　さくら', 'まもなく終わります']) await section.getByText(text).first().waitFor();
    await press('医者　三郎 さんの認証を本日終了にする（見本電子カルテ）');
    await window.page.getByRole('dialog').getByText('医者　三郎 さんの認証（見本電子カルテ）を取り消します').waitFor();
    expect(await window.page.evaluate(() => document.activeElement?.textContent)).toBe('キャンセル');
    await press('キャンセル');
    expect(await channels()).not.toContain('sessions.end');
    await press('医者　三郎 さんの認証を本日終了にする（見本電子カルテ）');
    await press('本日終了にする');
    expect(await focused()).toBe('本日終了');
    await expect.poll(async () => (await window.asked()).find((one) => one.channel === 'sessions.end')?.request).toEqual({ clientId: 'c1', staffId: 'D0012' });
    await window.push('agent', remoteAgentAtDawn);
    await section.getByText('認証している人はいません').waitFor();
    expect(await focused(), 'its button is gone with the line').toBe('remote');
  });

  it('leaves the focus where it is when a line goes that had lost it to a click beside it', async () => {
    await home({ 'home.ready': remoteAgent });
    const section = window.page.getByRole('region', { name: 'リモート署名の認証' });
    await section.getByRole('button', { name: /本日終了/ }).first().focus();
    await section.getByText('スマートフォン').first().click();
    const holder = (): Promise<string | undefined> => window.page.evaluate(() => document.activeElement?.tagName);
    expect(await holder()).toBe('BODY');
    await window.push('agent', remoteAgentAtDawn);
    await section.getByText('認証している人はいません').waitFor();
    expect(await holder()).toBe('BODY');
  });

  it('speaks of no remote signing where none is configured', async () => {
    await home();
    await window.page.getByRole('heading', { name: '最近の署名' }).waitFor();
    expect(await window.page.getByText('リモート署名').count()).toBe(0);
  });

  it('takes a note of a deadline, refuses what is none, and removes it after a confirmation', async () => {
    await home({ 'home.ready': remoteAgent });
    const section = window.page.getByRole('region', { name: 'スマートフォンの登録' });
    for (const text of ['D0047', '2026/06/30まで（あと90日）', '2026/04/04まで（あと3日）', '期限を過ぎました。認証局に案内の再発行を依頼してください。']) await section.getByText(text, { exact: true }).waitFor();
    await press('期限を控える');
    expect(await focused()).toBe('note-staff');
    await section.getByRole('button', { name: 'キャンセル' }).click();
    expect(await focused()).toBe('期限を控える');
    await press('期限を控える');
    expect(await section.getByLabel('登録の期限').getAttribute('max')).toBe('9999-12-31');
    await section.getByLabel('職員ID').fill('医者');
    await press('控える');
    await section.getByText('職員IDを半角の英数字と記号で入力してください。').waitFor();
    expect(await focused()).toBe('note-staff');
    await section.getByLabel('職員ID').fill(' D0060 ');
    await press('控える');
    await section.getByText('登録の期限を選んでください。').waitFor();
    await section.getByLabel('登録の期限').fill('2026-07-15');
    await press('控える');
    await section.getByLabel('職員ID').waitFor({ state: 'detached' });
    expect(await focused()).toBe('期限を控える');
    await press('期限を控える');
    await section.getByLabel('職員ID').fill('D0061');
    await press('D0047 の控えを消す');
    await press('控えを消す');
    const noted = async () => (await window.asked()).filter(({ channel }) => channel === 'registrations.note').map(({ request }) => request);
    await expect.poll(noted).toEqual([{ staffId: 'D0060', deadline: '2026-07-15' }, { staffId: 'D0047', deadline: null }]);
    expect(await section.getByLabel('職員ID').inputValue()).toBe('D0061');
    expect(await focused()).toBe('控えを消す');
    const [, ...others] = remoteAgent.remote?.registrations ?? [];
    await window.push('agent', { ...remoteAgent, remote: { sessions: [], registrations: others } });
    await section.getByRole('heading', { name: 'D0047' }).waitFor({ state: 'detached' });
    expect(await focused(), 'its button is gone with the note').toBe('registrations');
    await window.page.keyboard.press('Tab');
    expect(await window.page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('D0052 の控えを消す');
  });

  it('opens the guide to registering a phone', async () => {
    await home({ 'home.ready': remoteAgentAtDawn });
    await press('スマートフォンの登録のしかたを見る');
    expect((await window.asked()).at(-1)).toEqual({ channel: 'help.open', request: { topic: 'remote' } });
  });

  it('revokes an EHR only after a confirmation, whose default is not to', async () => {
    await home();
    await press('接続先EHR');
    await press('見本電子カルテ の接続を取り消す');
    expect(await window.page.evaluate(() => document.activeElement?.textContent)).toBe('キャンセル');
    await window.page.keyboard.press('Escape');
    await window.page.locator('dialog').waitFor({ state: 'detached' });
    expect(await window.page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('見本電子カルテ の接続を取り消す');
    expect(await channels()).not.toContain('clients.revoke');
    await press('見本電子カルテ の接続を取り消す');
    await window.page.evaluate((list) => void (self.harness.answers['clients.list'] = list), clients.map((client) => ({ ...client, revoked: true })));
    await press('接続を取り消す');
    await expect.poll(async () => (await window.asked()).find((one) => one.channel === 'clients.revoke')?.request).toEqual({ id: 'c1' });
    await window.page.getByRole('heading', { name: /見本電子カルテ.*取り消し済み/ }).waitFor();
    expect(await focused(), 'its button is gone').toBe('見本電子カルテ取り消し済み');
  });

  it('offers no revocation for what policy set or what is revoked', async () => {
    await home();
    await press('接続先EHR');
    await window.page.getByText('旧カルテ').waitFor();
    expect(await window.page.getByRole('button', { name: /の接続を取り消す$/ }).count()).toBe(1);
  });

  it('reads the list again when pairing moves on', async () => {
    await home();
    await press('接続先EHR');
    await expect.poll(async () => (await channels()).filter((channel) => channel === 'clients.list').length).toBe(1);
    await window.push('pairing', { state: 'ended', end: 'paired' });
    await expect.poll(async () => (await channels()).filter((channel) => channel === 'clients.list').length).toBe(2);
  });

  it('reads the list of EHRs once the agent runs, where the section was opened before', async () => {
    await home({ 'home.ready': startingAgent, 'clients.list': 'fails' });
    await press('接続先EHR');
    await window.page.getByText('読み込んでいます').waitFor();
    await window.page.evaluate((list) => void (self.harness.answers['clients.list'] = list), clients);
    await window.push('agent', readyAgent);
    await window.page.getByRole('heading', { name: '見本電子カルテ' }).waitFor();
  });

  it('lets checks appear one by one, then copies and saves them', async () => {
    await home();
    await press('自己診断');
    await press('自己診断を始める');
    for (const [index, check] of checks.entries()) {
      await window.push('check', check);
      await expect.poll(() => window.page.locator('.check').count()).toBe(index + 1);
    }
    await window.page.getByText('5項目を確認しました。問題 1件').waitFor();
    await press('結果をコピー');
    await window.page.getByText('コピーしました').waitFor();
    await press('ZIPで保存');
    await window.page.getByText('保存しました').waitFor();
    expect(await channels()).toEqual(expect.arrayContaining(['diagnosis.copy', 'diagnosis.save']));
  });

  it('changes the language where the person may, and takes the new one from what main pushes', async () => {
    await home();
    await press('設定');
    await window.page.getByRole('radio', { name: 'English' }).click();
    expect((await window.asked()).at(-1)).toEqual({ channel: 'settings.change', request: { language: 'en' } });
    await window.push('settings', { ...settings, language: 'en' });
    await window.page.getByRole('heading', { level: 1, name: 'Settings' }).waitFor();
  });

  it('shows what main has pushed, and not the older answer that comes after it', async () => {
    await home();
    const answer = await hold('settings.get');
    await press('設定');
    await window.push('settings', { ...settings, language: 'en' });
    const english = window.page.getByRole('radio', { name: 'English' });
    await english.waitFor();
    await answer(settings);
    expect(await english.isChecked()).toBe(true);
  });

  it('saves whom to call by a click, and nobody where the field is empty', async () => {
    await home({ 'settings.change': settings }, { ...settings, storedContact: '内線1234' });
    await press('設定');
    const field = window.page.getByRole('textbox', { name: '困ったときの連絡先' });
    expect(await field.inputValue()).toBe('内線1234');
    const changes = async () => (await window.asked()).filter(({ channel }) => channel === 'settings.change').map(({ request }) => request);
    for (const [text, supportContact] of [[' 内線5678 ', '内線5678'], ['', null]] as const) {
      await field.fill(text);
      expect((await changes()).at(-1)).not.toEqual({ supportContact });
      await press('連絡先を保存する');
      await expect.poll(async () => (await changes()).at(-1)).toEqual({ supportContact });
    }
    const saved = window.page.getByText('保存しました。');
    await saved.waitFor();
    // What is typed now is not saved.
    await field.fill('内線9');
    await saved.waitFor({ state: 'detached' });
  });

  it('saves whom to call as it stood where nobody has typed, whatever cannot be seen in it', async () => {
    const stored = '内線1234\u200b';
    await home({ 'settings.change': settings }, { ...settings, supportContact: '内線1234⟨U+200B⟩', storedContact: stored });
    await press('設定');
    await press('連絡先を保存する');
    await expect.poll(async () => (await window.asked()).at(-1)).toEqual({ channel: 'settings.change', request: { supportContact: stored } });
  });

  it('does not call saved what was typed while an earlier text was being saved', async () => {
    await home({}, { ...settings, storedContact: '内線1234' });
    await press('設定');
    const field = window.page.getByRole('textbox', { name: '困ったときの連絡先' });
    const answer = await hold('settings.change');
    await field.fill('内線5678');
    await press('連絡先を保存する');
    await expect.poll(async () => (await window.asked()).map(({ channel }) => channel)).toContain('settings.change');
    await field.fill('内線9');
    await answer(null);
    expect(await window.page.getByText('保存しました。').count()).toBe(0);
  });

  it('lets nobody change whom to call where policy says it', async () => {
    await home({}, { ...settings, storedContact: '内線1234', settings: [...settings.settings, { path: 'support.contact', value: '内線1234', source: 'policy', changeable: false }] });
    await press('設定');
    expect(await window.page.getByRole('textbox', { name: '困ったときの連絡先' }).isEditable()).toBe(false);
    expect(await window.page.getByRole('button', { name: '連絡先を保存する' }).count()).toBe(0);
  });

  it('greys what policy fixed and says why', async () => {
    await home({}, languageByPolicy);
    await press('設定');
    const language = window.page.getByRole('group', { name: '表示言語' });
    expect(await language.getByRole('radio', { name: 'English' }).isDisabled()).toBe(true);
    expect(await language.textContent()).toContain('管理者のポリシーで固定されています');
    expect(await window.page.getByRole('radio', { name: '暗い' }).isDisabled()).toBe(false);
  });

  it('follows the theme that was chosen, whatever the system says', async () => {
    window = await open('home', { theme: 'dark', scheme: 'light', answers: { 'home.ready': readyAgent } });
    const ground = await window.page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    expect(ground).toBe('rgb(26, 26, 26)');
  });
});
