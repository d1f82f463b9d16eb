/**
 * Every window in every state, in both languages, light and dark, at the sizes that it has on a screen of 1366 × 768 at
 * 100, 150 and 200 %. `npm run screens` looks at each and leaves a picture in screens/, for people; otherwise a few looks
 * do, and no picture is taken.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { windowShapes as designed } from '../../../src/main/window-shapes.ts';
import { describeWith } from '../../support/machine.ts';
import { scenes } from './support/scenes.ts';
import { startChromium, type Chromium, type WindowUnderTest } from './support/window-under-test.ts';

const folder = path.join(import.meta.dirname, '../../../screens');
const workArea = { width: 1366, height: 728 };

interface Look {
  readonly language: 'ja' | 'en';
  readonly scheme: 'light' | 'dark';
  readonly scale: 1 | 1.5 | 2;
  /** High contrast, as Windows has it. */
  readonly forcedColors?: true;
}

/** What takes room: each language, each scale. */
const fewLooks: readonly Look[] = [
  { language: 'ja', scheme: 'light', scale: 1 },
  { language: 'ja', scheme: 'dark', scale: 1.5 },
  { language: 'en', scheme: 'light', scale: 2 },
];
const allLooks: readonly Look[] = [
  ...(['ja', 'en'] as const).flatMap((language) =>
    (['light', 'dark'] as const).flatMap((scheme) => ([1, 1.5, 2] as const).map((scale) => ({ language, scheme, scale }))),
  ),
  ...(['light', 'dark'] as const).map((scheme): Look => ({ language: 'ja', scheme, scale: 1, forcedColors: true })),
];
const isForPeople = process.env['SCREENS'] === 'all';
const looks = isForPeople ? allLooks : fewLooks;

/** A window asks for its size and gets at most what the screen has, in CSS pixels. */
function sizeOnScreen(window: keyof typeof designed, scale: number): { width: number; height: number } {
  return {
    width: Math.min(designed[window].width, Math.floor(workArea.width / scale)),
    height: Math.min(designed[window].height, Math.floor(workArea.height / scale)),
  };
}

/** Without Playwright's own wait for fonts and its viewport, which would undo the scale. */
async function takePicture({ page }: Pick<WindowUnderTest, 'page'>, name: string, scale: number): Promise<void> {
  if (!isForPeople) return;
  const devtools = await page.context().newCDPSession(page);
  const seen = await page.evaluate(() => ({ x: window.scrollX, y: window.scrollY, width: window.innerWidth, height: window.innerHeight }));
  const { data } = await devtools.send('Page.captureScreenshot', { format: 'png', clip: { ...seen, scale } });
  await devtools.detach();
  await writeFile(path.join(folder, `${name}.png`), Buffer.from(data, 'base64'));
}

async function faultsFoundBy(axe: AxeBuilder): Promise<string[]> {
  const { violations } = await axe.analyze();
  return violations.map((fault) => `${fault.id}: ${fault.nodes.map((node) => `${node.html} ${node.any[0]?.message ?? ''}`).join(' | ')}`);
}

/** Texts that run out of their box sideways, and the page itself if it does. */
function overflowing({ page }: Pick<WindowUnderTest, 'page'>): Promise<string[]> {
  return page.evaluate(() => {
    const root = document.documentElement;
    const page = root.scrollWidth > root.clientWidth ? [`page ${root.scrollWidth} > ${root.clientWidth}`] : [];
    const boxes = [...document.querySelectorAll('button, dd, dt, p, h1, h2, h3, .mark')]
      .filter((element) => element.checkVisibility())
      .filter((element) => !element.closest('.table-frame') && !element.classList.contains('visually-hidden'))
      .filter((element) => element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0)
      .map((element) => `${element.tagName} ${element.textContent.slice(0, 30)}`);
    return [...page, ...boxes];
  });
}

describeWith(['chromium'], 'every window in every state', () => {
  let chromium: Chromium;
  beforeAll(async () => {
    await mkdir(folder, { recursive: true });
    chromium = await startChromium();
  });
  afterAll(() => chromium.close());

  describe.each(scenes)('$name', (scene) => {
    let window: WindowUnderTest;
    beforeAll(async () => {
      window = await scene.open(chromium, {});
    });
    afterAll(() => window.close());

    it('fits its window in every language, theme and scale', { timeout: 120_000 }, async () => {
      for (const { language, scheme, scale, forcedColors = false } of looks) {
        const name = `${scene.name}.${language}.${forcedColors ? 'contrast-' : ''}${scheme}.${scale * 100}`;
        await window.appear({ language, scheme, scale, forcedColors, size: sizeOnScreen(scene.window, scale) });
        await takePicture(window, name, scale);
        expect(await overflowing(window), name).toEqual([]);
      }
    });

    it('has no accessibility fault that axe finds', { timeout: 60_000 }, async () => {
      await window.appear({ language: 'en' });
      expect(await faultsFoundBy(new AxeBuilder({ page: window.page }))).toEqual([]);
    });

    it('has contrast enough in the dark too', { timeout: 60_000 }, async () => {
      await window.appear({ scheme: 'dark' });
      expect(await faultsFoundBy(new AxeBuilder({ page: window.page }).withRules('color-contrast'))).toEqual([]);
    });

    it('needs no sideways scrolling at 320 pixels of width', async () => {
      await window.appear({ size: { width: 320, height: 480 } });
      expect(await overflowing(window)).toEqual([]);
    });
  });

  describe.each(['manual', 'locked-card', 'pairing', 'remote', 'application', 'browser-denied', 'security'])('the manual: %s', (topic) => {
    it('fits its window in every language, theme and scale, without a fault that axe finds', { timeout: 120_000 }, async () => {
      for (const { language, scheme, scale, forcedColors = false } of looks) {
        const size = { width: Math.min(800, Math.floor(workArea.width / scale)), height: Math.min(760, Math.floor(workArea.height / scale)) };
        const page = await chromium.openManual(`${topic}.${language}`, { scheme, scale, forcedColors, size });
        const name = `manual-${topic}.${language}.${forcedColors ? 'contrast-' : ''}${scheme}.${scale * 100}`;
        await takePicture(page, name, scale);
        expect(await overflowing(page), name).toEqual([]);
        if (scale === 1) expect(await faultsFoundBy(new AxeBuilder({ page: page.page })), name).toEqual([]);
        await page.close();
      }
    });
  });
});
