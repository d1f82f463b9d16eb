import { xsiNamespace } from '../prescription/wrapper.ts';
import { childElements, lookUpNamespace, type NamespaceScope, type XmlElement } from '../xml/tree.ts';
import { parseSignature } from './parsed-signature.ts';
import { StructureRefused } from './structure.ts';

/** What the ancestors in a dispensing result declare for the prescription that they carry. */
export const carryingScope: NamespaceScope = { prefix: 'xsi', uri: xsiNamespace, outer: null };

/**
 * Whether the doctor's signature holds as well where the ancestors declare only `xmlns:xsi`. It does where the old ancestors
 * declared no other binding. Where they did, it still does if nothing inside takes a name from such a binding, and
 * everything that was hashed was canonicalized exclusively without listing it (Exclusive XML Canonicalization 1.0 §3):
 * then the binding is not in the hashed bytes, here or there. Time-stamps canonicalize inclusively unless they say otherwise.
 */
export function keepsSignature(prescription: XmlElement): boolean {
  const foreign = foreignPrefixes(prescription.scope);
  return foreign.size === 0 || (!usesAny(prescription, foreign) && isHashedWithout(foreign, prescription));
}

/** Prefixes that mean one thing under the old ancestors and another, or nothing, under the new ones; empty: the default namespace. */
function foreignPrefixes(scope: NamespaceScope | null): ReadonlySet<string> {
  const prefixes = new Set([carryingScope.prefix]);
  for (let at = scope; at !== null; at = at.outer) prefixes.add(at.prefix);
  return new Set([...prefixes].filter((prefix) => (lookUpNamespace(scope, prefix) ?? '') !== (lookUpNamespace(carryingScope, prefix) ?? '')));
}

/** Whether an element or attribute inside has its namespace from outside by one of these prefixes. */
function usesAny(prescription: XmlElement, prefixes: ReadonlySet<string>): boolean {
  const outside = prescription.scope;
  const fromOutside = (element: XmlElement, prefix: string): boolean => {
    if (!prefixes.has(prefix)) return false;
    for (let at = element.scope; at !== null && at !== outside; at = at.outer) if (at.prefix === prefix) return false;
    return true;
  };
  const pending = [...childElements(prescription)];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const element = next;
    if (fromOutside(element, element.prefix)) return true;
    if (element.attributes.some(({ prefix }) => prefix !== '' && fromOutside(element, prefix))) return true;
    pending.push(...childElements(element));
  }
  return false;
}

function isHashedWithout(prefixes: ReadonlySet<string>, prescription: XmlElement): boolean {
  const [signature, ...more] = childElements(prescription).filter(({ local }) => local === 'PrescriptionSign').flatMap(childElements);
  if (signature === undefined || more.length > 0) return false;
  try {
    const { canonicalization, references, unsigned } = parseSignature(signature);
    const canonicalizations = [canonicalization, ...references.map((reference) => reference.canonicalization)];
    const listed = (token: string): boolean => prefixes.has(token === '#default' ? '' : token);
    return unsigned === null && canonicalizations.every((each) => each.method === 'exclusive' && !each.prefixes.some(listed));
  } catch (error) {
    if (error instanceof StructureRefused) return false;
    throw error;
  }
}
