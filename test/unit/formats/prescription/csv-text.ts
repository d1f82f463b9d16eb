/** CSVs for tests: the smallest that is accepted, and ways to spoil it. */
import { readPrescriptionCsv, readDispensingCsv, type DispensingCsv, type PrescriptionCsv } from '../../../../src/formats/prescription/csv-reader.ts';

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Everything that is expected of a prescription and nothing more: no error, no warning. */
export const plainPrescription: readonly string[] = [
  'SJ1',
  '1,1,9999999,13,架空内科クリニック',
  '5,,ｲｼｬ ｻﾌﾞﾛｳ,医者　三郎',
  '11,,患者　太郎,ｶﾝｼﾞｬ ﾀﾛｳ',
  '12,1',
  '13,19800401',
  '51,20260401',
  '101,1,1,,7',
  '111,1,3,1013044400000000,１日３回朝昼夕食後　服用,3',
  '201,1,1,1,2,999999999,見本錠１００ｍｇ,3,1,錠',
];

export const plainDispensing: readonly string[] = [
  'CJ1,',
  '1,患者　太郎,1,19800401,,,,,,,ｶﾝｼﾞｬ ﾀﾛｳ',
  '5,20260402',
  '7,0b6f8bd8-2ab3-4f5e-9d6c-3d5a7f0f0001',
  '11,みほん薬局,13,4,9999998',
  '15,調剤　花子',
  '51,架空内科クリニック,13,1,9999999',
  '55,医者　三郎,内科',
  '201,1,見本錠１００ｍｇ,3,錠,2,999999999',
  '301,1,１日３回朝昼夕食後　服用,7,日分,1,3,1013044400000000',
];

export const csv = (lines: readonly string[]): Uint8Array => bytesOf(lines.join('\n'));

/** The lines with each that begins with `start` replaced by `by` (nothing: left out). */
export function replaced(lines: readonly string[], start: string, ...by: string[]): string[] {
  return lines.flatMap((line) => (line.startsWith(start) ? by : [line]));
}

export function prescriptionOf(lines: readonly string[]): PrescriptionCsv {
  const reading = readPrescriptionCsv(csv(lines));
  if (!reading.ok) throw new Error(JSON.stringify(reading.errors));
  return reading.document;
}

export function dispensingOf(lines: readonly string[]): DispensingCsv {
  const reading = readDispensingCsv(csv(lines));
  if (!reading.ok) throw new Error(JSON.stringify(reading.errors));
  return reading.document;
}
