/** Documents as the agent shows them, made from the sample prescriptions by the summary that it uses. */
import type { DocumentView } from '../../../../src/contract/ipc/document.ts';
import { readDispensingCsv, readPrescriptionCsv } from '../../../../src/formats/prescription/csv-reader.ts';
import { summarizeDispensing } from '../../../../src/formats/prescription/dispensing-summary.ts';
import { summarizePrescription } from '../../../../src/formats/prescription/prescription-summary.ts';
import type { DocumentSummary } from '../../../../src/formats/prescription/summary.ts';
import { sampleDispensingCsv } from '../../../../src/sandbox/samples/dispensing.ts';
import { samplePrescriptionCsv, type SamplePrescriptionOptions } from '../../../../src/sandbox/samples/prescription.ts';

function documentView(id: string, summary: DocumentSummary, warnings: DocumentView['warnings'] = []): DocumentView {
  return {
    id,
    type: summary.type,
    signer: summary.signer.name,
    facility: summary.facility,
    patient: {
      name: summary.patient.name,
      kana: summary.patient.kana,
      sex: summary.patient.sex,
      birthDate: summary.patient.birthDate,
      age: summary.patient.age,
    },
    date: summary.date,
    drugCount: summary.drugCount,
    hasNarcotic: summary.hasNarcotic,
    sections: summary.sections.map(({ heading, rows }) => ({
      heading,
      rows: rows.map(({ label, value, marks, line }) => ({ label, value, marks: [...marks], line })),
    })),
    warnings,
  };
}

function readable<Read>(reading: { readonly ok: true; readonly document: Read } | { readonly ok: false }): Read {
  if (!reading.ok) throw new Error('a sample does not read');
  return reading.document;
}

export function prescription(id = 'rx-1', options: SamplePrescriptionOptions = {}): DocumentView {
  return documentView(id, summarizePrescription(readable(readPrescriptionCsv(samplePrescriptionCsv(options)))));
}

export function dispensing(id = 'dx-1'): DocumentView {
  const nested = readable(readPrescriptionCsv(samplePrescriptionCsv()));
  return documentView(id, summarizeDispensing(readable(readDispensingCsv(sampleDispensingCsv())), nested), [
    { ja: '処方箋の失効リスト: 手元にないため、処方箋の署名者の失効を確かめていません', en: 'Revocation list of the prescription: none at hand, so revocation of its signer is not checked' },
  ]);
}

const patients = [
  { name: '髙橋　①子', kana: 'ﾀｶﾊｼ ｲﾁｺ' },
  { name: '見本　太郎', kana: 'ﾐﾎﾝ ﾀﾛｳ' },
  { name: '架空　さくら', kana: 'ｶｸｳ ｻｸﾗ' },
  { name: '例示　健一郎', kana: 'ﾚｲｼﾞ ｹﾝｲﾁﾛｳ' },
  { name: '試験　みどり', kana: 'ｼｹﾝ ﾐﾄﾞﾘ' },
  { name: '﨑山　吉太', kana: 'ｻｷﾔﾏ ﾖｼﾀ' },
  { name: '仮名　春', kana: 'ｶﾒｲ ﾊﾙ' },
  { name: 'サンプル　アレクサンドラ・マリア・テレジア', kana: 'ｻﾝﾌﾟﾙ ｱﾚｸｻﾝﾄﾞﾗ ﾏﾘｱ ﾃﾚｼﾞｱ' },
] as const;

/** Several patients, of whom every third has a narcotic. */
export function batch(count = 12): DocumentView[] {
  return Array.from({ length: count }, (_, index) => {
    const patient = patients[index % patients.length] ?? patients[0];
    return prescription(`rx-${index + 1}`, { patient, withoutNarcotic: index % 3 !== 0 });
  });
}
