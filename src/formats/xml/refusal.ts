import type { Bilingual } from '../bilingual.ts';

/** Why a file was refused before or while it was read. Closed, so that callers may tell cases apart. */
export type XmlProblem =
  | 'too-large'
  | 'byte-order-mark'
  | 'not-utf8'
  | 'character-not-allowed'
  | 'declaration'
  | 'doctype'
  | 'processing-instruction'
  | 'entity'
  | 'too-deep'
  | 'too-many-nodes'
  | 'too-many-attributes'
  | 'too-many-namespaces'
  | 'namespace'
  | 'not-well-formed';

const reasons: Readonly<Record<XmlProblem, Bilingual>> = {
  'too-large': { ja: 'XMLが大きすぎます', en: 'The XML is too large' },
  'byte-order-mark': { ja: 'XMLの先頭にBOMがあります', en: 'The XML begins with a byte order mark' },
  'not-utf8': { ja: 'XMLがUTF-8ではありません', en: 'The XML is not UTF-8' },
  'character-not-allowed': { ja: 'XMLで使えない文字があります', en: 'The XML holds a character that XML does not allow' },
  declaration: { ja: 'XML宣言が正しくありません', en: 'The XML declaration is not a valid one' },
  doctype: { ja: 'DOCTYPEは受け付けません', en: 'A DOCTYPE is not accepted' },
  'processing-instruction': { ja: '処理命令は受け付けません', en: 'A processing instruction is not accepted' },
  entity: { ja: '定義済み以外の実体参照、または文字として無効な参照があります', en: 'There is a reference to an entity that is not predefined, or to a character that is not valid' },
  'too-deep': { ja: 'XMLの入れ子が深すぎます', en: 'The XML is nested too deeply' },
  'too-many-nodes': { ja: 'XMLの要素が多すぎます', en: 'The XML has too many nodes' },
  'too-many-attributes': { ja: '1つの要素の属性が多すぎます', en: 'One element has too many attributes' },
  'too-many-namespaces': { ja: '名前空間の宣言が多すぎます', en: 'There are too many namespace declarations' },
  namespace: { ja: '名前空間の使い方が正しくありません', en: 'Namespaces are not used correctly' },
  'not-well-formed': { ja: 'XMLの構文が正しくありません', en: 'The XML is not well-formed' },
};

/** The only error that reading XML throws. `offset` counts bytes from the start of the file. */
export class XmlRefusal extends Error {
  override readonly name = 'XmlRefusal';
  readonly problem: XmlProblem;
  readonly offset: number;
  readonly reason: Bilingual;

  constructor(problem: XmlProblem, offset: number) {
    const { ja, en } = reasons[problem];
    super(`${en} (byte ${offset})`);
    this.problem = problem;
    this.offset = offset;
    this.reason = { ja: `${ja}（${offset}バイト目）。`, en: `${en} (at byte ${offset}).` };
  }
}
