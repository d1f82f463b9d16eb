const predefined: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** Thrown with the offset inside the given text; the reader turns it into an XmlRefusal. */
export class ReferenceRefused extends Error {
  readonly at: number;

  constructor(at: number) {
    super('entity');
    this.at = at;
  }
}

const reference = /&(?:#(\d{1,8}|x[\da-fA-F]{1,7})|([a-z]+));|&/g;

/** Resolves the five predefined entities and character references of XML 1.0 §4.1; every other `&` is refused. */
export function resolveReferences(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(reference, (_whole, numeric: string | undefined, named: string | undefined, at: number) => {
    if (named !== undefined) {
      const value = Object.hasOwn(predefined, named) ? predefined[named] : undefined;
      if (value === undefined) throw new ReferenceRefused(at);
      return value;
    }
    if (numeric === undefined) throw new ReferenceRefused(at);
    const point = numeric.startsWith('x') ? Number.parseInt(numeric.slice(1), 16) : Number.parseInt(numeric, 10);
    if (!isXmlCharacter(point)) throw new ReferenceRefused(at);
    return String.fromCodePoint(point);
  });
}

/** XML 1.0 §2.2. */
function isXmlCharacter(point: number): boolean {
  return (
    point === 0x9 || point === 0xa || point === 0xd ||
    (point >= 0x20 && point <= 0xd7ff) || (point >= 0xe000 && point <= 0xfffd) || (point >= 0x10000 && point <= 0x10ffff)
  );
}
