/**
 * Every record of the dispensing result's CSV (調剤結果, first line `CJ1,`), as far as they are known: read from one
 * sample [I]. Fields after the named ones exist and are shown as they stand; who has the specification adds them here.
 */
import * as codes from './code-lists.ts';
import { code, era, many, must, number, once, should, text, type RecordTable } from './record-spec.ts';

const rp = must(text('RP番号', 'RP number'));
const prefecture = code('都道府県', 'Prefecture', codes.prefectures);
const feeSchedule = code('点数表', 'Fee schedule', codes.feeSchedules);

export const dispensingRecords = {
  patient: once('1', '患者', 'Patient', {
    name: text('患者氏名', 'Patient\'s name'),
    sex: should(code('性別', 'Sex', codes.sexes)),
    birthDate: should(era('生年月日', 'Date of birth')),
    postalCode: text('郵便番号', 'Postal code'),
    address: text('住所', 'Address'),
    phone: text('電話番号', 'Telephone'),
    // [I] Three fields lie between the telephone and the kana; in the public お薬手帳 layout they are these.
    emergencyContact: text('緊急連絡先', 'Emergency contact'),
    bloodType: text('血液型', 'Blood type'),
    weight: text('体重', 'Weight'),
    kana: text('患者カナ氏名', 'Patient\'s name in kana'),
  }),
  patientNote: many('2', '患者特記', 'Note on the patient', {
    text: should(text('特記', 'Note')),
    kind: text('種別', 'Kind'),
  }),
  memo: many('4', '手帳メモ', 'Memo', { text: should(text('メモ', 'Memo')), date: era('日付', 'Date') }),
  dispensed: once('5', '調剤日', 'Date of dispensing', { date: must(era('調剤日', 'Date of dispensing')) }),
  insurance: once('6', '保険', 'Insurance', {
    kind: code('保険種別', 'Kind of insurance', codes.insuranceKinds),
    insurer: text('保険者番号', 'Insurer number'),
    symbol: text('記号', 'Symbol'),
    number: text('番号', 'Number'),
    branch: text('枝番', 'Branch number'),
  }),
  prescription: once('7', '処方箋ID', 'Prescription id', { id: must(text('処方箋ID', 'Prescription id')) }),
  pharmacy: once('11', '薬局', 'Pharmacy', {
    name: must(text('薬局名称', 'Pharmacy')),
    prefecture,
    feeSchedule,
    code: should(text('薬局コード', 'Pharmacy code')),
    postalCode: text('郵便番号', 'Postal code'),
    address: text('所在地', 'Address'),
    phone: text('電話番号', 'Telephone'),
  }),
  pharmacist: once('15', '薬剤師', 'Pharmacist', { name: must(text('薬剤師氏名', 'Pharmacist\'s name')) }),
  facility: once('51', '医療機関', 'Medical facility', {
    name: should(text('医療機関名称', 'Facility')),
    prefecture,
    feeSchedule,
    code: text('医療機関コード', 'Facility code'),
  }),
  doctor: once('55', '医師', 'Doctor', {
    name: should(text('医師氏名', 'Doctor\'s name')),
    department: text('診療科', 'Department'),
  }),
  drug: many('201', '薬品', 'Drug', {
    rp,
    name: must(text('薬品名', 'Drug')),
    amount: should(number('用量', 'Amount')),
    unit: should(text('単位', 'Unit')),
    codeKind: code('薬品コード種別', 'Kind of code', codes.dispensedDrugCodeKinds),
    code: text('薬品コード', 'Drug code'),
  }),
  drugSupplement: many('281', '薬品補足', 'Supplement to drug', { rp, text: should(text('薬品補足', 'Text')) }),
  drugCaution: many('291', '服用注意', 'Caution', { rp, text: should(text('服用注意', 'Text')) }),
  usage: many('301', '用法', 'Usage', {
    rp,
    name: must(text('用法', 'Usage')),
    quantity: number('数量', 'Quantity'),
    unit: text('単位', 'Unit'),
    // [?] Not labelled: the public お薬手帳 layout gives 2, 3 and 5 other meanings than the prescription does.
    form: text('剤形区分', 'Dosage form'),
    codeKind: code('用法コード種別', 'Kind of code', codes.usageCodeKinds),
    code: text('用法コード', 'Usage code'),
  }),
  usageSupplement: many('311', '用法補足', 'Supplement to usage', { rp, text: should(text('用法補足', 'Text')) }),
  rpCaution: many('391', '処方服用注意', 'Caution for the RP', { rp, text: should(text('処方服用注意', 'Text')) }),
  caution: many('401', '服用注意', 'Caution', { text: should(text('服用注意', 'Text')) }),
  message: many('411', '伝達内容', 'Message to the facility', {
    text: should(text('伝達内容', 'Message')),
    kind: text('種別', 'Kind'),
  }),
  remark: many('501', '備考', 'Remark', { text: should(text('備考', 'Remark')) }),
  inquiry: many('511', '疑義照会', 'Inquiry', {
    number: text('番号', 'Number'),
    result: should(text('疑義照会結果', 'Result of the inquiry')),
  }),
} as const satisfies RecordTable;

export const dispensingRpRecords = [
  'drug', 'drugSupplement', 'drugCaution', 'usage', 'usageSupplement', 'rpCaution',
] as const;
