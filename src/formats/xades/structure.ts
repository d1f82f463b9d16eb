import type { Bilingual } from '../bilingual.ts';
import type { XmlElement } from '../xml/tree.ts';

/** A file whose structure is not that of a signed document. `check` is the id of the check that it fails. */
export class StructureRefused extends Error {
  override readonly name = 'StructureRefused';
  readonly check: StructureCheck;
  readonly reason: Bilingual;

  constructor(check: StructureCheck, reason: Bilingual) {
    super(reason.en);
    this.check = check;
    this.reason = reason;
  }
}

export type StructureCheck = 'document.structure' | 'document.identifiers' | 'signature.structure' | 'signature.algorithms';

const onlySpace = /^[ \t\r\n]*$/;

/**
 * The child elements of `element` by name. Required ones occur exactly once, optional ones at most once, others not at all;
 * white space may stand between them, other text and comments may not. Throws StructureRefused.
 */
export function partsOf<R extends string, O extends string = never>(
  element: XmlElement,
  check: StructureCheck,
  uri: string,
  required: readonly R[],
  optional: readonly O[] = [],
): Readonly<Record<R, XmlElement>> & Readonly<Partial<Record<O, XmlElement>>> {
  const found = new Map<string, XmlElement>();
  for (const child of elementsOf(element, check)) {
    const known = child.uri === uri && ((required as readonly string[]).includes(child.local) || (optional as readonly string[]).includes(child.local));
    if (!known) throw unexpected(check, element, child.local);
    if (found.has(child.local)) throw repeated(check, element, child.local);
    found.set(child.local, child);
  }
  for (const name of required) if (!found.has(name)) throw missing(check, element, name);
  return Object.fromEntries(found) as Readonly<Record<R, XmlElement>> & Readonly<Partial<Record<O, XmlElement>>>;
}

/** The child elements of an element that holds elements and white space only. Throws StructureRefused. */
export function elementsOf(element: XmlElement, check: StructureCheck): readonly XmlElement[] {
  const elements: XmlElement[] = [];
  for (const child of element.children) {
    if (child.kind === 'element') elements.push(child);
    else if (child.kind === 'comment') {
      throw new StructureRefused(check, {
        ja: `要素 ${element.local} の中にコメントがあります。署名の対象を紛らわしくするため、受け付けません。`,
        en: `There is a comment inside ${element.local}. It could blur what is signed and is not accepted.`,
      });
    } else if (!onlySpace.test(child.value)) {
      throw new StructureRefused(check, {
        ja: `要素 ${element.local} の中に、あってはならない文字があります。`,
        en: `There is text inside ${element.local}, where none belongs.`,
      });
    }
  }
  return elements;
}

function unexpected(check: StructureCheck, element: XmlElement, name: string): StructureRefused {
  return new StructureRefused(check, {
    ja: `要素 ${element.local} の中に、あってはならない要素 ${shown(name)} があります。`,
    en: `There is an element ${shown(name)} inside ${element.local}, where it does not belong.`,
  });
}

function repeated(check: StructureCheck, element: XmlElement, name: string): StructureRefused {
  return new StructureRefused(check, {
    ja: `要素 ${element.local} の中に、要素 ${shown(name)} が2つ以上あります。`,
    en: `There is more than one element ${shown(name)} inside ${element.local}.`,
  });
}

function missing(check: StructureCheck, element: XmlElement, name: string): StructureRefused {
  return new StructureRefused(check, {
    ja: `要素 ${element.local} の中に、必要な要素 ${name} がありません。`,
    en: `The element ${name} is missing inside ${element.local}.`,
  });
}

/** A name or address from the file, cut so that a hostile one cannot flood a report. */
export function shown(value: string): string {
  const printable = value.replace(/[^\x21-\x7e]/g, '?');
  return printable.length > 80 ? `${printable.slice(0, 80)}…` : printable;
}
