/**
 * Every record of the prescription CSV (電子処方箋 CSV, first line `SJ1`), as the interface specification lists them:
 * number, name, and its fields in order. Reading, error messages and the summary all follow from this table.
 * The specification itself goes to vendors only; who has it corrects a record here.
 */
import * as codes from './code-lists.ts';
import { code, date, many, must, number, once, secret, should, text, type RecordTable } from './record-spec.ts';

const rp = must(text('RP番号', 'RP number'));
const drugSerial = must(text('RP内連番', 'Number within the RP'));
const serial = text('連番', 'Serial number');
const payer = should(text('公費負担者番号', 'Payer number'));
const recipient = text('公費受給者番号', 'Recipient number');

export const prescriptionRecords = {
  facility: once('1', '医療機関', 'Medical facility', {
    feeSchedule: should(code('点数表', 'Fee schedule', codes.feeSchedules)),
    code: should(text('医療機関コード', 'Facility code')),
    prefecture: should(code('都道府県', 'Prefecture', codes.prefectures)),
    name: must(text('医療機関名称', 'Facility')),
  }),
  facilityAddress: once('2', '医療機関所在地', 'Facility address', {
    postalCode: text('郵便番号', 'Postal code'),
    address: should(text('所在地', 'Address')),
  }),
  facilityPhone: once('3', '医療機関電話', 'Facility telephone', {
    phone: should(text('電話番号', 'Telephone')),
    fax: text('FAX番号', 'Fax'),
    other: text('その他連絡先', 'Other contact'),
  }),
  department: once('4', '診療科', 'Department', {
    codeKind: should(code('診療科コード種別', 'Kind of code', codes.departmentCodeKinds)),
    code: text('診療科コード', 'Department code'),
    name: should(text('診療科名', 'Department')),
  }),
  doctor: once('5', '医師', 'Doctor', {
    code: text('医師コード', 'Doctor code'),
    kana: text('医師カナ氏名', 'Doctor\'s name in kana'),
    name: text('医師漢字氏名', 'Doctor\'s name'),
  }),
  patient: once('11', '患者氏名', 'Patient', {
    code: text('患者コード', 'Patient code'),
    name: text('患者漢字氏名', 'Patient\'s name'),
    kana: text('患者カナ氏名', 'Patient\'s name in kana'),
  }),
  sex: once('12', '患者性別', 'Sex', { sex: must(code('性別', 'Sex', codes.sexes)) }),
  birth: once('13', '患者生年月日', 'Date of birth', { date: must(date('生年月日', 'Date of birth')) }),
  copayment: once('14', '一部負担区分', 'Copayment class', {
    class: must(code('一部負担金区分', 'Class', codes.copaymentClasses)),
  }),
  insurance: once('21', '保険種別', 'Insurance', {
    kind: must(code('保険種別', 'Kind of insurance', codes.insuranceKinds)),
  }),
  insurer: once('22', '保険者番号', 'Insurer number', { number: must(text('保険者番号', 'Insurer number')) }),
  insured: once('23', '記号番号', 'Insured person', {
    symbol: text('記号', 'Symbol'),
    number: should(text('番号', 'Number')),
    kind: code('被保険者・被扶養者', 'Insured or dependant', codes.insuredKinds),
    branch: text('枝番', 'Branch number'),
  }),
  rates: once('24', '負担・給付率', 'Rates', {
    patientRate: number('患者負担率', 'Patient pays (%)'),
    benefitRate: number('保険給付率', 'Insurance pays (%)'),
  }),
  occupationalReason: once('25', '職務上の事由', 'Occupational reason', {
    reason: must(code('職務上の事由', 'Reason', codes.occupationalReasons)),
  }),
  publicFunding1: once('27', '第一公費', 'First public funding', { payer, recipient }),
  publicFunding2: once('28', '第二公費', 'Second public funding', { payer, recipient }),
  publicFunding3: once('29', '第三公費', 'Third public funding', { payer, recipient }),
  publicFundingSpecial: once('30', '特殊公費', 'Special public funding', { payer, recipient }),
  claimKind: once('31', 'レセプト種別', 'Kind of claim', { code: must(text('レセプト種別コード', 'Code')) }),
  issued: once('51', '交付年月日', 'Date of issue', { date: must(date('交付年月日', 'Date of issue')) }),
  expires: once('52', '使用期限', 'Usable until', { date: should(date('使用期限年月日', 'Usable until')) }),
  narcotic: once('60', '麻薬施用', 'Narcotic prescription', {
    licence: must(text('麻薬施用者免許番号', 'Narcotics licence number')),
    patientAddress: should(text('患者住所', 'Patient\'s address')),
    patientPhone: text('患者電話番号', 'Patient\'s telephone'),
  }),
  leftover: once('62', '残薬確認', 'Left-over medicine', {
    action: must(code('残薬確認対応', 'Action', codes.leftoverActions)),
  }),
  remark: many('81', '備考', 'Remark', {
    serial,
    kind: code('備考種別', 'Kind', codes.remarkKinds),
    text: text('備考', 'Remark'),
  }),
  prescriptionNumber: once('82', '処方箋番号', 'Prescription number', {
    kind: text('種別', 'Kind'),
    exchangeNumber: must(secret('引換番号', 'Exchange number')),
  }),
  form: many('101', '剤形', 'Dosage form', {
    rp,
    form: must(code('剤形区分', 'Dosage form', codes.dosageForms)),
    name: text('剤形名称', 'Name of the form'),
    quantity: must(number('調剤数量', 'Quantity')),
  }),
  usage: many('111', '用法', 'Usage', {
    rp,
    codeKind: code('用法コード種別', 'Kind of code', codes.usageCodeKinds),
    code: text('用法コード', 'Usage code'),
    name: must(text('用法名称', 'Usage')),
    timesPerDay: number('1日回数', 'Times a day'),
  }),
  usageSupplement: many('181', '用法補足', 'Supplement to usage', {
    rp,
    serial,
    kind: code('用法補足区分', 'Kind', codes.usageSupplementKinds),
    text: should(text('用法補足情報', 'Text')),
    usageCode: text('補足用法コード', 'Code of the supplement'),
    siteCode: text('部位コード', 'Code of the site'),
  }),
  drug: many('201', '薬品', 'Drug', {
    rp,
    serial: drugSerial,
    itemKind: should(code('情報区分', 'Drug or material', codes.itemKinds)),
    codeKind: should(code('薬品コード種別', 'Kind of code', codes.drugCodeKinds)),
    code: should(text('薬品コード', 'Drug code')),
    name: must(text('薬品名称', 'Drug')),
    amount: must(number('分量', 'Amount')),
    potency: should(code('力価フラグ', 'Unit of price or potency', codes.potencyFlags)),
    unit: should(text('単位名', 'Unit')),
  }),
  unitConversion: many('211', '単位変換', 'Conversion of unit', {
    rp,
    serial: drugSerial,
    factor: must(number('単位変換係数', 'Factor')),
  }),
  unevenDoses: many('221', '不均等', 'Uneven doses', {
    rp,
    serial: drugSerial,
    dose1: must(number('1回目', '1st')),
    dose2: number('2回目', '2nd'),
    dose3: number('3回目', '3rd'),
    dose4: number('4回目', '4th'),
    dose5: number('5回目', '5th'),
  }),
  funding: many('231', '負担区分', 'Who pays', {
    rp,
    serial: drugSerial,
    first: text('第一公費', 'First public funding'),
    second: text('第二公費', 'Second public funding'),
    third: text('第三公費', 'Third public funding'),
    special: text('特殊公費', 'Special public funding'),
  }),
  singleDose: many('241', '1回服用量', 'Single dose', {
    rp,
    serial: drugSerial,
    dose: must(number('1回服用量', 'Single dose')),
    timesPerDay: number('1日服用回数', 'Times a day'),
  }),
  drugSupplement: many('281', '薬品補足', 'Supplement to drug', {
    rp,
    serial: drugSerial,
    supplementSerial: text('補足連番', 'Serial number'),
    kind: code('薬品補足区分', 'Kind', codes.drugSupplementKinds),
    text: text('薬品補足情報', 'Text'),
    usageCode: text('補足用法コード', 'Code of the supplement'),
  }),
  clinicalInformation: many('301', '提供診療情報', 'Clinical information', {
    serial,
    drugName: text('薬品名称', 'Drug'),
    comment: should(text('コメント', 'Comment')),
  }),
  testValues: many('302', '検査値', 'Test values', { serial, value: should(text('検査値', 'Value')) }),
} as const satisfies RecordTable;

/** Records that belong to one RP, and of those the ones that belong to one drug of it. */
export const rpRecords = ['form', 'usage', 'usageSupplement', 'drug'] as const;
export const drugDetailRecords = ['unitConversion', 'unevenDoses', 'funding', 'singleDose', 'drugSupplement'] as const;
