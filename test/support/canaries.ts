/** Looks for secrets in what a program has written, in the forms in which they slip out. */

/** A text as it stands in UTF-8, base64 (at each of the three offsets), base64url, hex, %-escapes and \u-escapes. */
export function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret, 'utf8');
  const inBase64 = [0, 1, 2].map((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    // What the bytes before and after it decide is left out.
    return encoded.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6));
  });
  const escaped = secret.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const utf16 = Buffer.from(secret, 'utf16le').toString('latin1');
  return [...new Set([bytes.toString('latin1'), secret, ...inBase64, ...inBase64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')), bytes.toString('hex'), encodeURIComponent(secret), escaped, utf16])];
}

/** Names of the secrets that stand in a text, which is UTF-8 or, for binary files, latin1. */
export function secretsIn(text: string, secrets: Readonly<Record<string, string>>): readonly string[] {
  const lower = text.toLowerCase();
  return Object.entries(secrets)
    .filter(([, secret]) => formsOf(secret).some((form) => text.includes(form) || (/^[0-9a-f]{12,}$/.test(form) && lower.includes(form))))
    .map(([name]) => name);
}
