import { leafPaths } from './resolve.ts';
import { isText, settingShapes } from './setting-shape.ts';
import { settingsSchema } from './settings.ts';
import type { RegistryValue } from './registry-export.ts';

/** The value that holds a whole policy as JSON. */
const whole = 'Policy';

/**
 * A policy from the registry: JSON in the value `Policy`, and over it single settings as group policy writes them, each a
 * value with the setting's dotted path for its name (docs/admin/policies/hpki-agent.admx). Whether it is right is for the
 * schema to say: a name that is no setting stays in it. Throws SyntaxError where JSON is none.
 */
export function policyOfValues(values: ReadonlyMap<string, RegistryValue>): unknown {
  const policy = structuredClone(objectIn(values.get(whole)));
  const settings: object = settingsSchema.parse({});
  const known = new Set(leafPaths(settings as Readonly<Record<string, unknown>>));
  const shapeOf = settingShapes();
  for (const [name, value] of values) {
    if (name === whole) continue;
    const places = known.has(name) ? name.split('.') : [name];
    const holder = places.slice(0, -1).reduce<Record<string, unknown>>((outer, key) => {
      const inner = outer[key];
      return (outer[key] = isObject(inner) ? inner : {});
    }, policy);
    holder[places.at(-1) ?? name] = settingOf(value, defaultAt(settings, places), isText(shapeOf(name)));
  }
  return policy;
}

function objectIn(value: RegistryValue | undefined): Record<string, unknown> {
  if (value === undefined) return {};
  const content = JSON.parse(typeof value === 'object' ? value.join('\n') : String(value)) as unknown;
  if (!isObject(content)) throw new SyntaxError('not a JSON object');
  return content;
}

/**
 * Group policy knows numbers, texts and lines; the setting's default tells what is meant by them. Of a setting that is
 * always a text nothing is JSON: whom to call may well be `[IT] 1234`.
 */
function settingOf(value: RegistryValue, byDefault: unknown, alwaysText: boolean): unknown {
  if (typeof value === 'number') return typeof byDefault === 'boolean' ? value !== 0 : value;
  const text = typeof value === 'string' ? value.trim() : value.join('\n').trim();
  if (alwaysText) return text;
  if (/^[[{"]/.test(text)) return JSON.parse(text);
  if (!Array.isArray(byDefault)) return text;
  const lines = text.split('\n').filter((line) => line !== '');
  return byDefault.some((item) => typeof item === 'number') ? lines.map(Number) : lines;
}

function defaultAt(settings: object, places: readonly string[]): unknown {
  return places.reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), settings);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
