/**
 * Which drug is a 麻薬, as far as the CSV lets one know [I]. Record 60 (麻薬施用) says that the prescription holds one,
 * not which. A YJ code, and the 一般名 code made from it, begins with the class of the Japanese standard commodity
 * classification, in which 81 and 82 are the narcotics (1 % codeine powder, no narcotic by law, is 22 there). A レセ電
 * code tells nothing; then only a mark in the name is left. So an unmarked drug may still be a narcotic.
 */
const CODE_KINDS_WITH_CLASS: ReadonlySet<string> = new Set(['4', '7']);
const NARCOTIC_CLASSES = /^8[12]/;
/** What every code of those classes begins with. */
export const narcoticCodeStart = '8';
const NARCOTIC_NAME_MARKS = /麻薬|[（(【［[〔〈]麻[）)】］\]〕〉]|㋮/;

const mark = Buffer.from('麻');
/** ㋮ without its first byte, which it shares with all kana: so it is found many times faster, and hardly ever wrongly. */
const circledMark = Buffer.from('㋮').subarray(1);

/** Of a whole CSV: false means that no name in it is marked. */
export function mayMarkNarcotics(csv: Buffer): boolean {
  return csv.includes(mark) || csv.includes(circledMark);
}

export function isNarcoticDrug(drug: { readonly codeKind: string; readonly code: string; readonly name: string }): boolean {
  const byCode = CODE_KINDS_WITH_CLASS.has(drug.codeKind) && NARCOTIC_CLASSES.test(drug.code);
  return byCode || NARCOTIC_NAME_MARKS.test(drug.name);
}
