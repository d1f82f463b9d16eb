import { xmlLimits } from './limits.ts';
import { XmlRefusal } from './refusal.ts';

// Kept, so that the mark is seen and refused instead of silently dropped.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** XML 1.0 §2.2 Char, as what lies outside of it. Lone surrogates cannot come out of strict UTF-8. */
// eslint-disable-next-line no-control-regex -- the control characters are what it looks for
const notXmlCharacter = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;

/** XML 1.0 §2.8; version 1.1 has other rules for names and line ends. */
const declaration =
  /^<\?xml[ \t\r\n]+version[ \t\r\n]*=[ \t\r\n]*(?:"1\.0"|'1\.0')(?:[ \t\r\n]+encoding[ \t\r\n]*=[ \t\r\n]*(?:"utf-8"|'utf-8'))?(?:[ \t\r\n]+standalone[ \t\r\n]*=[ \t\r\n]*(?:"(?:yes|no)"|'(?:yes|no)'))?[ \t\r\n]*\?>/i;

/**
 * Refuses, before anything is parsed, what no signed prescription needs and what attacks are made of.
 * SECURITY: DOCTYPE, entity declarations and processing instructions never reach a parser; they are refused wherever their
 * characters stand, even where a parser would take them for text (test/unit/formats/xml/reader-refusals.test.ts).
 *
 * Returns the decoded source and where its content begins after the XML declaration. Throws XmlRefusal.
 */
export function prescan(bytes: Uint8Array): { readonly source: string; readonly contentStart: number } {
  if (bytes.length > xmlLimits.size) throw new XmlRefusal('too-large', xmlLimits.size);
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) throw new XmlRefusal('byte-order-mark', 0);
  const source = decode(bytes);
  const forbidden = source.search(notXmlCharacter);
  if (forbidden >= 0) throw new XmlRefusal('character-not-allowed', byteOffset(source, forbidden));
  const doctype = source.search(/<!(?!--|\[CDATA\[)/);
  if (doctype >= 0) throw new XmlRefusal(/^<![A-Z]/i.test(source.slice(doctype, doctype + 3)) ? 'doctype' : 'not-well-formed', byteOffset(source, doctype));
  const contentStart = endOfDeclaration(source);
  const instruction = source.indexOf('<?', contentStart);
  if (instruction >= 0) throw new XmlRefusal('processing-instruction', byteOffset(source, instruction));
  return { source, contentStart };
}

/** Strict UTF-8 maps one to one, so an offset of the text is an offset of the bytes. */
export function byteOffset(source: string, offset: number): number {
  return Buffer.byteLength(source.slice(0, offset), 'utf8');
}

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new XmlRefusal('not-utf8', firstInvalidByte(bytes));
  }
}

function firstInvalidByte(bytes: Uint8Array): number {
  // Only on the way to a refusal: the longest prefix that decodes, found by halving.
  const decodes = (length: number): boolean => {
    try {
      new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(0, length), { stream: true });
      return true;
    } catch {
      return false;
    }
  };
  let good = 0;
  let bad = bytes.length;
  if (decodes(bad)) return bad; // It only ends in the middle of a character.
  while (bad - good > 1) {
    const middle = (good + bad) >>> 1;
    if (decodes(middle)) good = middle;
    else bad = middle;
  }
  return good;
}

function endOfDeclaration(source: string): number {
  if (!/^<\?xml[ \t\r\n?]/.test(source)) return 0;
  const match = declaration.exec(source);
  if (match === null) throw new XmlRefusal('declaration', 0);
  return match[0].length;
}
