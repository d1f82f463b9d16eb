/**
 * The Origin of a web client in the one spelling that browsers send (RFC 6454 §6.2): scheme, host in lower-case ASCII,
 * port only where it is not the default. Anything else, `null` and lists included, is no origin that can be paired.
 * SECURITY: test/attacks/row-01-web-origins.test.ts, row-02-origin-substring.test.ts
 */
export function isWebOrigin(header: string): boolean {
  if (header.length > 512) return false;
  const url = URL.parse(header);
  return url !== null && (url.protocol === 'https:' || url.protocol === 'http:') && url.origin === header;
}

/** An origin as an administrator may write it in policy (trailing slash, upper case), or null where it names none. */
export function originFromPolicy(text: string): string | null {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return null;
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '') return null;
  return url.origin;
}
