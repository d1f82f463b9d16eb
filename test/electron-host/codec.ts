/**
 * Values that structured clone takes, as JSON text and back: what crosses the DevTools protocol between the main
 * process and a page. `makeCodec` also runs inside pages from its own source text, so it may use nothing outside itself.
 */

export interface Codec {
  /** Throws "An object could not be cloned." as Chromium does, and for cycles, which the model does not carry. */
  encode(value: unknown): string;
  decode(text: string): unknown;
}

export function makeCodec(): Codec {
  type Json = null | string | number | boolean | readonly Json[] | { readonly [key: string]: Json };
  type Tagged = { readonly is: string; readonly of?: Json; readonly name?: string; readonly text?: string };

  const toBase64 = (bytes: Uint8Array): string => {
    let binary = '';
    for (let at = 0; at < bytes.length; at += 0x2000) binary += String.fromCharCode(...bytes.subarray(at, at + 0x2000));
    return btoa(binary);
  };
  const fromBase64 = (text: string): ArrayBuffer => Uint8Array.from(atob(text), (char) => char.charCodeAt(0)).buffer;
  const uncloneable = (): never => {
    throw new Error('An object could not be cloned.');
  };

  const write = (value: unknown, above: readonly object[]): Json => {
    switch (typeof value) {
      case 'string':
      case 'boolean':
        return value;
      case 'number':
        return Number.isFinite(value) && !Object.is(value, -0) ? value : { is: 'number', text: Object.is(value, -0) ? '-0' : String(value) };
      case 'undefined':
        return { is: 'undefined' };
      case 'bigint':
        return { is: 'bigint', text: String(value) };
      case 'function':
      case 'symbol':
        return uncloneable();
      case 'object':
        return value === null ? null : writeObject(value, above);
    }
  };
  const writeObject = (value: object, above: readonly object[]): Json => {
    if (above.includes(value)) throw new Error('electron-host: cyclic values in messages are not modelled');
    const path = [...above, value];
    const writeAll = (values: Iterable<unknown>): Json => Array.from(values, (one) => write(one, path));
    if (Array.isArray(value)) return writeAll(value);
    if (value instanceof ArrayBuffer) return { is: 'buffer', text: toBase64(new Uint8Array(value)) };
    if (ArrayBuffer.isView(value)) {
      const name = Object.prototype.toString.call(value).slice(8, -1);
      return { is: 'view', name, text: toBase64(new Uint8Array(value.buffer, value.byteOffset, value.byteLength)) };
    }
    if (value instanceof Date) return { is: 'date', of: write(value.getTime(), path) };
    if (value instanceof RegExp) return { is: 'regexp', text: value.source, name: value.flags };
    if (value instanceof Map) return { is: 'map', of: writeAll(Array.from(value, ([key, held]) => [key, held] as unknown[])) };
    if (value instanceof Set) return { is: 'set', of: writeAll(value) };
    if (value instanceof Error) return { is: 'error', name: value.name, text: value.message };
    if (value instanceof Promise || value instanceof WeakMap || value instanceof WeakSet) return uncloneable();
    return { is: 'object', of: Object.fromEntries(Object.entries(value).map(([key, held]) => [key, write(held, path)])) };
  };

  const construct = (name: string, argument: unknown, fallback: string): unknown => {
    const made = (globalThis as unknown as Record<string, unknown>)[name];
    const known = typeof made === 'function' ? made : (globalThis as unknown as Record<string, unknown>)[fallback];
    return Reflect.construct(known as new (argument: unknown) => unknown, [argument]);
  };
  const read = (json: Json): unknown => {
    if (json === null || typeof json !== 'object') return json;
    if (Array.isArray(json)) return json.map(read);
    const { is, of = null, name = '', text = '' } = json as Tagged;
    const items = (): unknown[] => (of as readonly Json[]).map(read);
    switch (is) {
      case 'undefined': return undefined;
      case 'number': return Number(text);
      case 'bigint': return BigInt(text);
      case 'buffer': return fromBase64(text);
      case 'view': return construct(name, fromBase64(text), 'Uint8Array');
      case 'date': return new Date(read(of) as number);
      case 'regexp': return new RegExp(text, name);
      case 'map': return new Map(items() as [unknown, unknown][]);
      case 'set': return new Set(items());
      case 'error': return construct(/^[A-Z][A-Za-z]*Error$/.test(name) ? name : 'Error', text, 'Error');
      default: return Object.fromEntries(Object.entries(of as Record<string, Json>).map(([key, held]) => [key, read(held)]));
    }
  };
  return { encode: (value) => JSON.stringify(write(value, [])), decode: (text) => read(JSON.parse(text) as Json) };
}
