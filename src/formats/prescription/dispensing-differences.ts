/**
 * Where a dispensing result differs from the prescription that it nests. A difference is no error: a generic may be
 * given, a pharmacist may have asked the doctor. It is shown, so that nobody signs one unseen.
 */
import type { DispensingCsv, PrescriptionCsv } from './csv-reader.ts';
import { dayNumber, parseEraDate } from './calendar.ts';
import type { Bilingual } from '../bilingual.ts';
import { describeDate } from './summary-rows.ts';
import { showSafely } from './display-safety.ts';
import { matchDrugs, type DispensedDrug, type PrescribedDrug } from './drug-matching.ts';

/** Values are safe to show; null where that side has none. */
export interface Difference {
  readonly label: Bilingual;
  readonly prescribed: string | null;
  readonly dispensed: string | null;
  /** Line of the dispensing CSV. */
  readonly line: number | null;
  /** The doctor had barred this change. */
  readonly barred: boolean;
}

/** 281: 3 後発品変更不可. */
const GENERIC_BARRED = '3';

/** `nestedPrescriptionId`: the UUID of the nested prescription's wrapper, where it has one. */
export function findDifferences(
  csv: DispensingCsv,
  nested: PrescriptionCsv,
  nestedPrescriptionId: string | null,
): readonly Difference[] {
  return [
    ...prescriptionIdDifference(csv, nestedPrescriptionId),
    ...patientDifferences(csv, nested),
    ...prescriberDifferences(csv, nested),
    ...drugDifferences(csv, nested),
  ];
}

/** Same words for a person: width and spaces aside. 髙 and 高 stay two. */
function sameText(one: string, other: string): boolean {
  return foldText(one) === foldText(other);
}

function foldText(text: string): string {
  return text.normalize('NFKC').replaceAll(/\s+/gu, '');
}

/** 3, 3.0 and ３ are one amount. */
function sameAmount(one: string, other: string): boolean {
  return foldAmount(one) === foldAmount(other);
}

/** Without leading zeros and without zeros after the last place; each step looks at each character once. */
function foldAmount(text: string): string {
  const folded = foldText(text);
  if (!/^\d+(?:\.\d+)?$/.test(folded)) return folded;
  const [whole = '', fraction = ''] = folded.split('.');
  let start = 0;
  while (start < whole.length - 1 && whole[start] === '0') start += 1;
  let end = fraction.length;
  while (end > 0 && fraction[end - 1] === '0') end -= 1;
  return end === 0 ? whole.slice(start) : `${whole.slice(start)}.${fraction.slice(0, end)}`;
}

function difference(label: Bilingual, prescribed: string | null, dispensed: string | null, line: number | null, barred = false): Difference {
  const shown = (value: string | null): string | null => (value === null || value === '' ? null : showSafely(value));
  return { label, prescribed: shown(prescribed), dispensed: shown(dispensed), line, barred };
}

function prescriptionIdDifference(csv: DispensingCsv, nestedId: string | null): Difference[] {
  const record = csv.records.prescription[0];
  if (nestedId === null || nestedId === '' || record === undefined) return [];
  if (record.fields.id.trim().toLowerCase() === nestedId.trim().toLowerCase()) return [];
  return [difference({ ja: '処方箋IDが異なります', en: 'Another prescription id' }, nestedId, record.fields.id, record.line)];
}

function patientDifferences(csv: DispensingCsv, nested: PrescriptionCsv): Difference[] {
  const patient = csv.records.patient[0];
  const prescribed = nested.records.patient[0]?.fields;
  if (patient === undefined || prescribed === undefined) return [];
  const found: Difference[] = [];
  const { name, kana, birthDate, sex } = patient.fields;
  if (name !== '' && prescribed.name !== '' && !sameText(name, prescribed.name)) {
    found.push(difference({ ja: '患者氏名が異なります', en: 'Another patient\'s name' }, prescribed.name, name, patient.line));
  }
  if (kana !== '' && prescribed.kana !== '' && !sameText(kana, prescribed.kana)) {
    found.push(difference({ ja: '患者カナ氏名が異なります', en: 'Another name in kana' }, prescribed.kana, kana, patient.line));
  }
  const birth = nested.records.birth[0]?.fields.date ?? '';
  if (birth !== '' && birthDate !== '' && !sameDay(birth, birthDate)) {
    found.push({
      label: { ja: '生年月日が異なります', en: 'Another date of birth' },
      prescribed: describeDate(birth),
      dispensed: describeDate(birthDate),
      line: patient.line,
      barred: false,
    });
  }
  const prescribedSex = nested.records.sex[0]?.fields.sex ?? '';
  if (sex !== '' && prescribedSex !== '' && sex !== prescribedSex) {
    found.push(difference({ ja: '性別が異なります', en: 'Another sex' }, prescribedSex, sex, patient.line));
  }
  return found;
}

function sameDay(one: string, other: string): boolean {
  const [first, second] = [parseEraDate(one), parseEraDate(other)];
  return first === null || second === null ? one === other : dayNumber(first) === dayNumber(second);
}

function prescriberDifferences(csv: DispensingCsv, nested: PrescriptionCsv): Difference[] {
  const found: Difference[] = [];
  const facility = csv.records.facility[0];
  const code = nested.records.facility[0]?.fields.code ?? '';
  if (facility !== undefined && facility.fields.code !== '' && code !== '' && !sameText(facility.fields.code, code)) {
    found.push(difference({ ja: '医療機関コードが異なります', en: 'Another facility code' }, code, facility.fields.code, facility.line));
  }
  const doctor = csv.records.doctor[0];
  const name = nested.records.doctor[0]?.fields.name ?? '';
  if (doctor !== undefined && doctor.fields.name !== '' && name !== '' && !sameText(doctor.fields.name, name)) {
    found.push(difference({ ja: '医師氏名が異なります', en: 'Another doctor\'s name' }, name, doctor.fields.name, doctor.line));
  }
  return found;
}

function drugDifferences(csv: DispensingCsv, nested: PrescriptionCsv): Difference[] {
  const barredDrugs = new Set(
    nested.records.drugSupplement
      .filter((supplement) => supplement.fields.kind === GENERIC_BARRED)
      .map((supplement) => supplement.drugId),
  );
  const { pairs, missing, added } = matchDrugs(nested.records.drug, csv.records.drug, foldText);
  const found: Difference[] = [];
  for (const { prescribed, dispensed, same } of pairs) {
    const given = prescribed.fields;
    const taken = dispensed.fields;
    if (!same) {
      const barred = barredDrugs.has(prescribed.drugId);
      const label = barred
        ? { ja: '後発品変更不可の薬品が変更されています', en: 'A drug that must not be substituted was changed' }
        : { ja: '薬品が変更されています', en: 'Another drug' };
      found.push(difference(label, withAmount(given), withAmount(taken), dispensed.line, barred));
    } else if (!sameAmount(given.amount, taken.amount) || !sameText(given.unit, taken.unit)) {
      found.push(difference({ ja: '分量が異なります', en: 'Another amount' }, withAmount(given), withAmount(taken), dispensed.line));
    }
  }
  for (const drug of missing) {
    found.push(difference({ ja: '処方された薬品が調剤されていません', en: 'A prescribed drug was not dispensed' }, withAmount(drug.fields), null, null));
  }
  for (const drug of added) {
    found.push(difference({ ja: '処方にない薬品です', en: 'A drug that was not prescribed' }, null, withAmount(drug.fields), drug.line));
  }
  return [...found, ...usageDifferences(csv, nested, pairs)];
}

function withAmount(drug: { readonly name: string; readonly amount: string; readonly unit: string }): string {
  return `${drug.name} ${drug.amount}${drug.unit}`;
}

/** A dispensing RP is compared with the prescribed RP of its first matched drug: pharmacies may number anew. */
function usageDifferences(
  csv: DispensingCsv,
  nested: PrescriptionCsv,
  pairs: readonly { readonly prescribed: PrescribedDrug; readonly dispensed: DispensedDrug }[],
): Difference[] {
  const counterpart = new Map<string, string>();
  for (const { prescribed, dispensed } of pairs) {
    if (!counterpart.has(dispensed.fields.rp)) counterpart.set(dispensed.fields.rp, prescribed.fields.rp);
  }
  const usages = new Map(nested.records.usage.map((usage) => [usage.fields.rp, usage.fields.name]));
  const quantities = new Map(nested.records.form.map((form) => [form.fields.rp, form.fields.quantity]));
  return csv.records.usage.flatMap((usage) => {
    const rp = counterpart.get(usage.fields.rp);
    if (rp === undefined) return [];
    const found: Difference[] = [];
    const name = usages.get(rp);
    if (name !== undefined && !sameText(name, usage.fields.name)) {
      found.push(difference({ ja: '用法が異なります', en: 'Another usage' }, name, usage.fields.name, usage.line));
    }
    const quantity = quantities.get(rp);
    if (quantity !== undefined && usage.fields.quantity !== '' && !sameAmount(quantity, usage.fields.quantity)) {
      found.push(difference(
        { ja: '調剤数量が異なります', en: 'Another quantity' },
        quantity, `${usage.fields.quantity}${usage.fields.unit}`, usage.line));
    }
    return found;
  });
}
