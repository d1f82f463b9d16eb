import { unreadableSettings } from '../storage/data-directory.ts';
import { settingsSchema, userSettings, type Settings } from './settings.ts';

export type SettingSource = 'policy' | 'user' | 'default';

export interface ConfigProblem {
  readonly source: 'policy' | 'user';
  /** Where in the file, as `api.ports.0`; empty for the file as a whole. */
  readonly path: string;
  readonly reason: { readonly ja: string; readonly en: string };
}

export interface ResolvedConfig {
  readonly settings: Settings;
  /** Source of each leaf by its dotted path; everything not named is a default. */
  readonly sources: ReadonlyMap<string, SettingSource>;
  readonly problems: readonly ConfigProblem[];
}

/**
 * Machine policy over user over default. A policy with an error is refused whole (half a policy is not what the
 * administrator meant) and says so; of a user's settings the one with an error is left out.
 */
export function resolveConfig(policy: unknown, user: unknown): ResolvedConfig {
  const problems: ConfigProblem[] = [];
  const policyLayer = checkedLayer('policy', policy, problems);
  const userLayer = checkedUserLayer(user, problems);
  const settings = settingsSchema.parse(overlay(userLayer, policyLayer));
  const sources = new Map<string, SettingSource>();
  for (const path of leafPaths(userLayer)) sources.set(path, 'user');
  for (const path of leafPaths(policyLayer)) sources.set(path, 'policy');
  return { settings, sources, problems };
}

type Layer = Readonly<Record<string, unknown>>;

function checkedLayer(source: 'policy' | 'user', layer: unknown, problems: ConfigProblem[]): Layer {
  if (layer === undefined || layer === null) return {};
  const checked = settingsSchema.safeParse(layer);
  if (checked.success) return layer as Layer;
  for (const issue of checked.error.issues) {
    problems.push({
      source,
      path: issue.path.join('.'),
      reason: { ja: `設定値が正しくありません（${issue.code}）`, en: issue.message },
    });
  }
  return {};
}

/** One by one, so that a mistake in whom to call does not turn the language back. */
function checkedUserLayer(user: unknown, problems: ConfigProblem[]): Layer {
  if (user === unreadableSettings) {
    problems.push({
      source: 'user',
      path: 'settings.json',
      reason: { ja: 'JSONとして読めないため、既定値で動作しています', en: 'It cannot be read as JSON; defaults apply' },
    });
    return {};
  }
  if (!isLayer(user)) return checkedLayer('user', user, problems);
  const allowed = new Set<string>(userSettings);
  const layers = Object.entries(user).map(([key, value]) => {
    if (allowed.has(key)) return checkedLayer('user', { [key]: value }, problems);
    problems.push({
      source: 'user',
      path: key,
      reason: {
        ja: 'この設定は管理者のポリシーでのみ変更できます',
        en: 'Only machine policy may set this',
      },
    });
    return {};
  });
  return Object.assign({}, ...layers) as Layer;
}

function isLayer(value: unknown): value is Layer {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function overlay(below: Layer, above: Layer): Layer {
  const merged: Record<string, unknown> = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const under = merged[key];
    merged[key] = isLayer(under) && isLayer(value) ? overlay(under, value) : value;
  }
  return merged;
}

/** Dotted paths of every leaf; an array is one leaf. */
export function leafPaths(layer: Layer, prefix = ''): string[] {
  return Object.entries(layer).flatMap(([key, value]) =>
    isLayer(value) ? leafPaths(value, `${prefix}${key}.`) : [`${prefix}${key}`],
  );
}
