import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDispensingCsv, readPrescriptionCsv } from '../../../../src/formats/prescription/csv-reader.ts';
import { summarizeDispensing } from '../../../../src/formats/prescription/dispensing-summary.ts';
import type { DocumentSummary, SummaryRow } from '../../../../src/formats/prescription/summary.ts';
import { sampleDispensingCsv } from '../../../../src/sandbox/samples/dispensing.ts';
import { samplePrescriptionCsv } from '../../../../src/sandbox/samples/prescription.ts';
import { dispensingOf, plainDispensing, plainPrescription, prescriptionOf, replaced } from './csv-text.ts';

const nestedId = '0b6f8bd8-2ab3-4f5e-9d6c-3d5a7f0f0001';

function comparison(summary: DocumentSummary): readonly SummaryRow[] {
  return summary.sections.find((section) => section.heading.en.startsWith('Compared'))?.rows ?? [];
}

function compared(dispensing: readonly string[], prescription: readonly string[] = plainPrescription, id: string | null = nestedId): DocumentSummary {
  return summarizeDispensing(dispensingOf(dispensing), prescriptionOf(prescription), id);
}

function differences(...args: Parameters<typeof compared>): string[] {
  return comparison(compared(...args)).map((row) => `${row.label.en}: ${row.value}`);
}

describe('the summary of a dispensing result', () => {
  it('names the pharmacist, the pharmacy and the patient', () => {
    expect(compared(plainDispensing)).toMatchObject({
      type: 'dispensing',
      signer: { name: '調剤　花子', kana: null },
      facility: 'みほん薬局',
      patient: { name: '患者　太郎', kana: 'ｶﾝｼﾞｬ ﾀﾛｳ', sex: 'male', birthDate: '1980-04-01', age: 46 },
      date: '2026-04-02',
      drugCount: 1,
      hasNarcotic: false,
    });
  });

  it('begins with what differs, then the drugs', () => {
    const [first, second, ...others] = compared(plainDispensing).sections.map((section) => section.heading.en);
    expect(first).toMatch(/^Compared with the prescription/);
    expect(second).toMatch(/^RP 1/);
    expect(others).toContain('Patient');
  });

  it('says so when nothing differs', () => {
    expect(differences(plainDispensing)).toEqual(['No difference found: —']);
  });

  it('has one arrow in each difference, whatever the names hold', () => {
    expect(differences(replaced(plainDispensing, '55,', '55,医者　三郎 → 医者　三郎,内科')))
      .toEqual(['Another doctor\'s name: 医者　三郎 → 医者　三郎 ⟨→⟩ 医者　三郎']);
  });

  it('finds the one difference of the sample: a generic for a drug prescribed by its 一般名', () => {
    const [dispensing, prescription] = [readDispensingCsv(sampleDispensingCsv()), readPrescriptionCsv(samplePrescriptionCsv())];
    if (!dispensing.ok || !prescription.ok) throw new Error('a sample is refused');
    const summary = summarizeDispensing(dispensing.document, prescription.document);
    expect(comparison(summary).map((row) => row.value)).toEqual(['【般】アムロジピン錠２．５ｍｇ 1錠 → アムロジピン錠２．５ｍｇ「ミホン」 1錠']);
    const marked = summary.sections.flatMap((section) => section.rows).filter((row) => row.marks.includes('difference'));
    expect(new Set(marked.map((row) => row.line))).toEqual(new Set([10]));
  });

  it.each<[string, string, string[], string]>([
    ['another patient', '1,', ['1,別人　次郎,1,19800401,,,,,,,ｶﾝｼﾞｬ ﾀﾛｳ'], 'Another patient\'s name: 患者　太郎 → 別人　次郎'],
    ['another kana', '1,', ['1,患者　太郎,1,19800401,,,,,,,ﾍﾞﾂｼﾞﾝ'], 'Another name in kana: ｶﾝｼﾞｬ ﾀﾛｳ → ﾍﾞﾂｼﾞﾝ'],
    ['another date of birth', '1,', ['1,患者　太郎,1,19800402'], 'Another date of birth: 1980-04-01（昭和55年4月1日） → 1980-04-02（昭和55年4月2日）'],
    ['another sex', '1,', ['1,患者　太郎,2,19800401'], 'Another sex: 1 → 2'],
    ['another prescription', '7,', ['7,11111111-2ab3-4f5e-9d6c-3d5a7f0f0001'], `Another prescription id: ${nestedId} → 11111111-2ab3-4f5e-9d6c-3d5a7f0f0001`],
    ['another facility', '51,', ['51,別の医院,13,1,8888888'], 'Another facility code: 9999999 → 8888888'],
    ['another doctor', '55,', ['55,別医　四郎,内科'], 'Another doctor\'s name: 医者　三郎 → 別医　四郎'],
    ['another amount', '201,', ['201,1,見本錠１００ｍｇ,4,錠,2,999999999'], 'Another amount: 見本錠１００ｍｇ 3錠 → 見本錠１００ｍｇ 4錠'],
    ['another unit', '201,', ['201,1,見本錠１００ｍｇ,3,ｇ,2,999999999'], 'Another amount: 見本錠１００ｍｇ 3錠 → 見本錠１００ｍｇ 3ｇ'],
    ['another drug', '201,', ['201,1,他剤錠,3,錠,2,111111111'], 'Another drug: 見本錠１００ｍｇ 3錠 → 他剤錠 3錠'],
    ['one drug more', '201,', ['201,1,見本錠１００ｍｇ,3,錠,2,999999999', '201,1,追加錠,1,錠,2,111111111'], 'A drug that was not prescribed: — → 追加錠 1錠'],
    ['another usage', '301,', ['301,1,１日１回就寝前,7,日分'], 'Another usage: １日３回朝昼夕食後　服用 → １日１回就寝前'],
    ['other days', '301,', ['301,1,１日３回朝昼夕食後　服用,14,日分'], 'Another quantity: 7 → 14日分'],
  ])('shows %s', (_, start, lines, shown) => {
    const summary = compared(replaced(plainDispensing, start, ...lines));
    const rows = comparison(summary);
    expect(rows.map((row) => `${row.label.en}: ${row.value}`)).toEqual([shown]);
    expect(rows[0]?.marks).toEqual(['difference']);
    const own = summary.sections.filter((section) => !section.heading.en.startsWith('Compared')).flatMap((section) => section.rows);
    expect(own.filter((row) => row.marks.includes('difference')).map((row) => row.line)).toContain(rows[0]?.line);
  });

  it('shows a prescribed drug that was not dispensed', () => {
    const two = [...plainPrescription, '201,1,2,1,2,888888888,二剤錠,2,1,錠'];
    expect(differences(plainDispensing, two)).toEqual(['A prescribed drug was not dispensed: 二剤錠 2錠 → —']);
  });

  it('says it when the doctor had barred the change', () => {
    const barred = [...replaced(plainPrescription, '201,', '201,1,1,1,4,2171022F1990,先発錠,3,1,錠'), '281,1,1,1,3,,'];
    const rows = comparison(compared(replaced(plainDispensing, '201,', '201,1,後発錠,3,錠,4,2171022F1888'), barred));
    expect(rows).toHaveLength(1);
    expect(rows[0]?.marks).toEqual(['difference', 'no_substitution']);
    expect(rows[0]?.label.en).toBe('A drug that must not be substituted was changed');
  });

  it.each<[string, string, string[]]>([
    ['width and spaces of a name', '1,', ['1,患者 太郎,1,19800401,,,,,,,カンジャタロウ']],
    ['the era of a date', '1,', ['1,患者　太郎,1,S550401']],
    ['3.0 for 3', '201,', ['201,1,見本錠１００ｍｇ,３.0,錠,2,999999999']],
    ['a code for the same name', '201,', ['201,1,見本錠100mg,3,錠,4,1111111F1111']],
    ['the case of an id', '7,', [`7,${nestedId.toUpperCase()}`]],
    ['RPs numbered anew', '201,', ['201,5,見本錠１００ｍｇ,3,錠,2,999999999']],
  ])('is not disturbed by %s', (_, start, lines) => {
    let dispensing = replaced(plainDispensing, start, ...lines);
    if (lines[0]?.startsWith('201,5') === true) dispensing = dispensing.map((line) => line.replace(/^301,1,/, '301,5,'));
    expect(differences(dispensing)).toEqual(['No difference found: —']);
  });

  it('compares no id where the nested prescription has none, as a clinic\'s own copy', () => {
    expect(differences(plainDispensing, plainPrescription, null)).toEqual(['No difference found: —']);
  });

  it('says that nothing was compared where the prescription cannot be read', () => {
    const rows = comparison(summarizeDispensing(dispensingOf(plainDispensing), null));
    expect(rows.map((row) => [row.label.en, row.marks])).toEqual([['Not compared: the prescription cannot be read', ['warning']]]);
  });

  it('knows of a narcotic from the nested prescription even where its own codes do not tell', () => {
    const narcotic = [...plainPrescription, '60,第１号,住所,03'];
    expect(compared(plainDispensing, narcotic).hasNarcotic).toBe(true);
  });

  it('loses no drug on either side, whatever was prescribed and dispensed', () => {
    const drug = fc.record({ rp: fc.constantFrom('1', '2', '3'), code: fc.constantFrom('111111111', '222222222', ''), name: fc.constantFrom('甲', '乙', '丙') });
    fc.assert(fc.property(fc.array(drug, { minLength: 1, maxLength: 8 }), fc.array(drug, { minLength: 1, maxLength: 8 }), (given, taken) => {
      const prescription = [
        ...replaced(plainPrescription, '201,'),
        ...given.map(({ rp, code, name }, index) => `201,${rp},${index + 1},1,2,${code},処方${name},1,1,錠`),
      ];
      const dispensing = [
        ...replaced(plainDispensing, '201,'),
        ...taken.map(({ rp, code, name }) => `201,${rp},調剤${name},1,錠,2,${code}`),
      ];
      const summary = compared(dispensing, prescription);
      const shown = comparison(summary).map((row) => row.value).join('\n');
      const all = summary.sections.flatMap((section) => section.rows);
      taken.forEach(({ name }, index) => {
        const line = plainDispensing.length + index;
        expect(all.some((row) => row.line === line && row.value.startsWith(`調剤${name} ／ 1錠`))).toBe(true);
      });
      // A prescribed drug is either found by its code among the dispensed, or named among the differences.
      for (const { code, name } of given) {
        const sameCode = code !== '' && taken.some((other) => other.code === code);
        if (!sameCode) expect(shown).toContain(`処方${name} 1錠`);
      }
    }), { numRuns: 300 });
  });
});
