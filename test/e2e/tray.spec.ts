/** The icon by which a clinic sees that all is well, and its menu. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import type { Desktop } from './support/desktop.ts';
import { expect, firstReader, reachPin, test } from './support/desktop.ts';

type State = 'ready' | 'needs-you' | 'working' | 'problem';

declare global {
  var trayBefore: object | undefined;
}

const states: readonly State[] = ['ready', 'needs-you', 'working', 'problem'];

/** What is left of a picture without its colours: where it is opaque and how bright it is there. */
function withoutColour(png: Uint8Array): readonly number[] {
  const { data } = PNG.sync.read(Buffer.from(png));
  return Array.from({ length: data.length / 4 }, (_, pixel) => {
    const [red = 0, green = 0, blue = 0, alpha = 0] = data.subarray(4 * pixel, 4 * pixel + 4);
    return Math.round(((0.2126 * red + 0.7152 * green + 0.0722 * blue) * alpha) / 255);
  });
}

const pictureOf = (state: State): Buffer => readFileSync(join(import.meta.dirname, `../../assets/tray/${state}.png`));

/** By its pixels: Electron writes a PNG of its own. */
async function untilShown(desktop: Desktop, state: State): Promise<void> {
  const wanted = withoutColour(pictureOf(state));
  const differing = async (): Promise<number> => {
    const image = (await desktop.app.shell.tray())?.image ?? new Uint8Array();
    const shown = image.length === 0 ? [] : withoutColour(image);
    return wanted.filter((brightness, pixel) => Math.abs(brightness - (shown[pixel] ?? -255)) > 8).length;
  };
  await expect.poll(differing, { message: `pixels by which the tray does not show ${state}` }).toBe(0);
}

test('four pictures differ also for whoever sees no colours', () => {
  const seen = states.map((state) => withoutColour(pictureOf(state)));
  for (const [at, one] of seen.entries()) {
    for (const other of seen.slice(at + 1)) {
      const differing = one.filter((brightness, pixel) => Math.abs(brightness - (other[pixel] ?? 0)) > 64).length;
      expect(differing).toBeGreaterThanOrEqual(8);
    }
  }
});

test('follows what happens, with the reason in its tooltip', async ({ shared: { desktop, ehr } }) => {
  const toolTip = async (): Promise<string> => (await desktop.app.shell.tray())?.toolTip ?? '';
  await desktop.insertCard();
  await untilShown(desktop, 'ready');
  await expect.poll(toolTip).toBe('HPKI署名エージェント: 署名できます');
  await desktop.app.evaluate((_electron, reader) => globalThis.e2e?.clinic.readers.unplug(reader), firstReader);
  await untilShown(desktop, 'needs-you');
  await expect.poll(toolTip).toContain('カードリーダーがつながっていません');
  await desktop.app.evaluate(() => globalThis.e2e?.clinic.readers.stopService());
  await untilShown(desktop, 'problem');
  await expect.poll(toolTip).toContain('スマートカードサービスが動いていません');
  await desktop.reset();
  await desktop.insertCard();
  const signing = ehr.sign();
  const page = await desktop.page('signature');
  await reachPin(page);
  await untilShown(desktop, 'needs-you');
  await page.keyboard.press('Escape');
  await signing.answer;
  await untilShown(desktop, 'ready');
});

test('has a line that says the state, the four sections, the logs and the end', async ({ shared: { desktop } }) => {
  await desktop.insertCard();
  await expect.poll(async () => (await desktop.app.shell.tray())?.items.filter(({ type }) => type !== 'separator').map(({ label, enabled }) => [label, enabled])).toEqual([
    ['署名できます', false],
    ['状態', true],
    ['接続先EHR', true],
    ['自己診断', true],
    ['設定', true],
    ['ログを保存…', true],
    ['終了', true],
  ]);
});

test('opens the section that was chosen', async ({ shared: { desktop } }) => {
  const home = await desktop.page('home');
  for (const [id, heading] of [['clients', '接続先EHR'], ['diagnosis', '自己診断'], ['settings', '設定'], ['status', '状態']] as const) {
    await desktop.app.shell.clickTrayItem(id);
    await expect(home.getByRole('heading', { level: 1 })).toHaveText(heading);
    await desktop.untilVisible('home');
  }
});

test('brings the window that asks back to the front, by a click and from the menu', async ({ shared: { desktop, ehr } }) => {
  await desktop.insertCard();
  const signing = ehr.sign();
  const page = await desktop.page('signature');
  await reachPin(page);
  const isFocused = async (): Promise<boolean> => (await desktop.app.shell.windowAt(/^app:\/\/ui\/signature\//))?.focused ?? false;
  for (const come of [() => desktop.app.shell.clickTray(), () => desktop.app.shell.clickTrayItem('answer')]) {
    await desktop.app.evaluate(({ BrowserWindow }) => {
      BrowserWindow.getFocusedWindow()?.blur();
    });
    await expect.poll(isFocused).toBe(false);
    await come();
    await expect.poll(isFocused).toBe(true);
  }
  expect(await desktop.isVisible('home')).toBe(false);
  await page.keyboard.press('Escape');
  await signing.answer;
});

test('is there again after a shell that went away while the screen was locked', async ({ shared: { desktop } }) => {
  await desktop.insertCard();
  await untilShown(desktop, 'ready');
  await desktop.app.evaluate(() => void (globalThis.trayBefore = shellRecord.trays.at(-1)?.tray));
  await desktop.app.shell.power('lock-screen');
  await desktop.app.shell.power('unlock-screen');
  // Linux alone needs a new icon; elsewhere it would lose the place that the person gave it.
  expect(await desktop.app.evaluate(() => ({ icons: shellRecord.trays.length, isNew: shellRecord.trays.at(-1)?.tray !== globalThis.trayBefore }))).toEqual({ icons: 1, isNew: process.platform === 'linux' });
  await untilShown(desktop, 'ready');
  const tray = await desktop.app.shell.tray();
  expect(tray?.toolTip).toContain('署名できます');
  expect(tray?.items.map(({ id }) => id)).toContain('settings');
  await desktop.app.shell.clickTray();
  await desktop.untilVisible('home');
});

test('saves the logs where it is told to', async ({ shared: { desktop } }) => {
  const file = join(desktop.app.userData, 'tray-logs.zip');
  await desktop.app.shell.answerDialog({ filePath: file });
  await desktop.app.shell.clickTrayItem('saveLogs');
  await expect.poll(() => existsSync(file) && readFileSync(file).subarray(0, 2).toString('latin1')).toBe('PK');
});

test.describe('where policy keeps the agent running', () => {
  test.use({ startWith: { played: { policy: { desktop: { quit: false } } } } });

  test('has no end in its menu', async ({ desktop }) => {
    await desktop.port();
    await expect.poll(async () => (await desktop.app.shell.tray())?.items.map(({ id }) => id)).toContain('saveLogs');
    expect((await desktop.app.shell.tray())?.items.map(({ id }) => id)).not.toContain('quit');
  });
});
