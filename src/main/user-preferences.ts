import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { OneAtATime } from '../agent/audit/one-at-a-time.ts';
import { leafPaths, type ResolvedConfig } from '../agent/config/resolve.ts';
import { readConfig, type ReadPolicy } from '../agent/config/read-config.ts';
import { userSettings } from '../agent/config/settings.ts';
import { readUserSettings } from '../agent/storage/data-directory.ts';
import { writeFileDurably } from '../agent/storage/write-file-durably.ts';
import { showSafely } from '../formats/prescription/display-safety.ts';
import type { SettingsView } from '../contract/ipc/every-window.ts';

/** How the windows look; nothing that the agent itself goes by. */
const lookSchema = z.object({ theme: z.enum(['system', 'light', 'dark']).catch('system') });

type Change = { readonly [K in 'language' | 'theme' | 'supportContact']?: SettingsView[K] | undefined };

/** What this user may set, and everything else with who fixed it. */
export class UserPreferences {
  readonly #dataRoot: string | undefined;
  readonly #readPolicy: ReadPolicy | undefined;
  readonly #turns = new OneAtATime();
  #view: SettingsView | undefined;

  constructor(dataRoot: string | undefined, readPolicy?: ReadPolicy) {
    this.#dataRoot = dataRoot;
    this.#readPolicy = readPolicy;
  }

  /** In turn with changes, so that nothing older takes the place of what was changed. */
  read(): Promise<SettingsView> {
    return this.#turns.run(() => this.#read());
  }

  async #read(): Promise<SettingsView> {
    const { data, config } = await readConfig(this.#dataRoot, this.#readPolicy);
    const look = lookSchema.parse(await readJson(lookFile(data.root)));
    this.#view = viewSettings(config, look.theme);
    return this.#view;
  }

  /** As last read: Japanese until then. */
  get language(): SettingsView['language'] {
    return this.#view?.language ?? 'ja';
  }

  /**
   * What policy fixed stays as it is. Changes come one after another: the file is read, changed and written. Throws
   * STORAGE_FAILED's cause where it cannot be written.
   */
  change(change: Change): Promise<SettingsView> {
    return this.#turns.run(() => this.#change(change));
  }

  async #change({ language, theme, supportContact }: Change): Promise<SettingsView> {
    const { data } = await readConfig(this.#dataRoot, this.#readPolicy);
    const own = {
      ...(language === undefined ? {} : { language }),
      ...(supportContact === undefined ? {} : { support: { contact: supportContact } }),
    };
    if (Object.keys(own).length > 0) {
      const before = await readUserSettings(data);
      const kept = typeof before === 'object' && before !== null && !Array.isArray(before) ? before : {};
      await writeFileDurably(data.userSettings, `${JSON.stringify({ ...kept, ...own }, null, 2)}\n`);
    }
    if (theme !== undefined) await writeFileDurably(lookFile(data.root), `${JSON.stringify({ theme })}\n`);
    return this.#read();
  }
}

function lookFile(root: string): string {
  return path.join(root, 'look.json');
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as unknown;
  } catch {
    return {};
  }
}

/** Every leaf in force. A list of clients is told by its length: its entries hold token hashes. */
export function viewSettings({ settings, sources }: ResolvedConfig, theme: SettingsView['theme']): SettingsView {
  const { contact } = settings.support;
  const mayChange = new Set<string>(userSettings);
  return {
    language: settings.language,
    theme,
    supportContact: contact === null ? null : showSafely(contact),
    storedContact: contact,
    settings: leafPaths(settings).map((place) => {
      const source = sources.get(place) ?? 'default';
      return { path: place, value: told(valueAt(settings, place)), source, changeable: source !== 'policy' && mayChange.has(place.split('.')[0] ?? place) };
    }),
  };
}

function valueAt(settings: object, place: string): unknown {
  return place.split('.').reduce<unknown>((value, key) => (value as Readonly<Record<string, unknown>>)[key], settings);
}

function told(value: unknown): string {
  if (Array.isArray(value)) return value.every((item) => typeof item !== 'object') ? value.join(', ') : String(value.length);
  return typeof value === 'string' ? value : JSON.stringify(value);
}
