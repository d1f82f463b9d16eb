import { xmlNamespace } from '../xml/names.ts';
import type { XmlAttribute, XmlElement } from '../xml/tree.ts';

/** Without a DTD these are what verifiers take for ID attributes: the wrapper's `id`, XML Signature's and XAdES' `Id`, and their like. */
function isIdentifier(attribute: XmlAttribute): boolean {
  if (attribute.prefix !== '') return attribute.uri === xmlNamespace && attribute.local === 'id';
  return attribute.local === 'id' || attribute.local === 'Id' || attribute.local === 'ID';
}

export interface Identifiers {
  readonly ids: ReadonlySet<string>;
  /** A value that occurs twice, or an element with two ID attributes: either makes two readers see two documents. */
  readonly ambiguous: string | null;
}

/** All ids in the subtree under `element`. */
export function collectIdentifiers(element: XmlElement): Identifiers {
  const ids = new Set<string>();
  let ambiguous: string | null = null;
  const pending: XmlElement[] = [element];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    let own = 0;
    for (const attribute of next.attributes) {
      if (!isIdentifier(attribute)) continue;
      own += 1;
      if (own > 1 || ids.has(attribute.value)) ambiguous ??= attribute.value;
      // An empty value identifies nothing: no reference can name it.
      if (attribute.value !== '') ids.add(attribute.value);
    }
    for (const child of next.children) if (child.kind === 'element') pending.push(child);
  }
  return { ids, ambiguous };
}
