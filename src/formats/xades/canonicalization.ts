import { xmlNamespace } from '../xml/names.ts';
import { lookUpNamespace, type NamespaceScope, type XmlAttribute, type XmlElement, type XmlNode } from '../xml/tree.ts';
import { compareCodePoints } from './code-points.ts';

/**
 * Canonical XML 1.0 (inclusive) or Exclusive XML Canonicalization 1.0, both without comments.
 * `prefixes` is the InclusiveNamespaces PrefixList; `#default` stands for the default namespace.
 */
export type Canonicalization = { readonly method: 'inclusive' } | { readonly method: 'exclusive'; readonly prefixes: readonly string[] };

export const inclusive: Canonicalization = { method: 'inclusive' };
export const exclusive: Canonicalization = { method: 'exclusive', prefixes: [] };

/** Canonical form of the subtree under `element`, as text; its UTF-8 bytes are what is hashed. */
export function canonicalize(element: XmlElement, canonicalization: Canonicalization): string {
  return writeElement(element, null, canonicalization, true);
}

/**
 * Canonical form of everything between an element's tags, as it stands inside the canonical form of that element.
 * Of the element itself only the namespaces that `rendered` lists count as written.
 */
export function canonicalizeContent(element: XmlElement, rendered: NamespaceScope | null, canonicalization: Canonicalization): string {
  let out = '';
  for (const child of element.children) out += writeNode(child, rendered, canonicalization);
  return out;
}

function writeNode(node: XmlNode, rendered: NamespaceScope | null, canonicalization: Canonicalization): string {
  switch (node.kind) {
    case 'text':
      return escapeText(node.value);
    case 'comment':
      return '';
    case 'element':
      return writeElement(node, rendered, canonicalization, false);
  }
}

/** Recursion is as deep as the reader's cap on depth allows, no deeper. */
function writeElement(element: XmlElement, outer: NamespaceScope | null, canonicalization: Canonicalization, apex: boolean): string {
  const added = namespacesToWrite(element, outer, canonicalization, apex);
  let rendered = outer;
  let out = `<${element.name}`;
  for (const binding of added) {
    rendered = { ...binding, outer: rendered };
    out += binding.prefix === '' ? ` xmlns="${escapeAttribute(binding.uri)}"` : ` xmlns:${binding.prefix}="${escapeAttribute(binding.uri)}"`;
  }
  for (const attribute of attributesToWrite(element, canonicalization, apex)) {
    out += ` ${attribute.name}="${escapeAttribute(attribute.value)}"`;
  }
  out += '>';
  for (const child of element.children) out += writeNode(child, rendered, canonicalization);
  return `${out}</${element.name}>`;
}

interface Binding {
  readonly prefix: string;
  readonly uri: string;
}

const nothing: readonly never[] = [];

/** Canonical XML 1.0 §2.3 and Exclusive XML Canonicalization 1.0 §3: what is in scope (or visibly used) and not yet written. */
function namespacesToWrite(element: XmlElement, rendered: NamespaceScope | null, canonicalization: Canonicalization, apex: boolean): readonly Binding[] {
  const found: Binding[] = [];
  if (canonicalization.method === 'inclusive') {
    // Below the apex everything in scope outside of this element has been written already.
    if (apex) for (let at = element.scope; at !== null; at = at.outer) add(found, at.prefix, element.scope, rendered);
    else for (const { prefix } of element.declarations) add(found, prefix, element.scope, rendered);
  } else {
    add(found, element.prefix, element.scope, rendered);
    for (const { prefix } of element.attributes) if (prefix !== '') add(found, prefix, element.scope, rendered);
    // The listed prefixes are written as inclusive canonicalization would: at the apex, and where they are declared anew.
    if (apex) for (const token of canonicalization.prefixes) add(found, token === '#default' ? '' : token, element.scope, rendered);
    else if (canonicalization.prefixes.length > 0) {
      for (const { prefix } of element.declarations) {
        if (canonicalization.prefixes.includes(prefix === '' ? '#default' : prefix)) add(found, prefix, element.scope, rendered);
      }
    }
  }
  if (found.length === 0) return nothing;
  return found.length === 1 ? found : found.sort((a, b) => compareCodePoints(a.prefix, b.prefix));
}

function add(found: Binding[], prefix: string, scope: NamespaceScope | null, rendered: NamespaceScope | null): void {
  if (prefix === 'xml' || found.some((other) => other.prefix === prefix)) return;
  const uri = lookUpNamespace(scope, prefix) ?? '';
  // No default namespace and `xmlns=""` are the same thing; it is written only to undo one that was written.
  if (uri === (lookUpNamespace(rendered, prefix) ?? '')) return;
  found.push({ prefix, uri });
}

function attributesToWrite(element: XmlElement, canonicalization: Canonicalization, apex: boolean): readonly XmlAttribute[] {
  const inherited = apex && canonicalization.method === 'inclusive' ? inheritedXmlAttributes(element) : nothing;
  const all = [...element.attributes, ...inherited];
  return all.length < 2 ? all : all.sort((a, b) => compareCodePoints(a.uri, b.uri) || compareCodePoints(a.local, b.local));
}

/** Canonical XML 1.0 §2.4: the apex of a subset takes `xml:` attributes of its omitted ancestors, the nearest first. */
function inheritedXmlAttributes(element: XmlElement): readonly XmlAttribute[] {
  const inherited: XmlAttribute[] = [];
  for (let ancestor = element.parent; ancestor !== null; ancestor = ancestor.parent) {
    for (const attribute of ancestor.attributes) {
      if (attribute.uri !== xmlNamespace) continue;
      const same = (other: XmlAttribute): boolean => other.uri === xmlNamespace && other.local === attribute.local;
      if (!element.attributes.some(same) && !inherited.some(same)) inherited.push(attribute);
    }
  }
  return inherited;
}

const textEscapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#xD;' };

function escapeText(text: string): string {
  return /[&<>\r]/.test(text) ? text.replace(/[&<>\r]/g, (character) => textEscapes[character] ?? character) : text;
}

const attributeEscapes: Readonly<Record<string, string>> = {
  '&': '&amp;', '<': '&lt;', '"': '&quot;', '\t': '&#x9;', '\n': '&#xA;', '\r': '&#xD;',
};

function escapeAttribute(value: string): string {
  return /[&<"\t\n\r]/.test(value) ? value.replace(/[&<"\t\n\r]/g, (character) => attributeEscapes[character] ?? character) : value;
}
