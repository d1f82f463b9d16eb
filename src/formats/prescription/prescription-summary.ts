/** What a doctor reads before signing a prescription. */
import { ageAt, isoDate, parseDate } from './calendar.ts';
import type { PrescriptionCsv } from './csv-reader.ts';
import type { RecordsOf } from './csv-records.ts';
import { substitutionBars } from './code-lists.ts';
import { showSafely } from './display-safety.ts';
import type { CsvRecord } from './line-record.ts';
import { isNarcoticDrug } from './narcotics.ts';
import { drugDetailRecords, rpRecords, type prescriptionRecords } from './prescription-records.ts';
import {
  describe, fieldRows, markLines, nameOf, numbered, row, section, sideBySide, surplusRows, unknownSection, versionSection,
  warningSection, wordsRow,
} from './summary-rows.ts';
import { patientSummary, person } from './summary-people.ts';
import type { DocumentSummary, SummaryMark, SummaryRow, SummarySection } from './summary.ts';

type Records = RecordsOf<typeof prescriptionRecords>;
type Drug = Records['drug'][number];
type Detail = Records[(typeof drugDetailRecords)[number]][number];

/** [I] What 調剤数量 counts: days for 内服, times for 頓服; elsewhere it is a bare number. */
const QUANTITY_COUNTS: Readonly<Record<string, string>> = { 1: '日分', 2: '回分' };

export function summarizePrescription(csv: PrescriptionCsv): DocumentSummary {
  const { records } = csv;
  const issued = parseDate(records.issued[0]?.fields.date ?? '');
  const birth = parseDate(records.birth[0]?.fields.date ?? '');
  const doctor = records.doctor[0]?.fields;
  const patient = records.patient[0]?.fields;
  let sections: readonly SummarySection[] | undefined;
  return {
    type: 'prescription',
    signer: person(doctor?.name ?? '', doctor?.kana ?? ''),
    facility: showSafely(records.facility[0]?.fields.name ?? ''),
    patient: patientSummary(
      { name: patient?.name ?? '', kana: patient?.kana ?? '', sex: records.sex[0]?.fields.sex ?? '' }, birth, issued),
    date: issued === null ? null : isoDate(issued),
    drugCount: records.drug.length,
    hasNarcotic: records.narcotic.length > 0 || records.drug.some((drug) => isNarcoticDrug(drug.fields)),
    get sections() {
      return (sections ??= sectionsOf(csv));
    },
  };
}

function sectionsOf(csv: PrescriptionCsv): readonly SummarySection[] {
  const { records } = csv;
  const sections = [
    ...versionSection(csv.version, 'SJ1'),
    ...rpSections(records),
    ...section('備考・指示', 'Remarks and instructions', remarkRows(records)),
    ...unknownSection(csv.unknown),
    ...section('麻薬', 'Narcotic', records.narcotic.flatMap((record) => fieldRows(record, { marks: ['narcotic'] }))),
    ...section('患者', 'Patient', patientRows(records)),
    ...section('交付', 'Issue', [records.issued, records.expires].flat().flatMap((record) => fieldRows(record))),
    ...section('診療情報・検査値', 'Clinical information and test values', [records.clinicalInformation, records.testValues]
      .flat().flatMap((record) => wordsRow(record, numbered(record, record.fields.serial)))),
    ...section('医療機関・医師', 'Facility and doctor', facilityRows(records)),
    ...section('保険・公費', 'Insurance and public funding', insuranceRows(records)),
  ];
  const warned = new Set(csv.warnings.filter((finding) => finding.record !== null).map((finding) => finding.line));
  return [...warningSection(csv.warnings), ...markLines(sections, warned, 'warning')];
}

function patientRows(records: Records): SummaryRow[] {
  const issued = parseDate(records.issued[0]?.fields.date ?? '');
  const births = records.birth.flatMap((record) => {
    const born = parseDate(record.fields.date);
    const age = born === null || issued === null ? null : ageAt(born, issued);
    const value = `${describe(record.spec.fields['date'] ?? PLAIN, record.fields.date)}${age === null ? '' : ` 満${age}歳`}`;
    return [row(nameOf(record), value, record.line), ...surplusRows(record)];
  });
  return [
    ...[records.patient, records.sex].flat().flatMap((record: CsvRecord) => fieldRows(record)),
    ...births,
  ];
}

const PLAIN = { ja: '', en: '', kind: 'text', need: 'may', codes: null } as const;

function facilityRows(records: Records): SummaryRow[] {
  const all: readonly CsvRecord[] = [
    records.facility, records.facilityAddress, records.facilityPhone, records.department, records.doctor,
  ].flat();
  return all.flatMap((record) => fieldRows(record));
}

function insuranceRows(records: Records): SummaryRow[] {
  const plain: readonly CsvRecord[] = [
    records.insurance, records.insurer, records.insured, records.rates, records.copayment, records.occupationalReason,
  ].flat();
  const funding: readonly CsvRecord[] = [
    records.publicFunding1, records.publicFunding2, records.publicFunding3, records.publicFundingSpecial,
  ].flat();
  return [
    ...plain.flatMap((record) => fieldRows(record)),
    ...funding.flatMap((record) => fieldRows(record, { prefix: nameOf(record) })),
    ...records.claimKind.flatMap((record) => fieldRows(record)),
  ];
}

function remarkRows(records: Records): SummaryRow[] {
  return [
    ...records.remark.flatMap((record) => wordsRow(record, numbered(record, record.fields.serial))),
    ...records.leftover.flatMap((record) => fieldRows(record)),
    ...records.prescriptionNumber.flatMap((record) => fieldRows(record, { prefix: nameOf(record) })),
  ];
}

interface Rp {
  readonly number: string;
  firstLine: number;
  readonly form: Records['form'][number][];
  readonly usage: Records['usage'][number][];
  readonly usageSupplement: Records['usageSupplement'][number][];
  readonly drug: Drug[];
  /** Details whose drug is not there. */
  readonly stray: Detail[];
}

/** By RP, in the order of their first lines; details by the drug that they belong to. */
function groupByRp(records: Records): { readonly rps: readonly Rp[]; readonly details: ReadonlyMap<Drug, readonly Detail[]> } {
  const rps = new Map<string, Rp>();
  const rpOf = (number: string, line: number): Rp => {
    const known = rps.get(number);
    if (known !== undefined) {
      known.firstLine = Math.min(known.firstLine, line);
      return known;
    }
    const made: Rp = { number, firstLine: line, form: [], usage: [], usageSupplement: [], drug: [], stray: [] };
    rps.set(number, made);
    return made;
  };
  for (const name of rpRecords) {
    for (const record of records[name]) {
      // Each list takes what stands under its own name.
      (rpOf(record.fields.rp, record.line)[name] as CsvRecord[]).push(record);
    }
  }
  const drugs = new Map<number, Drug>();
  for (const drug of records.drug) if (!drugs.has(drug.drugId)) drugs.set(drug.drugId, drug);
  const details = new Map<Drug, Detail[]>();
  for (const detail of drugDetailRecords.flatMap((name): readonly Detail[] => records[name])) {
    const drug = drugs.get(detail.drugId);
    if (drug === undefined) {
      rpOf(detail.fields.rp, detail.line).stray.push(detail);
      continue;
    }
    const known = details.get(drug);
    if (known === undefined) details.set(drug, [detail]);
    else known.push(detail);
  }
  return { rps: [...rps.values()].sort((a, b) => a.firstLine - b.firstLine), details };
}

function rpSections(records: Records): SummarySection[] {
  const { rps, details } = groupByRp(records);
  return rps.map((rp) => {
    const number = showSafely(rp.number);
    const form = rp.form[0];
    const quantity = form === undefined ? '' : ` ${describeForm(form)}`;
    return {
      heading: { ja: `RP ${number}${quantity}`, en: `RP ${number}${quantity}` },
      rows: [
        ...rp.form.flatMap((record) => [row(nameOf(record), describeForm(record), record.line), ...surplusRows(record)]),
        ...rp.drug.flatMap((drug) => drugRows(drug, details.get(drug) ?? [])),
        ...rp.usage.flatMap((record) => [row(nameOf(record), describeUsage(record), record.line), ...surplusRows(record)]),
        ...rp.usageSupplement.flatMap((record) => wordsRow(record, numbered(record, record.fields.serial))),
        ...rp.stray.flatMap((detail) => detailRows(detail)),
      ],
    };
  });
}

function describeForm(record: Records['form'][number]): string {
  const { form, name, quantity } = record.fields;
  const fields = record.spec.fields;
  const counted = QUANTITY_COUNTS[form];
  const parts = [
    describe(fields['form'] ?? PLAIN, form),
    showSafely(name),
    counted === undefined ? `調剤数量 ${showSafely(quantity)}` : `${showSafely(quantity)}${counted}`,
  ];
  return sideBySide(parts);
}

function describeUsage(record: Records['usage'][number]): string {
  const { codeKind, code, name, timesPerDay } = record.fields;
  const kind = codeKind === '' ? '' : describe(record.spec.fields['codeKind'] ?? PLAIN, codeKind);
  const parts = [
    showSafely(name),
    timesPerDay === '' ? '' : `1日${showSafely(timesPerDay)}回`,
    [kind, showSafely(code)].filter((part) => part !== '').join(' '),
  ];
  return sideBySide(parts);
}

/** Name, amount and unit, code. The unit stands at once after its amount, and 力価 is never left out. */
function describeDrug(drug: Drug): string {
  const { name, amount, unit, potency, codeKind, code } = drug.fields;
  const fields = drug.spec.fields;
  const measure = potency === '1' || potency === '' ? '' : `（${describe(fields['potency'] ?? PLAIN, potency)}）`;
  const kind = codeKind === '' ? '' : describe(fields['codeKind'] ?? PLAIN, codeKind);
  const parts = [
    showSafely(name),
    `${showSafely(amount)}${showSafely(unit)}${measure}`,
    [kind, showSafely(code)].filter((part) => part !== '').join(' '),
  ];
  return sideBySide(parts);
}

function drugRows(drug: Drug, details: readonly Detail[]): SummaryRow[] {
  const marks: SummaryMark[] = [
    ...(isNarcoticDrug(drug.fields) ? ['narcotic' as const] : []),
    ...(details.some(barsSubstitution) ? ['no_substitution' as const] : []),
  ];
  const { itemKind, serial } = drug.fields;
  const ordinary = itemKind === '1' || itemKind === '';
  const kind = ordinary ? '薬品' : describe(drug.spec.fields['itemKind'] ?? PLAIN, itemKind);
  const number = showSafely(serial);
  const label = { ja: `${kind} ${number}`, en: `${itemKind === '2' ? 'Material' : 'Drug'} ${number}` };
  return [
    row(label, describeDrug(drug), drug.line, marks),
    ...surplusRows(drug),
    ...details.flatMap((detail) => detailRows(detail)),
  ];
}

function detailRows(detail: Detail): SummaryRow[] {
  const label = numbered(detail, detail.fields.serial);
  if (!('supplementSerial' in detail.fields)) return fieldRows(detail, { prefix: label });
  return wordsRow(detail, label, barsSubstitution(detail) ? ['no_substitution'] : []);
}

function barsSubstitution(detail: Detail): boolean {
  return 'kind' in detail.fields && substitutionBars.has(detail.fields.kind);
}
