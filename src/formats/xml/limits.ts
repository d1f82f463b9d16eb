/**
 * What a signed prescription never comes near, and what stops a hostile file early.
 * SECURITY: each cap is guarded by test/unit/formats/xml/reader-refusals.test.ts.
 */
export const xmlLimits = {
  /** Bytes of the whole file. A dispensing result with its nested prescription and archived CRLs stays under 5 MiB. */
  size: 16 * 1024 * 1024,
  /** Elements inside each other. A level A dispensing result with its nested prescription has about 20. */
  depth: 64,
  /** Elements, attributes, texts and comments together. A level A dispensing result with its nested prescription has some hundreds. */
  nodes: 20_000,
  /** Attributes and namespace declarations of one element. */
  attributes: 64,
  /** Namespace declarations in scope at one element. */
  namespaces: 64,
} as const;
