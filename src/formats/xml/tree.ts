/** A namespace binding and the ones around it, innermost first. */
export interface NamespaceScope {
  /** Empty for the default namespace. */
  readonly prefix: string;
  /** Empty where `xmlns=""` takes the default namespace away. */
  readonly uri: string;
  readonly outer: NamespaceScope | null;
}

export interface XmlAttribute {
  /** As written, `prefix:local` or `local`. */
  readonly name: string;
  readonly local: string;
  /** Empty for an attribute without a prefix. */
  readonly prefix: string;
  readonly uri: string;
  /** Normalised as XML 1.0 §3.3.3 says for CDATA attributes. */
  readonly value: string;
}

export interface NamespaceDeclaration {
  readonly prefix: string;
  readonly uri: string;
}

export interface XmlText {
  readonly kind: 'text';
  /** Line ends normalised, references and CDATA sections resolved. */
  readonly value: string;
}

export interface XmlComment {
  readonly kind: 'comment';
  readonly value: string;
}

/** Offsets count UTF-16 units of the document's source. */
export interface XmlElement {
  readonly kind: 'element';
  readonly name: string;
  readonly local: string;
  readonly prefix: string;
  /** Empty for an element in no namespace. */
  readonly uri: string;
  readonly attributes: readonly XmlAttribute[];
  /** Declared on this very element. */
  readonly declarations: readonly NamespaceDeclaration[];
  /** All bindings in scope here, this element's own included; null where there are none. */
  readonly scope: NamespaceScope | null;
  readonly children: readonly XmlNode[];
  readonly parent: XmlElement | null;
  readonly start: number;
  /** Right after the start tag. Equal to `contentEnd` for an empty-element tag. */
  readonly contentStart: number;
  /** At the `<` of the end tag. */
  readonly contentEnd: number;
}

export type XmlNode = XmlElement | XmlText | XmlComment;

export interface XmlDocument {
  readonly source: string;
  readonly root: XmlElement;
}

/** `name` as written, with its prefix. */
export function attributeValue(element: XmlElement, name: string): string | null {
  for (const attribute of element.attributes) if (attribute.name === name) return attribute.value;
  return null;
}

export function childElements(element: XmlElement): readonly XmlElement[] {
  return element.children.filter((child) => child.kind === 'element');
}

/** The text of an element that holds nothing but text, or null. */
export function textOnly(element: XmlElement): string | null {
  const only = element.children[0];
  if (element.children.length === 1 && only?.kind === 'text') return only.value;
  let text = '';
  for (const child of element.children) {
    if (child.kind !== 'text') return null;
    text += child.value;
  }
  return text;
}

/** Undefined where nothing in scope declares the prefix; '' where the default namespace was taken away. */
export function lookUpNamespace(scope: NamespaceScope | null, prefix: string): string | undefined {
  for (let at = scope; at !== null; at = at.outer) if (at.prefix === prefix) return at.uri;
  return undefined;
}
