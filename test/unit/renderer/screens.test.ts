/**
 * Every window in every state that a person can meet, in a few looks at the sizes that it has on a small screen. What the
 * built app shows in all looks is test/e2e/looks.spec.ts. `npm run screens` adds high contrast and leaves a picture of each
 * in screens/, for people; `SCREENS=manual` with `-t manual` takes the pictures of docs/images anew.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from '@playwright/test';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeWith } from '../../support/machine.ts';
import { faultsOfAxe, nameOf, overflowing, picture, sizeOfPage, type Look } from '../../e2e/support/looks.ts';
import { manualPictures } from './support/manual-pictures.ts';
import { scenes } from './support/scenes.ts';
import { startChromium, type Chromium, type WindowUnderTest } from './support/window-under-test.ts';

const folder = path.join(import.meta.dirname, '../../../screens');

/** What takes room: each language, each scale. */
const fewLooks: readonly Look[] = [
  { language: 'ja', scheme: 'light', scale: 1 },
  { language: 'ja', scheme: 'dark', scale: 1.5 },
  { language: 'en', scheme: 'light', scale: 2 },
];
const isForPeople = process.env['SCREENS'] === 'all';
const looks: readonly Look[] = isForPeople
  ? [...fewLooks, { language: 'en', scheme: 'dark', scale: 1 }, { language: 'ja', scheme: 'light', scale: 1, forcedColors: true }, { language: 'ja', scheme: 'dark', scale: 1, forcedColors: true }]
  : fewLooks;

async function leavePicture(page: Page, name: string, look: Look): Promise<void> {
  if (!isForPeople) return;
  const devtools = await page.context().newCDPSession(page);
  await writeFile(path.join(folder, `${name}.png`), await picture(page, devtools, look));
  await devtools.detach();
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
      for (const look of looks) {
        const name = `${scene.name}.${nameOf(look)}`;
        await window.appear({ ...look, size: sizeOfPage(scene.window, look.scale) });
        await leavePicture(window.page, name, look);
        expect(await overflowing(window.page), name).toEqual([]);
      }
    });

    it('has no accessibility fault that axe finds', { timeout: 60_000 }, async () => {
      await window.appear({ language: 'en' });
      expect(await faultsOfAxe(window.page)).toEqual([]);
    });

    it('has contrast enough in the dark too', { timeout: 60_000 }, async () => {
      await window.appear({ scheme: 'dark' });
      expect(await faultsOfAxe(window.page, ['color-contrast'])).toEqual([]);
    });

    it('needs no sideways scrolling at 320 pixels of width', async () => {
      await window.appear({ size: { width: 320, height: 480 } });
      expect(await overflowing(window.page)).toEqual([]);
    });
  });

  describe('the pictures of README and manual', () => {
    it.each(manualPictures)('$file has the size it is taken at; what is on it people compare', { timeout: 60_000 }, async ({ file, scene: name, language, width, height }) => {
      const place = path.join(import.meta.dirname, '../../../docs/images', file);
      const scene = scenes.find((one) => one.name === name);
      if (scene === undefined) throw new Error(`There is no scene '${name}'`);
      if (process.env['SCREENS'] === 'manual') {
        const window = await scene.open(chromium, {});
        const look: Look = { language, scheme: 'light', scale: 1 };
        await window.appear({ ...look, size: { width, height } });
        const devtools = await window.page.context().newCDPSession(window.page);
        await writeFile(place, await picture(window.page, devtools, look));
        await window.close();
      }
      const shown = PNG.sync.read(await readFile(place));
      expect([shown.width, shown.height]).toEqual([width, height]);
    });
  });

  describe.each(['manual', 'locked-card', 'pairing', 'remote', 'application', 'browser-denied', 'security'])('the manual: %s', (topic) => {
    it('fits its window in every language, theme and scale, without a fault that axe finds', { timeout: 120_000 }, async () => {
      for (const look of looks) {
        const { page, close } = await chromium.openManual(`${topic}.${look.language}`, { ...look, size: sizeOfPage({ width: 800, height: 760 }, look.scale) });
        const name = `manual-${topic}.${nameOf(look)}`;
        await leavePicture(page, name, look);
        expect(await overflowing(page), name).toEqual([]);
        if (look.scale === 1) expect(await faultsOfAxe(page), name).toEqual([]);
        await close();
      }
    });
  });
});
