/**
 * Writes the administrative templates for group policy (docs/admin/policies/hpki-agent.admx and its .adml) from the
 * settings' schema and the table in docs/admin/README.md. A test keeps them current.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { leafPaths } from '../src/agent/config/resolve.ts';
import { choicesOf, isText, settingShapes, type SettingShape } from '../src/agent/config/setting-shape.ts';
import { settingsSchema } from '../src/agent/config/settings.ts';

const docs = path.join(import.meta.dirname, '..', 'docs', 'admin');
const key = 'SOFTWARE\\Policies\\HpkiAgent';

/** What group policy lets an administrator enter for a setting. */
type Entry =
  | { readonly kind: 'switch' }
  | { readonly kind: 'choice'; readonly values: readonly string[] }
  | { readonly kind: 'number'; readonly from: number; readonly to: number }
  | { readonly kind: 'text'; readonly longest: number }
  /** A line for each string, or JSON over as many lines as wanted. */
  | { readonly kind: 'lines' };

/** What group policy takes where nothing is said. */
const longestText = 1023;

export interface TemplateSetting {
  /** Dotted path: the registry value's name. */
  readonly path: string;
  readonly entry: Entry;
}

export function templateSettings(): readonly TemplateSetting[] {
  const shapeOf = settingShapes();
  return leafPaths(settingsSchema.parse({})).map((leaf) => ({ path: leaf, entry: entryOf(shapeOf(leaf)) }));
}

function entryOf(shape: SettingShape): Entry {
  if (shape.type === 'boolean') return { kind: 'switch' };
  if (shape.enum !== undefined) return { kind: 'choice', values: shape.enum.map(String) };
  if (shape.type === 'integer' && shape.minimum !== undefined && shape.maximum !== undefined) return { kind: 'number', from: shape.minimum, to: shape.maximum };
  if (!isText(shape)) return { kind: 'lines' };
  return { kind: 'text', longest: Math.min(...choicesOf(shape).map(({ maxLength = longestText }) => maxLength)) };
}

/** The meaning of each setting as the table tells it. */
function meanings(): ReadonlyMap<string, string> {
  const rows = readFileSync(path.join(docs, 'README.md'), 'utf8').split('\n').filter((line) => line.startsWith('| `'));
  return new Map(rows.flatMap((row) => {
    const [, names = '', , meaning = ''] = row.split(/(?<!\\)\|/).map((cell) => cell.trim());
    const [first = '', ...others] = [...names.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
    const group = first.includes('.') ? first.slice(0, first.lastIndexOf('.')) : first;
    return [first, ...others.map((name) => `${group}${name}`)].map((name): [string, string] => [name, meaning.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/[`*]/g, '')]);
  }));
}

const idOf = (leaf: string): string => leaf.replaceAll('.', '_');
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

function admx(settings: readonly TemplateSetting[]): string {
  const policies = settings.map(({ path: leaf, entry }) => {
    const id = idOf(leaf);
    const head = `    <policy name="${id}" class="Machine" displayName="$(string.${id})" explainText="$(string.${id}_explain)" key="${key}"`;
    const place = ['      <parentCategory ref="HpkiAgent" />', '      <supportedOn ref="SupportedHpkiAgent" />'];
    if (entry.kind === 'switch') {
      return [`${head} valueName="${leaf}">`, ...place, '      <enabledValue><decimal value="1" /></enabledValue>', '      <disabledValue><decimal value="0" /></disabledValue>', '    </policy>'].join('\n');
    }
    return [`${head} presentation="$(presentation.${id})">`, ...place, '      <elements>', `        ${element(id, leaf, entry)}`, '      </elements>', '    </policy>'].join('\n');
  });
  return `<?xml version="1.0" encoding="utf-8"?>
<policyDefinitions xmlns="http://schemas.microsoft.com/GroupPolicy/2006/07/PolicyDefinitions" revision="1.0" schemaVersion="1.0">
  <policyNamespaces>
    <target prefix="hpkiagent" namespace="HpkiAgent.Policies" />
  </policyNamespaces>
  <resources minRequiredRevision="1.0" />
  <supportedOn>
    <definitions>
      <definition name="SupportedHpkiAgent" displayName="$(string.SupportedHpkiAgent)" />
    </definitions>
  </supportedOn>
  <categories>
    <category name="HpkiAgent" displayName="$(string.HpkiAgent)" />
  </categories>
  <policies>
${policies.join('\n')}
  </policies>
</policyDefinitions>
`;
}

function element(id: string, leaf: string, entry: Exclude<Entry, { kind: 'switch' }>): string {
  const named = `id="${id}" valueName="${leaf}" required="true"`;
  switch (entry.kind) {
    case 'choice':
      return `<enum ${named}>${entry.values.map((value) => `<item displayName="$(string.${id}_${idOf(value).replace(/\W/g, '_')})"><value><string>${escaped(value)}</string></value></item>`).join('')}</enum>`;
    case 'number':
      return `<decimal ${named} minValue="${entry.from}" maxValue="${entry.to}" />`;
    case 'text':
      return `<text ${named} maxLength="${entry.longest}" />`;
    case 'lines':
      return `<multiText ${named} maxLength="16383" />`;
  }
}

const words = {
  ja: { name: 'HPKI署名エージェント', supported: 'HPKI署名エージェント 0.1以降', choose: '値', lines: '値（1行に1つ。またはJSON）', note: '設定名' },
  en: { name: 'HPKI signing agent', supported: 'HPKI signing agent 0.1 or later', choose: 'Value', lines: 'Value (one a line, or JSON)', note: 'Setting' },
} as const;

function adml(settings: readonly TemplateSetting[], language: keyof typeof words): string {
  const { name, supported, choose, lines, note } = words[language];
  const meaning = meanings();
  const strings = settings.flatMap(({ path: leaf, entry }) => {
    const id = idOf(leaf);
    const values = entry.kind === 'choice' ? entry.values.map((value) => [`${id}_${idOf(value).replace(/\W/g, '_')}`, value] as const) : [];
    return [[id, leaf] as const, [`${id}_explain`, `${meaning.get(leaf) ?? ''}\n\n${note}: ${leaf}`] as const, ...values];
  });
  const presentations = settings.flatMap(({ path: leaf, entry }) => {
    const id = idOf(leaf);
    switch (entry.kind) {
      case 'switch':
        return [];
      case 'choice':
        return [`      <presentation id="${id}"><dropdownList refId="${id}" noSort="true">${choose}</dropdownList></presentation>`];
      case 'number':
        return [`      <presentation id="${id}"><decimalTextBox refId="${id}" defaultValue="${String(defaultAt(leaf))}">${choose}</decimalTextBox></presentation>`];
      case 'text':
        return [`      <presentation id="${id}"><textBox refId="${id}"><label>${choose}</label></textBox></presentation>`];
      case 'lines':
        return [`      <presentation id="${id}"><text>${lines}</text><multiTextBox refId="${id}" /></presentation>`];
    }
  });
  return `<?xml version="1.0" encoding="utf-8"?>
<policyDefinitionResources xmlns="http://schemas.microsoft.com/GroupPolicy/2006/07/PolicyDefinitions" revision="1.0" schemaVersion="1.0">
  <displayName>${name}</displayName>
  <description>${name}</description>
  <resources>
    <stringTable>
      <string id="HpkiAgent">${name}</string>
      <string id="SupportedHpkiAgent">${supported}</string>
${strings.map(([id, text]) => `      <string id="${id}">${escaped(text)}</string>`).join('\n')}
    </stringTable>
    <presentationTable>
${presentations.join('\n')}
    </presentationTable>
  </resources>
</policyDefinitionResources>
`;
}

function defaultAt(leaf: string): unknown {
  return leaf.split('.').reduce<unknown>((value, name) => (value as Readonly<Record<string, unknown>>)[name], settingsSchema.parse({}));
}

/** By their places below docs/admin/policies. */
export function policyTemplates(): ReadonlyMap<string, string> {
  const settings = templateSettings();
  return new Map([
    ['hpki-agent.admx', admx(settings)],
    ['ja-JP/hpki-agent.adml', adml(settings, 'ja')],
    ['en-US/hpki-agent.adml', adml(settings, 'en')],
  ]);
}

export const templateFolder = path.join(docs, 'policies');

if (process.argv[1] === import.meta.filename) {
  for (const [name, content] of policyTemplates()) {
    const file = path.join(templateFolder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
}
