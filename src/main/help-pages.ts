import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { helpHostFolder, pageScheme } from './page-files.ts';

/**
 * The manual is in the program: a page names a topic, and only these pages are ever shown.
 * SECURITY: test/unit/main/help-pages.test.ts
 */
const topics = {
  manual: 'manual',
  pairing: 'pairing',
  remote: 'remote',
  'locked-card': 'locked-card',
  'browser-denied': 'browser-denied',
  security: 'security',
} as const;

export type HelpTopic = keyof typeof topics;

export function helpAddress(topic: HelpTopic, language: 'ja' | 'en'): string {
  return `${pageScheme}://${helpHostFolder}/${topics[topic]}.${language}.html`;
}

const helpPage = new RegExp(`^${pageScheme}://${helpHostFolder}/[a-z0-9-]+\\.(?:ja|en)\\.html(?:#[^\\s]*)?$`);

/** Whether an address is a page of the manual, with or without a place on it. */
export function isHelpPage(url: string): boolean {
  return helpPage.test(url);
}

/** The addresses outside that the manual links to, as they were when it was built. */
export async function readManualLinks(pages: string): Promise<ReadonlySet<string>> {
  const text = await readFile(path.join(pages, 'help', 'links.json'), 'utf8');
  return new Set(z.array(z.url({ protocol: /^https$/ })).parse(JSON.parse(text)));
}
