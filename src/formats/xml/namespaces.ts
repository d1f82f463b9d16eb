import { xmlLimits } from './limits.ts';
import { splitName, xmlNamespace, xmlnsNamespace } from './names.ts';
import { lookUpNamespace, type NamespaceDeclaration, type NamespaceScope, type XmlAttribute } from './tree.ts';

export interface ResolvedNames {
  readonly uri: string;
  readonly attributes: readonly XmlAttribute[];
  readonly declarations: readonly NamespaceDeclaration[];
  readonly scope: NamespaceScope | null;
}

/** An absolute URI begins with a scheme (RFC 3986 §3.1). Canonical XML 1.0 §1.3 cannot represent a relative one. */
const absolute = /^[A-Za-z][A-Za-z0-9+.-]*:/;

const noDeclarations: readonly NamespaceDeclaration[] = [];

/** Resolves the names of one start tag after Namespaces in XML 1.0 §6, or says what is wrong with them. */
export function openScope(
  elementName: string,
  written: readonly { readonly name: string; readonly value: string }[],
  outer: NamespaceScope | null,
): ResolvedNames | 'namespace' | 'too-many-namespaces' {
  let scope = outer;
  let declarations: NamespaceDeclaration[] | null = null;
  for (const { name, value } of written) {
    if (!name.startsWith('xmlns')) continue;
    const prefix = name === 'xmlns' ? '' : name.startsWith('xmlns:') ? name.slice('xmlns:'.length) : null;
    if (prefix === null) continue;
    if (!mayDeclare(prefix, value)) return 'namespace';
    // `xml` is bound without being declared; declaring it again says nothing.
    if (prefix === 'xml') continue;
    declarations ??= [];
    declarations.push({ prefix, uri: value });
    scope = { prefix, uri: value, outer: scope };
  }
  if (declarations !== null && countScope(scope) > xmlLimits.namespaces) return 'too-many-namespaces';
  const uri = resolve(splitName(elementName).prefix, scope, true);
  if (uri === null) return 'namespace';
  const attributes: XmlAttribute[] = [];
  for (const { name, value } of written) {
    const { prefix, local } = splitName(name);
    if (name === 'xmlns' || prefix === 'xmlns') continue;
    const attributeUri = resolve(prefix, scope, false);
    if (attributeUri === null) return 'namespace';
    if (attributeUri !== '' && attributes.some((other) => other.local === local && other.uri === attributeUri)) return 'namespace';
    attributes.push({ name, local, prefix, uri: attributeUri, value });
  }
  return { uri, attributes, declarations: declarations ?? noDeclarations, scope };
}

function mayDeclare(prefix: string, uri: string): boolean {
  if (prefix === 'xmlns' || uri === xmlnsNamespace) return false;
  if ((prefix === 'xml') !== (uri === xmlNamespace)) return false;
  if (uri === '') return prefix === '';
  return absolute.test(uri);
}

function resolve(prefix: string, scope: NamespaceScope | null, element: boolean): string | null {
  if (prefix === '') return element ? lookUpNamespace(scope, '') ?? '' : '';
  if (prefix === 'xml') return xmlNamespace;
  if (prefix === 'xmlns') return null;
  return lookUpNamespace(scope, prefix) ?? null;
}

function countScope(scope: NamespaceScope | null): number {
  let count = 0;
  for (let at = scope; at !== null; at = at.outer) count += 1;
  return count;
}
