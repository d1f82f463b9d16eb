/**
 * The one gate for external links: a page names a topic, and only these addresses are ever opened.
 * SECURITY: test/unit/main/shell-parts.test.ts
 */
const manual = 'https://hpki-agent.example/manual';

const pages = {
  manual: '',
  pairing: '/pairing',
  'locked-card': '/locked-card',
  'browser-denied': '/browser-denied',
  security: '/security',
} as const;

export type HelpTopic = keyof typeof pages;

export function helpAddress(topic: HelpTopic, language: 'ja' | 'en'): string {
  return `${manual}/${language}${pages[topic]}`;
}
