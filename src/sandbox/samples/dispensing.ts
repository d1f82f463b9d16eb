/**
 * The dispensing result for samplePrescriptionCsv. It differs from the prescription in one thing: the first drug,
 * prescribed by its 一般名, was dispensed as one maker's generic.
 */
import { sampleDoctor, samplePatient } from './prescription.ts';

export interface SampleDispensingOptions {
  readonly pharmacist?: string;
  readonly doctor?: string;
  readonly patient?: { readonly name: string; readonly kana: string };
  /** YYYYMMDD */
  readonly dispensed?: string;
  /** PrescriptionId of the nested prescription. A clinic's own copy has none. */
  readonly prescriptionId?: string;
  /** For a prescription that was made withoutNarcotic. */
  readonly withoutNarcotic?: boolean;
}

const samplePharmacist = '調剤　花子';
const SAMPLE_PRESCRIPTION_ID = '00000000-0000-4000-8000-000000000001';

export function sampleDispensingCsv(options: SampleDispensingOptions = {}): Uint8Array {
  const patient = options.patient ?? samplePatient;
  const lines = [
    'CJ1,',
    `1,${patient.name},2,19550401,100-0000,東京都架空区見本９丁目８番７号,03-0000-0002,,,,${patient.kana}`,
    `5,${options.dispensed ?? '20260402'}`,
    '6,7,39999999,,12345678,',
    `7,${options.prescriptionId ?? SAMPLE_PRESCRIPTION_ID}`,
    '11,みほん薬局架空店,13,4,9999998,100-0000,東京都架空区見本１丁目２番４号,03-0000-0003',
    `15,${options.pharmacist ?? samplePharmacist}`,
    '51,架空内科クリニック,13,1,9999999',
    `55,${options.doctor ?? sampleDoctor.name},内科`,
    '201,1,アムロジピン錠２．５ｍｇ「ミホン」,1,錠,4,2171022F1990',
    '201,1,ミホンプラゾール錠１０ｍｇ,1,錠,4,2329023F9990',
    '281,1,一包化',
    '301,1,１日１回朝食後　服用,28,日分,1,3,1011000400000000',
    '201,2,架空酸カルシウム細粒８３％,4,ｇ,4,1141007C9990',
    '301,2,１日３回朝昼夕食後　服用,14,日分,1,3,1013044400000000',
    '201,3,【般】ロキソプロフェンＮａ錠６０ｍｇ,1,錠,7,1149019F1ZZZ',
    '291,3,胃にもたれるときは食後に服用してください',
    '301,3,疼痛時　服用,10,回分,2,3,1050110000000000',
    '201,4,【般】ロキソプロフェンＮａテープ１００ｍｇ,28,枚,7,2649735S2ZZZ',
    '301,4,１日２回　腰部に貼付,1,調剤,3,3,0X0XXXXXXXXX0000',
    ...(options.withoutNarcotic === true
      ? []
      : [
          '201,5,見本オキシコドン徐放錠５ｍｇ,2,錠,4,8119002F9990',
          '301,5,１日２回朝夕食後　服用,14,日分,1,3,1012040400000000',
        ]),
    '401,めまいがあるときは車の運転を控えてください',
    '501,次回は残薬を持参してください',
  ];
  return new TextEncoder().encode(lines.join('\n'));
}
