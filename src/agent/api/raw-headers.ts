// Node joins some headers that came twice and drops others; what was really sent is in `rawHeaders`: names and values in turn.

/** How often a header was sent. `name` in lower case. */
export function countOf(rawHeaders: readonly string[], name: string): number {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const header = rawHeaders[index];
    if (header?.length === name.length && header.toLowerCase() === name) count += 1;
  }
  return count;
}

/**
 * Fetch metadata is sent by browsers, and pages cannot take it away. `Sec-Fetch-Mode: cors` alone is what Node's own
 * fetch sends: a browser sends Sec-Fetch-Site with it, and an Origin in that mode.
 */
export function comesFromBrowser(rawHeaders: readonly string[]): boolean {
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]?.toLowerCase() ?? '';
    if (!name.startsWith('sec-fetch-')) continue;
    if (name !== 'sec-fetch-mode' || rawHeaders[index + 1] !== 'cors') return true;
  }
  return false;
}
