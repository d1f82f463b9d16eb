/**
 * Decodes base64 as it occurs in signed files: wrapped at 76 columns, with a newline at the end, or on one line.
 * SECURITY: apart from white space only the one canonical spelling of the bytes is accepted, so that nobody can alter a value
 * that is itself not signed without being noticed (test/unit/formats/xades/base64.test.ts).
 *
 * Returns null for anything else.
 */
export function decodeBase64(text: string): Uint8Array | null {
  const compact = /[ \t\r\n]/.test(text) ? text.replace(/[ \t\r\n]+/g, '') : text;
  const bytes = Buffer.from(compact, 'base64');
  return bytes.toString('base64') === compact ? bytes : null;
}
