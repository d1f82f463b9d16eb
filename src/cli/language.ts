/** The caller's language from the locale environment: Japanese unless the locale names another. */
export type Language = 'ja' | 'en';

export function callersLanguage(env: NodeJS.ProcessEnv = process.env): Language {
  const locale = env['LC_ALL'] ?? env['LC_MESSAGES'] ?? env['LANG'] ?? '';
  if (locale === '') return 'ja';
  return /^(ja|C|POSIX)(\b|_|\.|$)/.test(locale) ? 'ja' : 'en';
}
