import fc from 'fast-check';

/** Well-formed documents with namespaces, written in every legal variety that canonicalization must level out. */

const prefixes = ['p', 'q', 'r', 'xsi'] as const;
/** None holds an ampersand: libxml2 and xml-crypto write that one unescaped into a namespace declaration, which is no XML any more. */
const uris = ['urn:a', 'urn:b', 'http://example.org/c?x=1'] as const;
const names = ['a', 'b', 'Document', 'é', '薬', 'x-1'] as const;

const textPiece = fc.constantFrom('x', ' ', '\n', '\r\n', '\r', '\t', '&amp;', '&lt;', '>', '"', "'", '&#13;', '&#x9;', '髙①', '😀', '\uf900', '<![CDATA[<&>]]>', '<!-- c -->', '&quot;');
const attributePiece = fc.constantFrom('v', ' ', '\n', '\r\n', '\t', '&amp;', '&lt;', '>', '&quot;', '&#13;', '&#10;', '&#9;', '髙', '😀', '&apos;');

interface ElementPlan {
  readonly name: string;
  readonly prefix: string | null;
  readonly declarations: readonly (readonly [string, string])[];
  readonly attributes: readonly { readonly name: string; readonly prefix: string | null; readonly value: string }[];
  readonly selfClosing: boolean;
  readonly children: readonly (ElementPlan | string)[];
}

const { element } = fc.letrec<{ element: ElementPlan }>((tie) => ({
  element: fc.record({
    name: fc.constantFrom(...names),
    prefix: fc.option(fc.constantFrom(...prefixes), { nil: null }),
    declarations: fc.uniqueArray(fc.tuple(fc.constantFrom('', ...prefixes), fc.constantFrom(...uris)), { selector: ([prefix]) => prefix, maxLength: 3 }),
    attributes: fc.uniqueArray(
      fc.record({
        name: fc.constantFrom('id', 'n', 'é', '\uf900', 'lang'),
        prefix: fc.option(fc.constantFrom(...prefixes, 'xml'), { nil: null }),
        value: fc.array(attributePiece, { maxLength: 4 }).map((parts) => parts.join('')),
      }),
      { selector: ({ name, prefix }) => `${prefix ?? ''}:${name}`, maxLength: 4 },
    ),
    selfClosing: fc.boolean(),
    children: fc.array(fc.oneof({ depthSize: 'small' }, fc.array(textPiece, { maxLength: 4 }).map((parts) => parts.join('')), tie('element')), { maxLength: 4 }),
  }),
}));

type Scope = ReadonlyMap<string, string>;

/** Leaves out what the plan names but the scope does not bind, so that every document is namespace-well-formed. */
function write(plan: ElementPlan, outer: Scope): string {
  const scope = new Map(outer);
  const declarations = plan.declarations.map(([prefix, uri]) => {
    const undeclared = prefix === '' && outer.get('') !== undefined && uri === 'urn:b' ? '' : uri;
    scope.set(prefix, undeclared);
    return prefix === '' ? ` xmlns="${undeclared}"` : ` xmlns:${prefix}='${undeclared}'`;
  });
  const bound = (prefix: string | null): string => (prefix !== null && scope.has(prefix) ? `${prefix}:` : '');
  const seen = new Set<string>();
  const attributes = plan.attributes.flatMap(({ name, prefix, value }) => {
    const written = prefix === 'xml' ? 'xml:' : bound(prefix);
    const expanded = `${written === '' ? '' : (scope.get(written.slice(0, -1)) ?? written)}|${name}`;
    if (seen.has(expanded) || (written === 'xml:' && name !== 'lang')) return [];
    seen.add(expanded);
    return [`\n ${written}${name} = "${value}"`];
  });
  const name = `${bound(plan.prefix)}${plan.name}`;
  const start = `<${name}${[...attributes, ...declarations].join('')}`;
  const content = plan.children.map((child) => (typeof child === 'string' ? child : write(child, scope))).join('');
  return content === '' && plan.selfClosing ? `${start} />` : `${start}>${content}</${name} >`;
}

/** One document as text. `p` is always bound at the root. */
export const generatedXml: fc.Arbitrary<string> = element.map((plan) =>
  write({ ...plan, declarations: [['p', 'urn:a'], ...plan.declarations.filter(([prefix]) => prefix !== 'p')] }, new Map()),
);
