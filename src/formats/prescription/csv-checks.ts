/** What a document must have as a whole, beyond its single fields. The tables say the rest. */
import { dayNumber, parseDate } from './calendar.ts';
import type { ReadRecords, RecordsOf } from './csv-records.ts';
import type { dispensingRecords } from './dispensing-records.ts';
import { dispensingRpRecords } from './dispensing-records.ts';
import type { CsvFinding } from './document.ts';
import { about, isBlank } from './field-checks.ts';
import type { CsvRecord } from './line-record.ts';
import { isNarcoticDrug, mayMarkNarcotics, narcoticCodeStart } from './narcotics.ts';
import { drugDetailRecords, rpRecords, type prescriptionRecords } from './prescription-records.ts';
import type { RecordSpec, RecordTable } from './record-spec.ts';

export interface DocumentFindings {
  readonly errors: readonly CsvFinding[];
  readonly warnings: readonly CsvFinding[];
}

type Prescription = RecordsOf<typeof prescriptionRecords>;

/** Findings about something that is nowhere stand at line 1. */
function absent(spec: RecordSpec, field: string | null, ja: string, en: string): CsvFinding {
  return { line: 1, record: spec.number, field, reason: { ja, en } };
}

/**
 * Refused: no patient's name, no doctor's name, no drug at all: nobody could say what was signed. And two different
 * patients: nobody could say for whom. Whatever else is missing is shown, and the doctor decides.
 */
export function checkPrescription(table: typeof prescriptionRecords, read: ReadRecords<typeof prescriptionRecords>): DocumentFindings {
  const { records } = read;
  const errors = [
    ...noName(records.patient, table.patient, '患者の氏名', 'the patient\'s name'),
    ...noName(records.doctor, table.doctor, '医師の氏名', 'the doctor\'s name'),
    ...noDrug(records.drug, table.drug),
    ...twoPatients(records.patient),
  ];
  const warnings = [
    ...missingOnes(table, records, ['facility', 'birth', 'sex', 'issued']),
    ...repeated(table, records),
    ...oddDates(records),
    ...oddRps(read),
    ...strayDetails(records),
    ...zeroAmounts(records),
    ...narcoticWithoutRecord(read),
  ];
  return { errors, warnings };
}

export function checkDispensing(table: typeof dispensingRecords, read: ReadRecords<typeof dispensingRecords>): DocumentFindings {
  const { records } = read;
  const errors = [
    ...noName(records.patient, table.patient, '患者の氏名', 'the patient\'s name'),
    ...(records.pharmacist.length === 0
      ? [absent(table.pharmacist, '薬剤師氏名', '薬剤師の氏名がありません', 'The pharmacist\'s name is missing')]
      : []),
    ...noDrug(records.drug, table.drug),
    ...twoPatients(records.patient),
  ];
  const warnings = [
    ...missingOnes(table, records, ['pharmacy', 'dispensed', 'prescription']),
    ...repeated(table, records),
    ...rpWithout(read, dispensingRpRecords, 'usage', '用法', 'usage'),
    ...rpWithout(read, dispensingRpRecords, 'drug', '薬品', 'drug'),
  ];
  return { errors, warnings };
}

type Named = CsvRecord<'name' | 'kana'>;

function noName(people: readonly Named[], spec: RecordSpec, ja: string, en: string): CsvFinding[] {
  const named = people.some((person) => !isBlank(person.fields.name) || !isBlank(person.fields.kana));
  if (named) return [];
  const finding = absent(spec, spec.fields['name']?.ja ?? null, `${ja}がありません`, `There is no record of ${en}`);
  return [{ ...finding, line: people[0]?.line ?? finding.line }];
}

function noDrug(drugs: readonly CsvRecord[], spec: RecordSpec): CsvFinding[] {
  return drugs.length > 0 ? [] : [absent(spec, null, '薬品が1つもありません', 'There is no drug at all')];
}

function twoPatients(patients: readonly Named[]): CsvFinding[] {
  const [first, ...others] = patients;
  if (first === undefined) return [];
  return others
    .filter((other) => other.fields.name !== first.fields.name || other.fields.kana !== first.fields.kana)
    .map((other) => about(other, null, '別の患者の氏名が重ねて書かれています', 'A second patient with another name is given'));
}

function missingOnes<T extends RecordTable>(table: T, records: RecordsOf<T>, names: readonly (keyof T & string)[]): CsvFinding[] {
  return names.flatMap((name) => {
    const spec = table[name];
    if (spec === undefined || records[name].length > 0) return [];
    return [absent(spec, null, `「${spec.ja}」がありません`, `There is no "${spec.en}"`)];
  });
}

function repeated<T extends RecordTable>(table: T, records: RecordsOf<T>): CsvFinding[] {
  const found: CsvFinding[] = [];
  for (const name in table) {
    const [, ...more] = records[name].length > 1 && table[name]?.occurs === 'once' ? records[name] : [];
    for (const record of more) {
      found.push(about(record, null, `「${record.spec.ja}」が2回以上あります`, `"${record.spec.en}" is given more than once`));
    }
  }
  return found;
}

function oddDates(records: Prescription): CsvFinding[] {
  const found: CsvFinding[] = [];
  const issued = parseDate(records.issued[0]?.fields.date ?? '');
  if (issued === null) return found;
  for (const birth of records.birth) {
    const date = parseDate(birth.fields.date);
    if (date !== null && dayNumber(date) > dayNumber(issued)) {
      found.push(about(birth, birth.spec.fields['date'] ?? null, '生年月日が交付年月日より後です', 'The date of birth lies after the date of issue'));
    }
  }
  for (const expires of records.expires) {
    const date = parseDate(expires.fields.date);
    if (date !== null && dayNumber(date) < dayNumber(issued)) {
      found.push(about(expires, expires.spec.fields['date'] ?? null, '使用期限が交付年月日より前です', 'The prescription expires before it is issued'));
    }
  }
  return found;
}

function oddRps(read: ReadRecords<typeof prescriptionRecords>): CsvFinding[] {
  const { records, rps } = read;
  const names = [...rpRecords, ...drugDetailRecords];
  const found = [
    ...rpWithout(read, names, 'form', '剤形', 'dosage form'),
    ...rpWithout(read, names, 'usage', '用法', 'usage'),
    ...rpWithout(read, names, 'drug', '薬品', 'drug'),
  ];
  const first = records.form[0] ?? records.drug[0];
  if (!runsFromOne(rps) && first !== undefined) {
    found.push(about(first, first.spec.fields['rp'] ?? null, 'RP番号が1からの連番になっていません', 'The RP numbers do not run from 1 without gaps'));
  }
  return found;
}

function runsFromOne(rps: ReadRecords<RecordTable>['rps']): boolean {
  for (let number = 1; number <= rps.size; number += 1) if (!rps.has(number)) return false;
  return true;
}

/** One warning for each RP that lacks the named record, at the first line of that RP. */
function rpWithout<N extends string>(
  { records, rps }: { readonly records: Readonly<Record<N, readonly CsvRecord[]>>; readonly rps: ReadRecords<RecordTable>['rps'] },
  all: readonly N[],
  wanted: N,
  ja: string,
  en: string,
): CsvFinding[] {
  const having = new Uint8Array(rps.size);
  let lackingCount = rps.size;
  for (const { rpId } of records[wanted]) {
    if (having[rpId] === 0) lackingCount -= 1;
    having[rpId] = 1;
  }
  if (lackingCount === 0) return [];
  const lacking = new Map<number, CsvRecord>();
  for (const name of all) {
    for (const record of records[name]) {
      const known = lacking.get(record.rpId);
      if (having[record.rpId] === 0 && (known === undefined || record.line < known.line)) lacking.set(record.rpId, record);
    }
  }
  return [...lacking.values()].map((record) => about(record, null, `このRPに「${ja}」がありません`, `This RP has no ${en}`));
}

function strayDetails(records: Prescription): CsvFinding[] {
  const drugs = new Set<number>();
  const found: CsvFinding[] = [];
  for (const drug of records.drug) {
    if (drugs.has(drug.drugId)) {
      found.push(about(drug, drug.spec.fields['serial'] ?? null, '同じRP番号・RP内連番の薬品が2つ以上あります', 'Two drugs have the same RP and number'));
    }
    drugs.add(drug.drugId);
  }
  for (const name of drugDetailRecords) {
    for (const detail of records[name]) {
      if (!drugs.has(detail.drugId)) {
        found.push(about(detail, detail.spec.fields['serial'] ?? null, '対応する薬品がありません', 'There is no drug that this belongs to'));
      }
    }
  }
  return found;
}

/** No public text forbids a drug of which nothing is given, so the doctor decides. */
function zeroAmounts({ drug }: Prescription): CsvFinding[] {
  return drug
    .filter((one) => one.begins('amount', '0') && /^0+(?:\.0+)?$/.test(one.fields.amount))
    .map((one) => about(one, one.spec.fields['amount'] ?? null, '「分量」が0です', '"Amount" is 0'));
}

function narcoticWithoutRecord({ csv, records }: ReadRecords<typeof prescriptionRecords>): CsvFinding[] {
  if (records.narcotic.length > 0) return [];
  const suspects = mayMarkNarcotics(csv) ? records.drug : records.drug.filter((drug) => drug.begins('code', narcoticCodeStart));
  return suspects
    .filter((drug) => isNarcoticDrug(drug.fields))
    .map((drug) => about(drug, null, '麻薬と思われる薬品ですが「麻薬施用」がありません', 'The drug seems to be a narcotic, but there is no narcotic record'));
}
