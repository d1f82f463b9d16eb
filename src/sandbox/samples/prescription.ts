/**
 * A prescription as a clinic's EHR would write it. Facility, people, addresses and numbers are made up (the address
 * names a place that does not exist); drugs are written by their 一般名 or by names nobody sells.
 */
export interface SamplePrescriptionOptions {
  /** 全角スペース between family and given name. */
  readonly doctor?: { readonly name: string; readonly kana: string };
  readonly patient?: { readonly name: string; readonly kana: string };
  /** YYYYMMDD */
  readonly issued?: string;
  /** YYYYMMDD */
  readonly expires?: string;
  /** Without record 60 and the drug that needs it. */
  readonly withoutNarcotic?: boolean;
  readonly newlineAtEnd?: boolean;
}

export const sampleDoctor = { name: '医者　三郎', kana: 'ｲｼｬ ｻﾌﾞﾛｳ' } as const;
export const samplePatient = { name: '髙橋　①子', kana: 'ﾀｶﾊｼ ｲﾁｺ' } as const;

export function samplePrescriptionCsv(options: SamplePrescriptionOptions = {}): Uint8Array {
  const doctor = options.doctor ?? sampleDoctor;
  const patient = options.patient ?? samplePatient;
  const narcotic = options.withoutNarcotic !== true;
  const lines = [
    'SJ1',
    '1,1,9999999,13,架空内科クリニック',
    '2,100-0000,東京都架空区見本１丁目２番３号　サンプルビル４Ｆ',
    '3,03-0000-0000,03-0000-0001,',
    '4,2,01,内科',
    `5,D0012,${doctor.kana},${doctor.name}`,
    `11,P000123,${patient.name},${patient.kana}`,
    '12,2',
    '13,19550401',
    '14,1',
    '21,7',
    '22,39999999',
    '23,,12345678,1,',
    '24,010,090',
    '27,54999999,9999999',
    '31,1318',
    `51,${options.issued ?? '20260401'}`,
    `52,${options.expires ?? '20260404'}`,
    ...(narcotic ? ['60,第１３－９９９９号,東京都架空区見本９丁目８番７号,03-0000-0002'] : []),
    '62,2',
    '81,1,1,朝食後の薬は一包化してください',
    '82,1,A1B2C3D4',
    '101,1,1,,28',
    '111,1,3,1011000400000000,１日１回朝食後　服用,1',
    '181,1,1,2,朝食後分を一包化,,',
    '201,1,1,1,7,2171022F1ZZZ,【般】アムロジピン錠２．５ｍｇ,1,1,錠',
    '201,1,2,1,4,2329023F9990,ミホンプラゾール錠１０ｍｇ,1,1,錠',
    '231,1,2,1,,,',
    '281,1,2,1,3,後発品変更不可,',
    '101,2,1,,14',
    '111,2,3,1013044400000000,１日３回朝昼夕食後　服用,3',
    '201,2,1,1,4,1141007C9990,架空酸カルシウム細粒８３％,4,1,ｇ',
    '211,2,1,0.83',
    '221,2,1,2,1,1,,,,,,,,',
    '101,3,2,,10',
    '111,3,3,1050110000000000,疼痛時　服用,',
    '201,3,1,1,7,1149019F1ZZZ,【般】ロキソプロフェンＮａ錠６０ｍｇ,1,1,錠',
    '241,3,1,1,',
    '101,4,3,,1',
    '111,4,3,0X0XXXXXXXXX0000,１日２回　腰部に貼付,2',
    '181,4,1,6,腰部①,,',
    '201,4,1,1,7,2649735S2ZZZ,【般】ロキソプロフェンＮａテープ１００ｍｇ,28,1,枚',
    '281,4,1,1,8,先発医薬品を希望,',
    ...(narcotic
      ? [
          '101,5,1,,14',
          '111,5,3,1012040400000000,１日２回朝夕食後　服用,2',
          '201,5,1,1,4,8119002F9990,見本オキシコドン徐放錠５ｍｇ,2,1,錠',
        ]
      : []),
    '301,1,【般】アムロジピン錠２．５ｍｇ,家庭血圧　１３０／８０前後',
    '302,1,eGFR 58.2 mL/min/1.73m2（２０２６／０３／２５）',
  ];
  return new TextEncoder().encode(lines.join('\n') + (options.newlineAtEnd === true ? '\n' : ''));
}

/**
 * 1 KB, 35 KB and 350 KB for the bench, and any other size: a valid prescription of exactly so many bytes, from 1,000
 * up to 500,000, where the reader's bound of 10,000 lines is near.
 */
export function prescriptionOfSize(bytes: number): Uint8Array<ArrayBuffer> {
  if (bytes < 1000) throw new RangeError('A prescription of this shape needs at least 1,000 bytes');
  const encoder = new TextEncoder();
  const head = [
    'SJ1',
    '1,1,9999999,13,架空内科クリニック',
    '4,2,01,内科',
    `5,,${sampleDoctor.kana},${sampleDoctor.name}`,
    `11,,${samplePatient.name},${samplePatient.kana}`,
    '12,2',
    '13,19550401',
    '21,7',
    '22,39999999',
    '51,20260401',
    '52,20260404',
  ].join('\n');
  const rpLines = (rp: number): string => [
    '',
    `101,${rp},1,,28`,
    `111,${rp},3,1011000400000000,１日１回朝食後服用,1`,
    `201,${rp},1,1,7,2171022F1ZZZ,【般】アムロジピン錠２．５ｍｇ,1,1,錠`,
    `201,${rp},2,1,4,2329023F9990,ミホンプラゾール錠１０ｍｇ,1,1,錠`,
    `281,${rp},2,1,3,後発品変更不可,`,
  ].join('\n');
  const remark = '\n81,1,,';
  const parts = [head];
  let length = encoder.encode(head + remark).length;
  for (let rp = 1; ; rp += 1) {
    const next = rpLines(rp);
    const added = encoder.encode(next).length;
    if (length + added >= bytes) break;
    parts.push(next);
    length += added;
  }
  // A remark fills what is left: full-width characters of three bytes, and ASCII for the rest.
  const left = bytes - length;
  const filler = `${'備'.repeat(Math.floor(left / 3))}${'.'.repeat(left % 3)}`;
  return encoder.encode(parts.join('') + remark + filler);
}
