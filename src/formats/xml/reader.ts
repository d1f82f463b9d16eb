import { xmlLimits } from './limits.ts';
import { qualifiedName, splitName } from './names.ts';
import { openScope } from './namespaces.ts';
import { byteOffset, prescan } from './prescan.ts';
import { ReferenceRefused, resolveReferences } from './references.ts';
import { XmlRefusal, type XmlProblem } from './refusal.ts';
import type { NamespaceScope, XmlDocument, XmlElement, XmlNode } from './tree.ts';

const space = '[ \\t\\r\\n]';
const startTagName = new RegExp(`<(${qualifiedName})`, 'uy');
const attribute = new RegExp(`${space}+(${qualifiedName})${space}*=${space}*(?:"([^<"]*)"|'([^<']*)')`, 'uy');
const startTagEnd = new RegExp(`${space}*(/?)>`, 'y');
const endTag = new RegExp(`</(${qualifiedName})${space}*>`, 'uy');
const onlySpace = /^[ \t\r\n]*$/;

/** An element while its content is being read. */
type OpenElement = XmlElement & { readonly children: XmlNode[]; contentEnd: number };

/**
 * Reads a file as XML 1.0 with namespaces, strictly and within `xmlLimits`, without recursion.
 * There is no DTD, so nothing is defaulted and nothing is expanded beyond the five predefined entities.
 *
 * Throws XmlRefusal and nothing else.
 */
export function readXml(bytes: Uint8Array): XmlDocument {
  const { source, contentStart } = prescan(bytes);
  return new Reader(source).read(contentStart);
}

class Reader {
  readonly #source: string;
  #nodes = 0;
  #depth = 0;
  #root: XmlElement | null = null;
  #open: OpenElement | null = null;

  constructor(source: string) {
    this.#source = source;
  }

  read(contentStart: number): XmlDocument {
    const source = this.#source;
    let at = contentStart;
    while (at < source.length) {
      const markup = source.indexOf('<', at);
      const textEnd = markup < 0 ? source.length : markup;
      if (textEnd > at) this.#text(at, textEnd);
      if (markup < 0) break;
      const next = source.charCodeAt(markup + 1);
      if (next === 0x2f) at = this.#endTag(markup);
      else if (next === 0x21) at = this.#commentOrCdata(markup);
      else at = this.#startTag(markup);
    }
    if (this.#open !== null || this.#root === null) throw this.#refuse('not-well-formed', source.length);
    return { source, root: this.#root };
  }

  #text(from: number, to: number): void {
    const raw = this.#source.slice(from, to);
    if (this.#open === null) {
      if (!onlySpace.test(raw)) throw this.#refuse('not-well-formed', from);
      return;
    }
    // XML 1.0 §2.4: this sequence only ends a CDATA section.
    const stray = raw.indexOf(']]>');
    if (stray >= 0) throw this.#refuse('not-well-formed', from + stray);
    this.#append({ kind: 'text', value: this.#resolve(normaliseLineEnds(raw), raw, from) }, from);
  }

  #commentOrCdata(at: number): number {
    const source = this.#source;
    if (source.startsWith('<!--', at)) {
      const end = source.indexOf('--', at + 4);
      if (end < 0 || source.charCodeAt(end + 2) !== 0x3e) throw this.#refuse('not-well-formed', at);
      if (this.#open !== null) this.#append({ kind: 'comment', value: normaliseLineEnds(source.slice(at + 4, end)) }, at);
      return end + 3;
    }
    const end = source.indexOf(']]>', at);
    if (this.#open === null || end < 0) throw this.#refuse('not-well-formed', at);
    this.#append({ kind: 'text', value: normaliseLineEnds(source.slice(at + '<![CDATA['.length, end)) }, at);
    return end + 3;
  }

  #startTag(at: number): number {
    const source = this.#source;
    startTagName.lastIndex = at;
    const name = startTagName.exec(source)?.[1];
    if (name === undefined || (this.#open === null && this.#root !== null)) throw this.#refuse('not-well-formed', at);
    const written: { name: string; value: string }[] = [];
    let end = startTagName.lastIndex;
    for (;;) {
      attribute.lastIndex = end;
      const match = attribute.exec(source);
      if (match === null) break;
      const [, attributeName, double, single] = match;
      if (attributeName === undefined) throw this.#refuse('not-well-formed', end);
      if (written.length === xmlLimits.attributes) throw this.#refuse('too-many-attributes', end);
      if (written.some((other) => other.name === attributeName)) throw this.#refuse('not-well-formed', end);
      const raw = double ?? single ?? '';
      written.push({ name: attributeName, value: this.#resolve(normaliseAttributeSpace(raw), raw, attribute.lastIndex - 1 - raw.length) });
      end = attribute.lastIndex;
    }
    this.#count(written.length, at);
    startTagEnd.lastIndex = end;
    const close = startTagEnd.exec(source);
    if (close === null) throw this.#refuse('not-well-formed', end);
    const contentStart = startTagEnd.lastIndex;
    if (this.#depth === xmlLimits.depth) throw this.#refuse('too-deep', at);
    const element = this.#element(name, written, at, contentStart);
    if (this.#open === null) this.#root = element;
    else this.#append(element, at);
    if (close[1] === '') {
      this.#open = element;
      this.#depth += 1;
    }
    return contentStart;
  }

  #element(name: string, written: readonly { name: string; value: string }[], start: number, contentStart: number): OpenElement {
    const parent: XmlElement | null = this.#open;
    const outer: NamespaceScope | null = parent?.scope ?? null;
    const names = openScope(name, written, outer);
    if (typeof names === 'string') throw this.#refuse(names, start);
    const { prefix, local } = splitName(name);
    return { kind: 'element', name, local, prefix, ...names, children: [], parent, start, contentStart, contentEnd: contentStart };
  }

  #endTag(at: number): number {
    endTag.lastIndex = at;
    const name = endTag.exec(this.#source)?.[1];
    if (this.#open === null || name !== this.#open.name) throw this.#refuse('not-well-formed', at);
    this.#open.contentEnd = at;
    // Every ancestor of an open element was made here as an OpenElement.
    this.#open = this.#open.parent as OpenElement | null;
    this.#depth -= 1;
    return endTag.lastIndex;
  }

  #append(node: XmlNode, at: number): void {
    this.#count(1, at);
    this.#open?.children.push(node);
  }

  #count(nodes: number, at: number): void {
    this.#nodes += nodes;
    if (this.#nodes > xmlLimits.nodes) throw this.#refuse('too-many-nodes', at);
  }

  #resolve(normalised: string, raw: string, from: number): string {
    try {
      return resolveReferences(normalised);
    } catch (error) {
      if (!(error instanceof ReferenceRefused)) throw error;
      // Only the offset differs where line ends were normalised: find the same `&` in the raw text.
      const ordinal = normalised.slice(0, error.at).split('&').length;
      let at = -1;
      for (let seen = 0; seen < ordinal; seen += 1) at = raw.indexOf('&', at + 1);
      throw this.#refuse('entity', from + at);
    }
  }

  #refuse(problem: XmlProblem, at: number): XmlRefusal {
    return new XmlRefusal(problem, byteOffset(this.#source, at));
  }
}

/** XML 1.0 §2.11. */
function normaliseLineEnds(text: string): string {
  return text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text;
}

/** XML 1.0 §3.3.3 for CDATA attributes, before references are resolved. */
function normaliseAttributeSpace(text: string): string {
  return /[\t\n\r]/.test(text) ? text.replace(/\r\n|[\t\n\r]/g, ' ') : text;
}
