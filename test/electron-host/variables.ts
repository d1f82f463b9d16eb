/** The environment variables by which a launcher tells the model what to play. */

export const variables = {
  /** Folder for `app.getPath('userData')`; without it a temporary one, so that no person's data is ever touched. */
  userData: 'ELECTRON_HOST_USER_DATA',
  chromium: 'ELECTRON_HOST_CHROMIUM',
  /** A port at which another Chromium's chrome://inspect finds the windows, for a person who runs the model by hand. */
  devtools: 'ELECTRON_HOST_DEVTOOLS',
  /** '1': the launcher listens on the child_process channel. */
  control: 'ELECTRON_HOST_CONTROL',
  /** '1': `app.isPackaged`, and no script in `process.argv`. */
  packaged: 'ELECTRON_HOST_PACKAGED',
  /** What `safeStorage` finds: gnome_libsecret, kwallet6, basic_text, or none. */
  secretStore: 'ELECTRON_HOST_SECRET_STORE',
  /** BCP 47, for `app.getLocale()` and the pages. */
  locale: 'ELECTRON_HOST_LOCALE',
  /** Device pixels per page pixel. */
  scale: 'ELECTRON_HOST_SCALE',
} as const;

export type SecretStore = 'gnome_libsecret' | 'kwallet6' | 'basic_text' | 'none';
