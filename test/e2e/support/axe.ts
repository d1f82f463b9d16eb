/**
 * axe in a page. A page keeps it from the first look on, and says what is wrong alone: bringing it there anew, and a list of
 * all that is well, would take longer than most looks.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';

const besideBuilder = createRequire(createRequire(import.meta.url).resolve('@axe-core/playwright'));
const source = readFileSync(besideBuilder.resolve('axe-core/axe.min.js'), 'utf8');

/** Looks at the page as it stands, by all rules until some are chosen. */
export async function axeIn(page: Page): Promise<AxeBuilder> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(source);
  // Its usual way opens another page beside, which the app refuses.
  return new AxeBuilder({ page, axeSource: 'void 0' }).setLegacyMode(true).options({ resultTypes: ['violations'] });
}
