/** What a pharmacist reads before signing a dispensing result. */
import { isoDate, parseEraDate } from './calendar.ts';
import type { DispensingCsv, PrescriptionCsv } from './csv-reader.ts';
import type { RecordsOf } from './csv-records.ts';
import { findDifferences, type Difference } from './dispensing-differences.ts';
import { dispensingRpRecords, type dispensingRecords } from './dispensing-records.ts';
import { showSafely } from './display-safety.ts';
import type { CsvRecord } from './line-record.ts';
import { isNarcoticDrug } from './narcotics.ts';
import { patientSummary, person } from './summary-people.ts';
import {
  describe, fieldRows, markLines, nameOf, numbered, row, section, sideBySide, surplusRows, unknownSection, versionSection,
  warningSection, wordsRow,
} from './summary-rows.ts';
import type { DocumentSummary, SummaryRow, SummarySection } from './summary.ts';

type Records = RecordsOf<typeof dispensingRecords>;
type RpRecord = Records[(typeof dispensingRpRecords)[number]][number];

/**
 * `nested`: the doctor's prescription inside the wrapper, null where it could not be read (then nothing is compared,
 * and the summary says so). `nestedPrescriptionId`: its PrescriptionId, null where the wrapper has none.
 */
export function summarizeDispensing(
  csv: DispensingCsv,
  nested: PrescriptionCsv | null,
  nestedPrescriptionId: string | null = null,
): DocumentSummary {
  const { records } = csv;
  const patient = records.patient[0]?.fields;
  const dispensed = parseEraDate(records.dispensed[0]?.fields.date ?? '');
  let sections: readonly SummarySection[] | undefined;
  const nestedNarcotic = nested !== null && nested.records.narcotic.length > 0;
  return {
    type: 'dispensing',
    signer: person(records.pharmacist[0]?.fields.name ?? '', ''),
    facility: showSafely(records.pharmacy[0]?.fields.name ?? ''),
    patient: patientSummary(
      { name: patient?.name ?? '', kana: patient?.kana ?? '', sex: patient?.sex ?? '' },
      parseEraDate(patient?.birthDate ?? ''), dispensed),
    date: dispensed === null ? null : isoDate(dispensed),
    drugCount: records.drug.length,
    hasNarcotic: nestedNarcotic || records.drug.some((drug) => isNarcoticDrug(drug.fields)),
    get sections() {
      return (sections ??= sectionsOf(csv, nested, nestedPrescriptionId));
    },
  };
}

function sectionsOf(csv: DispensingCsv, nested: PrescriptionCsv | null, nestedPrescriptionId: string | null): readonly SummarySection[] {
  const { records } = csv;
  const differences = nested === null ? null : findDifferences(csv, nested, nestedPrescriptionId);
  const sections = [
    ...versionSection(csv.version, 'CJ1,'),
    ...rpSections(records),
    ...section('注意・備考', 'Cautions and remarks', [
      ...words(records.caution), ...words(records.message), ...words(records.inquiry), ...words(records.remark), ...words(records.memo),
    ]),
    ...unknownSection(csv.unknown),
    ...section('患者', 'Patient', [records.patient.flatMap((record) => fieldRows(record)), words(records.patientNote)].flat()),
    ...section('調剤', 'Dispensing', [records.dispensed, records.prescription]
      .flat().flatMap((record: CsvRecord) => fieldRows(record))),
    ...section('薬局・薬剤師', 'Pharmacy and pharmacist', [records.pharmacy, records.pharmacist]
      .flat().flatMap((record: CsvRecord) => fieldRows(record))),
    ...section('処方した医療機関', 'Prescribing facility', [records.facility, records.doctor]
      .flat().flatMap((record: CsvRecord) => fieldRows(record))),
    ...section('保険', 'Insurance', records.insurance.flatMap((record) => fieldRows(record))),
  ];
  const differing = new Set((differences ?? []).flatMap((found) => (found.line === null ? [] : [found.line])));
  const warned = new Set(csv.warnings.filter((finding) => finding.record !== null).map((finding) => finding.line));
  return [
    ...warningSection(csv.warnings),
    comparisonSection(differences),
    ...markLines(markLines(sections, warned, 'warning'), differing, 'difference'),
  ];
}

function words(records: readonly CsvRecord[]): SummaryRow[] {
  return records.flatMap((record) => wordsRow(record, numbered(record, '')));
}

function comparisonSection(differences: readonly Difference[] | null): SummarySection {
  const heading = { ja: '処方箋との照合（処方 → 調剤）', en: 'Compared with the prescription (prescribed → dispensed)' };
  if (differences === null) {
    return {
      heading,
      rows: [row({ ja: '処方箋を読めないため照合していません', en: 'Not compared: the prescription cannot be read' }, '—', null, ['warning'])],
    };
  }
  if (differences.length === 0) {
    return { heading, rows: [row({ ja: '相違はありません', en: 'No difference found' }, '—', null)] };
  }
  return {
    heading,
    rows: differences.map(({ label, prescribed, dispensed, line, barred }) =>
      row(label, `${side(prescribed)} → ${side(dispensed)}`, line, barred ? ['difference', 'no_substitution'] : ['difference'])),
  };
}

/** An arrow inside a value would pass for the one between the two. */
function side(value: string | null): string {
  return value === null ? '—' : value.replaceAll('→', '⟨→⟩');
}

interface Rp {
  readonly number: string;
  readonly records: { readonly name: (typeof dispensingRpRecords)[number]; readonly record: RpRecord }[];
}

function rpSections(records: Records): SummarySection[] {
  const rps = new Map<string, Rp>();
  const firstLines = new Map<string, number>();
  for (const name of dispensingRpRecords) {
    for (const record of records[name]) {
      const number = record.fields.rp;
      const rp = rps.get(number) ?? { number, records: [] };
      rp.records.push({ name, record });
      rps.set(number, rp);
      firstLines.set(number, Math.min(firstLines.get(number) ?? Infinity, record.line));
    }
  }
  const ordered = [...rps.values()].sort((a, b) => (firstLines.get(a.number) ?? 0) - (firstLines.get(b.number) ?? 0));
  return ordered.map((rp) => {
    const number = showSafely(rp.number);
    return {
      heading: { ja: `RP ${number}`, en: `RP ${number}` },
      rows: rp.records.flatMap(({ record }) => rpRows(record)),
    };
  });
}

function rpRows(record: RpRecord): SummaryRow[] {
  if ('amount' in record.fields) {
    const marks = isNarcoticDrug(record.fields) ? (['narcotic'] as const) : [];
    return [row(nameOf(record), describeDrug(record, record.fields), record.line, marks), ...surplusRows(record)];
  }
  if ('quantity' in record.fields) {
    return [row(nameOf(record), describeUsage(record, record.fields), record.line), ...surplusRows(record)];
  }
  return wordsRow(record, nameOf(record));
}

function describeDrug(record: CsvRecord, fields: Records['drug'][number]['fields']): string {
  return sideBySide([
    showSafely(fields.name),
    `${showSafely(fields.amount)}${showSafely(fields.unit)}`,
    coded(record, fields.codeKind, fields.code),
  ]);
}

function describeUsage(record: CsvRecord, fields: Records['usage'][number]['fields']): string {
  return sideBySide([
    showSafely(fields.name),
    `${showSafely(fields.quantity)}${showSafely(fields.unit)}`,
    fields.form === '' ? '' : `剤形区分 ${showSafely(fields.form)}`,
    coded(record, fields.codeKind, fields.code),
  ]);
}

function coded(record: CsvRecord, codeKind: string, code: string): string {
  const spec = record.spec.fields['codeKind'];
  const kind = codeKind === '' || spec === undefined ? '' : describe(spec, codeKind);
  return [kind, showSafely(code)].filter((part) => part !== '').join(' ');
}
