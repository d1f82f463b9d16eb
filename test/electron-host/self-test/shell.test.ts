/** What surrounds the pages: tray, notifications, dialogs, power, screens, secrets; and what the model refuses. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith } from '../../support/machine.ts';
import { buildFixture, eventually, type BuiltFixture, type RunningFixture } from './fixture.ts';

describeWith(['chromium'], 'the desktop over the model', () => {
  let built: BuiltFixture;
  let app: RunningFixture;
  beforeAll(async () => {
    built = buildFixture();
    app = await built.start();
    await app.waitForOutput(/fixture is ready/);
    await app.window(/^app:\/\/pages\//);
  });
  afterAll(() => built.remove());

  const thrownBy = (work: Parameters<typeof app.evaluate<unknown, undefined>>[0]): Promise<string> =>
    app.evaluate(work, undefined).then(() => 'nothing thrown', (error: unknown) => (error as Error).message.split('\n')[0] ?? '');

  it('shows a tray icon whose items can be clicked, but not the disabled ones', async () => {
    const tray = await app.shell.tray();
    expect(tray).toMatchObject({ toolTip: '署名できます', items: [{ id: 'show', label: '状態' }, { id: 'note' }, { id: 'off', enabled: false }, { id: 'quit' }] });
    expect(Buffer.from(tray?.image ?? []).toString('latin1', 1, 4)).toBe('PNG');
    await expect(app.shell.clickTrayItem('off')).rejects.toThrow("no item 'off' that can be clicked");
    await app.shell.clickTrayItem('show');
    expect(await app.shell.windowAt(/^app:\/\/pages\//)).toMatchObject({ visible: true, focused: true, alwaysOnTop: true });
    await app.shell.power('lock-screen');
    expect(await app.shell.windowAt(/^app:\/\/pages\//)).toMatchObject({ visible: false, focused: false });
    expect(await app.seen()).not.toContain('a disabled item was clicked');
  });

  it('records notifications', async () => {
    await app.shell.clickTrayItem('note');
    expect(await app.shell.notifications()).toEqual([{ title: '完了', body: '1件' }]);
  });

  it('answers dialogs as prepared, else as a person who cancels', async () => {
    const ask = () => app.evaluate(async ({ dialog }) => {
      const box = await dialog.showMessageBox({ message: 'Really?', buttons: ['Cancel', 'Do it'], cancelId: 0 });
      const file = await dialog.showSaveDialog({ title: 'Save' });
      return [box.response, file.canceled, file.filePath];
    }, undefined);
    expect(await ask()).toEqual([0, true, '']);
    await app.shell.answerDialog({ response: 1 });
    await app.shell.answerDialog({ filePath: '/tmp/report.zip' });
    expect(await ask()).toEqual([1, false, '/tmp/report.zip']);
    expect((await app.shell.dialogs()).map(({ kind }) => kind)).toEqual(['message', 'save', 'message', 'save']);
  });

  it('has a second screen with another scale, where the mouse may be', async () => {
    const page = await app.window(/^app:\/\/pages\//);
    expect(await page.evaluate(() => window.agent.invoke('where', undefined))).toBe(1);
    await app.shell.moveCursor({ x: 2000, y: 10 });
    expect(await page.evaluate(() => window.agent.invoke('where', undefined))).toBe(1.5);
  });

  it('seals secrets, which the next start opens', async () => {
    expect(await app.evaluate(() => fixture.sealed, undefined)).toEqual({ clear: false, opened: 'secret' });
    const sealed = await app.evaluate(({ safeStorage }) => safeStorage.encryptStringAsync('kept'), undefined);
    expect(await app.evaluate(async ({ safeStorage }, bytes) => (await safeStorage.decryptStringAsync(Buffer.from(bytes))).result, sealed)).toBe('kept');
    expect(await thrownBy(({ safeStorage }) => safeStorage.decryptStringAsync(Buffer.from('other')))).toMatch(/Error while decrypting/);
  });

  it('plays a machine without a secret store', async () => {
    const bare = await built.start({ secretStore: 'none' });
    await eventually(() => expect(bare.output()).toContain('Encryption is not available'));
    expect(await bare.exited).toBe(1);
  });

  it('refuses by name what it does not model', async () => {
    expect(await thrownBy(({ app: electronApp }) => Reflect.get(electronApp, 'getJumpListSettings') as unknown)).toContain('app.getJumpListSettings is not modelled');
    expect(await thrownBy(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.maximize())).toContain('BrowserWindow.maximize is not modelled');
    expect(await thrownBy(({ globalShortcut }) => globalShortcut.register('F1', () => undefined))).toContain('globalShortcut.register is not modelled');
    expect(await thrownBy(({ session }) => session.fromPartition('persist:x'))).toContain("session.fromPartition('persist:x') is not modelled");
    expect(await thrownBy(({ powerMonitor }) => powerMonitor.on('thermal-state-change' as 'suspend', () => undefined))).toContain("event 'thermal-state-change' of powerMonitor is not modelled");
    for (const weak of ['nodeIntegration', 'webviewTag']) {
      expect(await app.evaluate(({ BrowserWindow }, name) => {
        try {
          return new BrowserWindow({ webPreferences: { [name]: true } }).id;
        } catch (error) {
          return (error as Error).message;
        }
      }, weak)).toContain(`webPreferences.${weak}: true is not modelled`);
    }
  });

  it('ends by the menu', async () => {
    const other = await built.start();
    await other.waitForOutput(/fixture is ready/);
    await other.shell.clickTrayItem('quit').catch(() => undefined); // the answer may be lost with the app
    expect(await other.exited).toBe(0);
  });

  it('is packaged when the launcher says so', async () => {
    const packaged = await built.start({ packaged: true, args: ['doctor', '--json'] });
    await packaged.waitForOutput(/fixture is ready/);
    expect(await packaged.evaluate(({ app: electronApp }) => [electronApp.isPackaged, electronApp.getName(), electronApp.getVersion(), ...process.argv.slice(1)], undefined)).toEqual([true, 'Fixture', '1.2.3', 'doctor', '--json']);
    await packaged.close();
  });
});
