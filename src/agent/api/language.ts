export type Language = 'ja' | 'en';

export interface Text {
  readonly ja: string;
  readonly en: string;
}

/** RFC 9110 §12.5.4, for two languages. Japanese where nothing else is clearly wished. */
export function preferredLanguage(acceptLanguage: string | undefined): Language {
  if (acceptLanguage === undefined) return 'ja';
  let ja = -1;
  let en = -1;
  let any = -1;
  for (const part of acceptLanguage.slice(0, 256).split(',')) {
    const [range = '', ...parameters] = part.trim().toLowerCase().split(';');
    const weight = parameters.map((parameter) => /^\s*q=([01](?:\.[0-9]{0,3})?)\s*$/.exec(parameter)?.[1]).find(Boolean);
    const quality = weight === undefined ? 1 : Number(weight);
    if (range === 'ja' || range.startsWith('ja-')) ja = Math.max(ja, quality);
    else if (range === 'en' || range.startsWith('en-')) en = Math.max(en, quality);
    else if (range === '*') any = quality;
  }
  if (ja < 0) ja = any;
  if (en < 0) en = any;
  return en > 0 && en > ja ? 'en' : 'ja';
}

/** What `value` looks like in JSON for one reader: {ja, en} pairs become one text, dates RFC 3339, bytes are left out. */
export function inLanguage(value: unknown, language: Language): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof Date) return value.toISOString();
  if (ArrayBuffer.isView(value)) return undefined;
  if (Array.isArray(value)) return value.map((item) => inLanguage(item, language));
  if (isText(value)) return value[language];
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, inLanguage(member, language)]));
}

function isText(value: object): value is Text {
  const { ja, en } = value as Partial<Text>;
  return typeof ja === 'string' && typeof en === 'string' && Object.keys(value).length === 2;
}
