/** Why bytes were refused. Closed, so that callers may tell cases apart. */
export type DerProblem =
  | 'truncated'
  | 'trailing-bytes'
  | 'indefinite-length'
  | 'length-not-minimal'
  | 'tag-not-supported'
  | 'unexpected-tag'
  | 'missing-element'
  | 'too-deep'
  | 'too-large'
  | 'bad-value';

/** The only error that reading DER throws. `offset` counts bytes from the start of the input. */
export class DerError extends Error {
  readonly problem: DerProblem;
  readonly offset: number;

  constructor(problem: DerProblem, offset: number, detail: string) {
    super(`${detail} (${problem} at byte ${offset})`);
    this.name = 'DerError';
    this.problem = problem;
    this.offset = offset;
  }
}

/** Tags of X.690 §8 as the identifier octet has them, class and constructed bit included. */
export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  numericString: 0x12,
  printableString: 0x13,
  teletexString: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  visibleString: 0x1a,
  universalString: 0x1c,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

/** `[n]` with primitive content, as IMPLICIT tagging of a primitive type gives it. */
export const contextPrimitive = (n: number): number => 0x80 | n;
/** `[n]` with constructed content: EXPLICIT, or IMPLICIT of a SEQUENCE or SET. */
export const contextConstructed = (n: number): number => 0xa0 | n;

/** One tag-length-value. `encoded` and `content` are views into the input. */
export interface DerElement {
  readonly tag: number;
  readonly encoded: Uint8Array;
  readonly content: Uint8Array;
  /** Where `encoded` starts in the input. */
  readonly offset: number;
  readonly depth: number;
}

/** Certificates nest about ten levels deep; nothing legitimate comes near this. */
const maxDepth = 32;

/**
 * Reads exactly one element that fills `bytes`.
 * SECURITY: definite and minimal lengths only, capped in size and depth (test/unit/formats/pki/der.test.ts).
 */
export function readDer(bytes: Uint8Array, maxBytes: number): DerElement {
  if (bytes.length > maxBytes) {
    throw new DerError('too-large', 0, `${bytes.length} bytes are more than the ${maxBytes} allowed`);
  }
  const element = readElement(bytes, 0, 0, 0);
  if (element.encoded.length !== bytes.length) {
    throw new DerError('trailing-bytes', element.encoded.length, 'bytes follow the element');
  }
  return element;
}

/** Reads the DER that an OCTET STRING or BIT STRING wraps; offsets and depth go on from the wrapper. */
export function readNested(wrapper: DerElement, content: Uint8Array): DerElement {
  const base = wrapper.offset + (content.byteOffset - wrapper.encoded.byteOffset);
  const element = readElement(content, 0, base, wrapper.depth + 1);
  if (element.encoded.length !== content.length) {
    throw new DerError('trailing-bytes', base + element.encoded.length, 'bytes follow the wrapped element');
  }
  return element;
}

function readElement(bytes: Uint8Array, start: number, base: number, depth: number): DerElement {
  const at = base + start;
  if (depth > maxDepth) throw new DerError('too-deep', at, `elements nest deeper than ${maxDepth}`);
  const tag = bytes[start];
  const first = bytes[start + 1];
  if (tag === undefined || first === undefined) throw new DerError('truncated', at, 'the header is cut off');
  if ((tag & 0x1f) === 0x1f) throw new DerError('tag-not-supported', at, 'tag numbers above 30 are not used by X.509');
  let contentStart = start + 2;
  let length = first;
  if (first === 0x80) throw new DerError('indefinite-length', at, 'DER has no indefinite lengths');
  if (first > 0x80) {
    const count = first & 0x7f;
    if (count > 4) throw new DerError('too-large', at, 'the length takes more than four bytes');
    length = 0;
    for (let i = 0; i < count; i += 1) {
      const octet = bytes[contentStart + i];
      if (octet === undefined) throw new DerError('truncated', at, 'the length is cut off');
      length = length * 256 + octet;
    }
    contentStart += count;
    if (length < 0x80 || (count > 1 && length < 256 ** (count - 1))) {
      throw new DerError('length-not-minimal', at, 'the length is not in its shortest form');
    }
  }
  const end = contentStart + length;
  if (end > bytes.length) throw new DerError('truncated', at, 'the content is cut off');
  return {
    tag,
    encoded: bytes.subarray(start, end),
    content: bytes.subarray(contentStart, end),
    offset: at,
    depth,
  };
}

/** Walks through the children of a constructed element, in order. */
export class DerCursor {
  readonly #parent: DerElement;
  readonly #base: number;
  #position = 0;

  constructor(parent: DerElement, expectedTag: number = parent.tag) {
    expectTag(parent, expectedTag);
    if ((parent.tag & 0x20) === 0) {
      throw new DerError('unexpected-tag', parent.offset, `tag ${hexTag(parent.tag)} has no elements inside`);
    }
    this.#parent = parent;
    this.#base = parent.offset + (parent.encoded.length - parent.content.length);
  }

  get done(): boolean {
    return this.#position >= this.#parent.content.length;
  }

  /** Tag of the next child, or undefined at the end. */
  get nextTag(): number | undefined {
    return this.#parent.content[this.#position];
  }

  /** The next child; with `tag`, only that tag is accepted. */
  next(tag?: number): DerElement {
    if (this.done) throw new DerError('missing-element', this.#base + this.#position, 'an element is missing');
    const element = readElement(this.#parent.content, this.#position, this.#base, this.#parent.depth + 1);
    if (tag !== undefined) expectTag(element, tag);
    this.#position += element.encoded.length;
    return element;
  }

  /** The next child if it has this tag. */
  optional(tag: number): DerElement | undefined {
    return this.nextTag === tag ? this.next(tag) : undefined;
  }

  /** Refuses anything that is left over. */
  end(): void {
    if (!this.done) {
      throw new DerError('trailing-bytes', this.#base + this.#position, 'an unexpected element follows');
    }
  }
}

/** All children of a constructed element with the given tag. */
export function children(parent: DerElement, expectedTag: number): readonly DerElement[] {
  const cursor = new DerCursor(parent, expectedTag);
  const elements: DerElement[] = [];
  while (!cursor.done) elements.push(cursor.next());
  return elements;
}

/** The one child of an EXPLICIT tag. */
export function unwrap(parent: DerElement, expectedTag: number, childTag?: number): DerElement {
  const cursor = new DerCursor(parent, expectedTag);
  const child = cursor.next(childTag);
  cursor.end();
  return child;
}

/** Throws {@link DerError} `unexpected-tag`. */
export function expectTag(element: DerElement, tag: number): void {
  if (element.tag !== tag) {
    throw new DerError('unexpected-tag', element.offset, `tag ${hexTag(tag)} was expected, ${hexTag(element.tag)} found`);
  }
}

function hexTag(tag: number): string {
  return `0x${tag.toString(16).padStart(2, '0')}`;
}
