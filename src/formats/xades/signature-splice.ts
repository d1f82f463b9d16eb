import type { Bilingual } from '../bilingual.ts';
import type { DocumentType } from '../prescription/document.ts';
import { signHead, signTail, wrapperHead, wrapperNames, wrapperTail } from '../prescription/wrapper.ts';
import { closeTag, hashSigned, joinFile, openTag, signedElement, type DocumentInput } from './signed-element.ts';
import type { SignatureProfile } from './signature-profile.ts';

/** What a service gave back is not one signature element, and does not go into a file. */
export class ElementRefused extends Error {
  override readonly name = 'ElementRefused';
  readonly reason: Bilingual;

  constructor(reason: Bilingual) {
    super(reason.en);
    this.reason = reason;
  }
}

/** A document that lacks its whole signature, which a service makes over the document's digest. */
export interface DocumentToSplice {
  /** SHA-256 of the first reference, 32 bytes. */
  readonly documentDigest: Uint8Array;
  /**
   * The whole XML file, UTF-8, with the element in its place: `ds:Signature`, or the wrapper's own element around it.
   * Every byte outside of it is ours. Verifies nothing. Throws ElementRefused.
   */
  readonly splice: (element: Uint8Array) => Uint8Array;
}

/** Throws XmlRefusal or PrescriptionNotCarriable for a prescription that cannot be nested. */
export function prepareSplice(input: DocumentInput, reference1: SignatureProfile['reference1']): DocumentToSplice {
  const { type } = input;
  const signed = signedElement(input);
  return {
    documentDigest: hashSigned(signed, reference1),
    splice(element) {
      const found = signatureIn(element, type);
      const [before, after] = found.hasSign ? ['', ''] : [signHead(type), signTail(type)];
      return joinFile([wrapperHead(type), openTag(signed), ...signed.content, closeTag(signed) + before, found, after + wrapperTail(type)]);
    },
  };
}

interface FoundSignature {
  readonly bytes: Uint8Array;
  /** It brings the wrapper's element around ds:Signature along. */
  readonly hasSign: boolean;
}

const byteOrderMark = '\xef\xbb\xbf';
const declaration = /^<\?xml[ \t\r\n][^?<>]*\?>/;
const space = /[ \t\r\n]/;
const bareSignature = /^<(?:[A-Za-z_][\w.-]*:)?Signature[ \t\r\n>]/;

/**
 * Looks at the answer as text, because a service that wrote out of its element would write into our file: no markup but
 * tags, and none that could close the element which is around it. What is inside is the verifier's to judge.
 * SECURITY: test/unit/formats/xades/signature-splice.test.ts
 */
function signatureIn(element: Uint8Array, type: DocumentType): FoundSignature {
  // One character a byte; what is looked for is ASCII, which no byte of a longer UTF-8 sequence is.
  const text = Buffer.from(element.buffer, element.byteOffset, element.byteLength).toString('latin1');
  let from = text.startsWith(byteOrderMark) ? byteOrderMark.length : 0;
  from += declaration.exec(text.slice(from, from + 256))?.[0].length ?? 0;
  let to = text.length;
  while (from < to && space.test(text.charAt(from))) from += 1;
  while (to > from && space.test(text.charAt(to - 1))) to -= 1;
  const inside = text.slice(from, to);
  if (/<[!?]/.test(inside)) throw refused('要素以外の記述（コメント、処理命令、宣言）', 'markup other than elements');

  const { sign } = wrapperNames[type];
  const ownTags = inside.match(new RegExp(`</?${sign}(?![\\w.:-])`, 'g'))?.length ?? 0;
  const bytes = element.subarray(from, to);
  if (bareSignature.test(inside) && ownTags === 0) return { bytes, hasSign: false };
  // Of its attributes only declarations of namespaces can mean anything to the signature inside.
  const opening = new RegExp(`^<${sign}(?:[ \\t\\r\\n]+xmlns(?::[A-Za-z_][\\w.-]*)?="[^"<]*")*[ \\t\\r\\n]*>`);
  if (opening.test(inside) && inside.endsWith(`</${sign}>`) && ownTags === 2) return { bytes, hasSign: true };
  throw refused('署名要素（Signature）ちょうど1つではないもの', 'something else than exactly one Signature');
}

function refused(ja: string, en: string): ElementRefused {
  return new ElementRefused({ ja: `署名サービスの応答に${ja}が含まれています`, en: `The service answered with ${en}` });
}
