import { describe, expect, it } from 'vitest';
import { MAX_CSV_BYTES, MAX_CSV_LINES } from '../../../../src/formats/prescription/csv-lines.ts';
import { MAX_FINDINGS, readDispensingCsv, readPrescriptionCsv, type PrescriptionCsv } from '../../../../src/formats/prescription/csv-reader.ts';
import type { CsvFinding, CsvReading } from '../../../../src/formats/prescription/document.ts';
import { bytesOf, csv, plainDispensing, plainPrescription, replaced } from './csv-text.ts';

function errorsOf(reading: CsvReading<unknown>): readonly CsvFinding[] {
  expect(reading.ok).toBe(false);
  return reading.ok ? [] : reading.errors;
}

function warningsOf(reading: CsvReading<unknown>): readonly CsvFinding[] {
  expect(reading.ok).toBe(true);
  return reading.warnings;
}

/** Of every record its place and all its values. */
function valuesOf(reading: CsvReading<PrescriptionCsv> | undefined): unknown {
  if (reading?.ok !== true) throw new Error('refused');
  return Object.entries(reading.document.records).map(([name, records]) => [
    name, records.map(({ line, fields, surplus }) => ({ line, fields, surplus })),
  ]);
}

const shiftJis = Uint8Array.from([...bytesOf('SJ1\n1,1,9999999,13,'), 0x89, 0xcb, 0x8b, 0xf3]);

describe('a prescription CSV', () => {
  it('is read without a word when it is as the samples are', () => {
    const reading = readPrescriptionCsv(csv(plainPrescription));
    expect(warningsOf(reading)).toEqual([]);
  });

  it('gives its records by name, with their values as written', () => {
    const reading = readPrescriptionCsv(csv(plainPrescription));
    if (!reading.ok) throw new Error('refused');
    const { records } = reading.document;
    expect(records.patient[0]?.fields).toEqual({ code: '', name: '患者　太郎', kana: 'ｶﾝｼﾞｬ ﾀﾛｳ' });
    expect(records.drug[0]?.fields.amount).toBe('3');
    expect(records.drug[0]?.line).toBe(10);
  });

  it('keeps the very bytes of the caller', () => {
    const bytes = csv(plainPrescription);
    const reading = readPrescriptionCsv(bytes);
    expect(reading.ok && reading.document.bytes).toBe(bytes);
  });

  const refused: readonly [string, Uint8Array, Partial<CsvFinding>][] = [
    ['nothing at all', new Uint8Array(), { line: 1 }],
    ['Shift_JIS', shiftJis, { line: 2, record: null }],
    ['UTF-16', Uint8Array.from([0xff, 0xfe, 0x53, 0x00]), { line: 1 }],
    ['an overlong UTF-8 sequence', Uint8Array.from([...bytesOf('SJ1\n81,1,,'), 0xc0, 0xaf]), { line: 2 }],
    ['a surrogate in UTF-8', Uint8Array.from([...bytesOf('SJ1\n'), 0xed, 0xa0, 0x80]), { line: 2 }],
    ['a BOM', Uint8Array.from([0xef, 0xbb, 0xbf, ...csv(plainPrescription)]), { line: 1 }],
    ['another format\'s first line', csv(replaced(plainPrescription, 'SJ1', 'JAHISTC08,1')), { line: 1 }],
    ['a dispensing result', csv(plainDispensing), { line: 1 }],
    ['a first line with a space before it', csv(replaced(plainPrescription, 'SJ1', ' SJ1')), { line: 1 }],
    ['more than 1 MiB', bytesOf(`${plainPrescription.join('\n')}\n81,1,,${'x'.repeat(MAX_CSV_BYTES)}`), { line: 1 }],
    ['more than 10,000 lines', csv([...plainPrescription, ...Array<string>(MAX_CSV_LINES).fill('81,1,,x')]), { line: 10_001 }],
    ['the 30th of February', csv(replaced(plainPrescription, '13,', '13,19800230')), { line: 6, record: '13', field: '生年月日' }],
    ['the 29th of February of no leap year', csv(replaced(plainPrescription, '51,', '51,20230229')), { line: 7, record: '51' }],
    ['a 13th month', csv([...plainPrescription, '52,20261301']), { line: 11, record: '52', field: '使用期限年月日' }],
    ['a date with dashes', csv(replaced(plainPrescription, '51,', '51,2026-04-01')), { line: 7, record: '51', field: '交付年月日' }],
    ['an empty date of birth', csv(replaced(plainPrescription, '13,', '13,')), { line: 6, record: '13', field: '生年月日' }],
    ['a drug without a name', csv(replaced(plainPrescription, '201,', '201,1,1,1,2,999999999,,3,1,錠')), { line: 10, record: '201', field: '薬品名称' }],
    ['a drug without an amount', csv(replaced(plainPrescription, '201,', '201,1,1,1,2,999999999,見本錠')), { line: 10, record: '201', field: '分量' }],
    ['a drug of no RP', csv(replaced(plainPrescription, '201,', '201,,1,1,2,999999999,見本錠,3,1,錠')), { record: '201', field: 'RP番号' }],
    ['a dosage form without a quantity', csv(replaced(plainPrescription, '101,', '101,1,1')), { line: 8, record: '101', field: '調剤数量' }],
    ['a usage without words', csv(replaced(plainPrescription, '111,', '111,1,3,1013044400000000,　,3')), { line: 9, record: '111', field: '用法名称' }],
    ['a record with its number alone', csv([...plainPrescription, '60']), { line: 11, record: '60', field: '麻薬施用者免許番号' }],
    ['no patient', csv(replaced(plainPrescription, '11,')), { record: '11' }],
    ['a patient without any name', csv(replaced(plainPrescription, '11,', '11,P1,,')), { line: 4, record: '11' }],
    ['a patient named by spaces', csv(replaced(plainPrescription, '11,', '11,P1,　 ,')), { line: 4, record: '11' }],
    ['no doctor', csv(replaced(plainPrescription, '5,')), { record: '5' }],
    ['no drug', csv(replaced(plainPrescription, '201,')), { record: '201' }],
    ['two patients', csv([...plainPrescription, '11,,別人　次郎,ﾍﾞﾂｼﾞﾝ ｼﾞﾛｳ']), { line: 11, record: '11' }],
  ];
  it.each(refused)('with %s is refused, and the place is named', (_, bytes, place) => {
    const errors = errorsOf(readPrescriptionCsv(bytes));
    expect(errors).toContainEqual(expect.objectContaining(place));
    for (const error of errors) {
      expect(error.reason.ja).toMatch(/[ぁ-ん]/);
      expect(error.reason.en).toMatch(/^["A-Z]/);
    }
  });

  const accepted: readonly [string, Uint8Array, Partial<CsvFinding>][] = [
    ['CR LF line ends', bytesOf(plainPrescription.join('\r\n')), { line: 1 }],
    ['an empty line', csv([...plainPrescription.slice(0, 3), '', ...plainPrescription.slice(3)]), { line: 4 }],
    ['quotation marks', csv(replaced(plainPrescription, '1,', '1,1,9999999,13,"架空"内科')), { line: 2 }],
    ['a record of a newer revision', csv([...plainPrescription, '64,1,3']), { line: 11, record: '64' }],
    ['a line that begins with no number', csv([...plainPrescription, '備考の続き']), { line: 11, record: null }],
    ['a padded record number', csv([...plainPrescription, '081,1,,備考']), { line: 11, record: '081' }],
    ['RP numbers with a gap', csv(plainPrescription.map((line) => line.replace(/^(101|111|201),1,/, '$1,2,'))), { field: 'RP番号' }],
    ['a code that is not known', csv(replaced(plainPrescription, '12,', '12,9')), { line: 5, record: '12', field: '性別' }],
    ['a code that is a property of every object', csv(replaced(plainPrescription, '12,', '12,constructor')), { line: 5, record: '12' }],
    ['an amount in words', csv(replaced(plainPrescription, '201,', '201,1,1,1,2,999999999,見本錠,３,1,錠')), { line: 10, record: '201', field: '分量' }],
    ['an amount of 0', csv(replaced(plainPrescription, '201,', '201,1,1,1,2,999999999,見本錠,0,1,錠')), { line: 10, record: '201', field: '分量', reason: { ja: '「分量」が0です', en: '"Amount" is 0' } }],
    ['an amount of 0.00', csv(replaced(plainPrescription, '201,', '201,1,1,1,2,999999999,見本錠,0.00,1,錠')), { line: 10, record: '201', field: '分量' }],
    ['a drug without a unit', csv(replaced(plainPrescription, '201,', '201,1,1,1,2,999999999,見本錠,3,1,')), { line: 10, record: '201', field: '単位名' }],
    ['more fields than are known', csv(replaced(plainPrescription, '12,', '12,1,x')), { line: 5, record: '12' }],
    ['the same patient twice', csv([...plainPrescription, plainPrescription[3] ?? '']), { line: 11, record: '11' }],
    ['no sex', csv(replaced(plainPrescription, '12,')), { record: '12' }],
    ['no date of issue', csv(replaced(plainPrescription, '51,')), { record: '51' }],
    ['a patient born after the issue', csv(replaced(plainPrescription, '13,', '13,20270101')), { line: 6, record: '13' }],
    ['an RP without a usage', csv(replaced(plainPrescription, '111,')), { line: 8, record: '101' }],
    ['two drugs of one number', csv([...plainPrescription, plainPrescription[9] ?? '']), { line: 11, field: 'RP内連番' }],
    ['a supplement to a drug that is not there', csv([...plainPrescription, '281,1,9,1,3,,']), { line: 11, record: '281' }],
    ['a narcotic without its record', csv([...plainPrescription, '201,1,2,1,4,8119002F9990,見本徐放錠,1,1,錠']), { line: 11, record: '201' }],
    ['a character that reorders text', csv([...plainPrescription, '81,1,,備\u202e考']), { line: 11 }],
    ['a carriage return inside a line', csv([...plainPrescription, '81,1,,備\r考']), { line: 11 }],
    ['something after SJ1', csv(replaced(plainPrescription, 'SJ1', 'SJ1,x')), { line: 1 }],
  ];
  it.each(accepted)('with %s warns and is accepted', (_, bytes, place) => {
    expect(warningsOf(readPrescriptionCsv(bytes))).toContainEqual(expect.objectContaining(place));
  });

  it.each([
    ['a newline at its end', bytesOf(`${plainPrescription.join('\n')}\n`)],
    ['empty fields after its last one', csv([...plainPrescription, '221,1,1,2,1,,,,,,,,'])],
    ['a kind of insurance that is not public', csv([...plainPrescription, '21,6'])],
    ['a prescription number', csv([...plainPrescription, '82,1,123456'])],
    ['an amount below 1', csv(replaced(plainPrescription, '201,', '201,1,1,1,2,999999999,見本錠,0.05,1,錠'))],
    ['a doctor known by kana alone', csv(replaced(plainPrescription, '5,', '5,,ｲｼｬ ｻﾌﾞﾛｳ,'))],
  ])('with %s is nothing to warn of', (_, bytes) => {
    expect(warningsOf(readPrescriptionCsv(bytes))).toEqual([]);
  });

  it('with CR LF has the same records as with LF', () => {
    const [lf, crlf] = ['\n', '\r\n'].map((end) => readPrescriptionCsv(bytesOf(plainPrescription.join(end))));
    expect(valuesOf(crlf)).toEqual(valuesOf(lf));
  });

  it('carries unknown records as they stand', () => {
    const reading = readPrescriptionCsv(csv([...plainPrescription, '64,1,3', '患者の住所,x']));
    expect(reading.ok && reading.document.unknown).toEqual([
      { line: 11, number: '64', text: '64,1,3' },
      { line: 12, number: null, text: '患者の住所,x' },
    ]);
  });

  it('keeps its exact limits: 1 MiB and 10,000 lines pass', () => {
    const text = `${plainPrescription.join('\n')}\n81,1,,`;
    const full = bytesOf(text + 'x'.repeat(MAX_CSV_BYTES - bytesOf(text).length));
    expect(full.length).toBe(MAX_CSV_BYTES);
    expect(readPrescriptionCsv(full).ok).toBe(true);
    const many = [...plainPrescription, ...Array<string>(MAX_CSV_LINES - plainPrescription.length).fill('81,1,,x')];
    expect(readPrescriptionCsv(bytesOf(`${many.join('\n')}\n`)).ok).toBe(true);
  });

  it('says how many findings are left out when there are too many to read', () => {
    const errors = errorsOf(readPrescriptionCsv(csv([...plainPrescription, ...Array<string>(500).fill('13,x')])));
    expect(errors).toHaveLength(MAX_FINDINGS);
    expect(errors.at(-1)?.reason.en).toBe('and 301 more');
  });

  it('never repeats in a finding what the CSV says', () => {
    const canary = 'ｶﾅﾘｱ7391';
    const spoiled = [
      'SJ1', `1,${canary}`, `5,${canary}`, `11,${canary},,`, `12,${canary}`, `13,${canary}`, `21,${canary}`, `51,${canary}`,
      `82,1,,${canary}`, `101,${canary},${canary}`, `201,${canary},${canary},${canary}`, `281,${canary},9,${canary}`, canary,
      `${canary},1`, `999,${canary}`,
    ];
    const reading = readPrescriptionCsv(csv(spoiled));
    expect(errorsOf(reading).length).toBeGreaterThan(5);
    expect(reading.warnings.length).toBeGreaterThan(5);
    expect(JSON.stringify(reading)).not.toContain('7391');
  });
});

describe('a dispensing CSV', () => {
  it('is read without a word when it is as the sample is', () => {
    expect(warningsOf(readDispensingCsv(csv(plainDispensing)))).toEqual([]);
  });

  it('may have more fields than are known: its table comes from one sample', () => {
    expect(warningsOf(readDispensingCsv(csv(replaced(plainDispensing, '55,', '55,医者　三郎,内科,1'))))).toEqual([]);
  });

  it('takes a date in the Japanese era, with a warning', () => {
    const warnings = warningsOf(readDispensingCsv(csv(replaced(plainDispensing, '1,', '1,患者　太郎,1,S550401'))));
    expect(warnings).toContainEqual(expect.objectContaining({ line: 2, field: '生年月日' }));
  });

  it.each<[string, readonly string[], Partial<CsvFinding>]>([
    ['a prescription\'s first line', replaced(plainDispensing, 'CJ1', 'SJ1'), { line: 1 }],
    ['no patient', replaced(plainDispensing, '1,'), { record: '1' }],
    ['no pharmacist', replaced(plainDispensing, '15,'), { record: '15' }],
    ['a pharmacist without a name', replaced(plainDispensing, '15,', '15,'), { line: 6, record: '15', field: '薬剤師氏名' }],
    ['no drug', replaced(plainDispensing, '201,'), { record: '201' }],
    ['a drug without a name', replaced(plainDispensing, '201,', '201,1,,3,錠'), { line: 9, record: '201', field: '薬品名' }],
    ['an impossible date', replaced(plainDispensing, '5,', '5,20260431'), { line: 3, record: '5', field: '調剤日' }],
    ['an impossible date of the era', replaced(plainDispensing, '5,', '5,R080431'), { line: 3, record: '5' }],
  ])('with %s is refused, and the place is named', (_, lines, place) => {
    expect(errorsOf(readDispensingCsv(csv(lines)))).toContainEqual(expect.objectContaining(place));
  });

  it('without a prescription id or with a bare CJ1 warns and is accepted', () => {
    expect(warningsOf(readDispensingCsv(csv(replaced(plainDispensing, '7,'))))).toContainEqual(expect.objectContaining({ record: '7' }));
    expect(warningsOf(readDispensingCsv(csv(replaced(plainDispensing, 'CJ1,', 'CJ1'))))).toContainEqual(expect.objectContaining({ line: 1 }));
  });
});
