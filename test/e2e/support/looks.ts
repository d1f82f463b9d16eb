/** How a window may appear to a person, and what a machine can see of it: for whatever drives a page in Chromium. */
import type { CDPSession, Page } from '@playwright/test';
import type { WindowName } from '../../../src/contract/ipc/windows.ts';
import { middleOf } from '../../../src/main/window-place.ts';
import { windowShapes } from '../../../src/main/window-shapes.ts';
import { axeIn } from './axe.ts';

export interface Look {
  readonly language: 'ja' | 'en';
  readonly scheme: 'light' | 'dark';
  /** Device pixels per page pixel. */
  readonly scale: number;
  /** High contrast, as Windows has it. */
  readonly forcedColors?: true;
}

export const languages = ['ja', 'en'] as const;
export const schemes = ['light', 'dark'] as const;
export const scales = [1, 1.5, 2] as const;

export const nameOf = ({ language, scheme, scale, forcedColors }: Look): string => [language, `${forcedColors === true ? 'contrast-' : ''}${scheme}`, scale * 100].join('.');

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The smallest screen of a clinic that we know of, in its own pixels. */
const smallScreen = { width: 1366, height: 768 };
/** What Windows 11 takes in page pixels: the taskbar from the screen; title bar and borders for resizing from a window. */
const taskbar = 48;
const frame = { width: 16, height: 39 };

/** What a page has of its window there. */
export function sizeOfPage(window: WindowName | Size, scale: number): Size {
  const workArea = { x: 0, y: 0, width: Math.floor(smallScreen.width / scale), height: Math.floor(smallScreen.height / scale) - taskbar };
  const { width, height } = middleOf(workArea, typeof window === 'string' ? windowShapes[window] : window);
  return { width: width - frame.width, height: height - frame.height };
}

/** Size, pixels and high contrast. Language and colours are the page's own business. */
export async function wear(page: Page, devtools: CDPSession, { scale, forcedColors }: Look, size: Size): Promise<void> {
  await page.emulateMedia({ forcedColors: forcedColors === true ? 'active' : 'none', reducedMotion: 'reduce' });
  await devtools.send('Emulation.setDeviceMetricsOverride', { ...size, deviceScaleFactor: scale, mobile: false });
  await page.evaluate(async () => {
    window.scrollTo(0, 0);
    await document.fonts.ready;
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  });
}

/** A PNG of what is seen. Without Playwright's own viewport, which would undo the scale. */
export async function picture(page: Page, devtools: CDPSession, { scale }: Look): Promise<Buffer> {
  const seen = await page.evaluate(() => ({ x: window.scrollX, y: window.scrollY, width: window.innerWidth, height: window.innerHeight }));
  const { data } = await devtools.send('Page.captureScreenshot', { format: 'png', clip: { ...seen, scale } });
  return Buffer.from(data, 'base64');
}

export async function faultsOfAxe(page: Page, rules: 'all' | readonly string[] = 'all'): Promise<readonly string[]> {
  if (rules.length === 0) return [];
  const axe = await axeIn(page);
  const { violations } = await (rules === 'all' ? axe : axe.withRules([...rules])).analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, any }) => `${html} ${any[0]?.message ?? ''}`).join(' | ')}`);
}

/** Texts that run out of their box, and a page that scrolls sideways. Tables scroll by themselves. */
export function overflowing(page: Page): Promise<readonly string[]> {
  return page.evaluate(() => {
    const root = document.documentElement;
    const faults = root.scrollWidth > root.clientWidth ? [`the page is ${root.scrollWidth} wide in ${root.clientWidth}`] : [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text !== null; text = texts.nextNode()) {
      const holder = text.parentElement;
      const said = text.textContent?.trim() ?? '';
      if (said === '' || holder === null || !holder.checkVisibility() || holder.closest('.table-frame, .visually-hidden, pre, script, style')) continue;
      const range = document.createRange();
      range.selectNodeContents(text);
      const { left, right } = range.getBoundingClientRect();
      let box: Element = holder;
      while (getComputedStyle(box).display === 'inline' && box.parentElement !== null) box = box.parentElement;
      const isCut = (box.clientWidth > 0 && box.scrollWidth > box.clientWidth + 1) || (getComputedStyle(box).overflowY === 'hidden' && box.scrollHeight > box.clientHeight + 1);
      if (isCut || left < -1 || right > root.clientWidth + 1) faults.push(`${holder.tagName} ${said.slice(0, 30)}`);
    }
    return faults;
  });
}

/** Controls on which a person who uses the keyboard would not see the focus: no ring, out of sight, or under something. */
export async function focusUnseen(page: Page): Promise<readonly string[]> {
  // From here on the keyboard is what moves the focus, for :focus-visible.
  await page.keyboard.press('Tab');
  return page.evaluate(() => {
    const faults: string[] = [];
    const inDialog = document.querySelector('dialog[open]');
    const controls = (inDialog ?? document).querySelectorAll<HTMLElement>('button, input, select, a[href], summary, [tabindex="0"]');
    for (const control of controls) {
      if (!control.checkVisibility() || control.tabIndex < 0 || control.matches(':disabled')) continue;
      control.focus();
      const { outlineStyle, outlineWidth } = getComputedStyle(control);
      const { left, top, width, height } = control.getBoundingClientRect();
      const name = `${control.tagName} ${(control.textContent || control.id).trim().slice(0, 30)}`;
      if (outlineStyle === 'none' || Number.parseFloat(outlineWidth) < 2) faults.push(`${name}: no ring`);
      if (height > window.innerHeight) continue;
      const there = document.elementFromPoint(left + width / 2, top + Math.min(height / 2, 20));
      if (there === null || !(control.contains(there) || there.contains(control) || control.closest('label')?.contains(there))) faults.push(`${name}: not in sight`);
    }
    window.scrollTo(0, 0);
    return faults;
  });
}

/** Whether the one thing to do is seen, or the window says that there is more below. */
export function actionInSight(page: Page, selector: string): Promise<boolean> {
  return page.evaluate((wanted) => {
    const isSeen = (element: Element | null): boolean => {
      if (element === null) return false;
      const { top, bottom } = element.getBoundingClientRect();
      return top >= 0 && bottom <= window.innerHeight && element.checkVisibility();
    };
    const footer = document.querySelector('.window__footer');
    // In a low window the footer scrolls with the content.
    const follows = footer === null || getComputedStyle(footer).position === 'sticky';
    return isSeen(document.querySelector(wanted)) || (!follows && isSeen(document.querySelector('.more-below')));
  }, selector);
}
