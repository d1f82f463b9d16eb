/**
 * Values of one key in the text that `reg.exe export` writes ("Windows Registry Editor Version 5.00"): UTF-16, and so the
 * one way to read Japanese from the registry by a program of Windows whatever its code page is.
 */
export type RegistryValue = string | number | readonly string[];

/** By name, without the key's subkeys. Kinds other than REG_SZ, REG_DWORD and REG_MULTI_SZ are left out. */
export function valuesInExport(text: string, key: string): ReadonlyMap<string, RegistryValue> {
  const values = new Map<string, RegistryValue>();
  const section = sectionOf(text.replaceAll('\r\n', '\n'), key);
  // A string may run over several lines; a backslash at a line's end carries bytes on to the next.
  const entry = /^"((?:\\.|[^"\\])*)"=(?:"((?:\\.|[^"\\])*)"|dword:([0-9a-f]{8})|hex\(7\):((?:[0-9a-f]{2}|,|\\\n|[ ])*))$/gim;
  for (const [, name = '', string, dword, multi] of section.matchAll(entry)) {
    if (string !== undefined) values.set(unescaped(name), unescaped(string));
    else if (dword !== undefined) values.set(unescaped(name), Number.parseInt(dword, 16));
    else if (multi !== undefined) values.set(unescaped(name), linesOf(multi));
  }
  return values;
}

function sectionOf(text: string, key: string): string {
  const sections = text.split(/^\[(.*)\]$/m);
  const at = sections.findIndex((title, index) => index % 2 === 1 && title.toLowerCase() === key.toLowerCase());
  return at < 0 ? '' : (sections[at + 1] ?? '');
}

const unescaped = (text: string): string => text.replace(/\\(.)/gs, '$1');

/** REG_MULTI_SZ: strings in UTF-16LE, each with a NUL, and one more NUL. */
function linesOf(hex: string): readonly string[] {
  const text = Buffer.from(hex.replace(/[^0-9a-f]/gi, ''), 'hex').toString('utf16le');
  return text.replace(/\0+$/, '').split('\0').filter((line) => line !== '');
}
