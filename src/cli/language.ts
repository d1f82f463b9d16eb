/** The language of a caller: Japanese unless the locale names another. */
export type Language = 'ja' | 'en';

export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly platform: NodeJS.Platform;
  /** The user's own locale as the operating system has it, a BCP 47 tag. */
  readonly userLocale: () => string;
}

const here: Surroundings = {
  env: process.env,
  platform: process.platform,
  userLocale: () => new Intl.DateTimeFormat().resolvedOptions().locale,
};

/** By POSIX's variables (Base Definitions §8.2: an empty one counts as unset). Windows sets none: there by the user's region. */
export function callersLanguage({ env, platform, userLocale }: Surroundings = here): Language {
  const named = [env['LC_ALL'], env['LC_MESSAGES'], env['LANG']].find((value) => value !== undefined && value !== '');
  const locale = named ?? (platform === 'win32' ? userLocale() : 'ja');
  return /^(ja|C|POSIX)(\b|_|-|\.|$)/.test(locale) ? 'ja' : 'en';
}
