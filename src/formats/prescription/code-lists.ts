/** Code lists of the prescription CSV. Keys are the codes as written. */
import type { CodeList } from './record-spec.ts';

const complete = (meanings: Readonly<Record<string, string>>): CodeList => ({ meanings, complete: true });
const open = (meanings: Readonly<Record<string, string>>): CodeList => ({ meanings, complete: false });

/** 点数表. A pharmacy's is 4. */
export const feeSchedules = complete({ 1: '医科', 3: '歯科', 4: '調剤' });

export const departmentCodeKinds = complete({ 1: 'コードなし', 2: '診療科コード' });

export const sexes = complete({ 1: '男', 2: '女' });

export const copaymentClasses = complete({ 1: '高齢者一般', 2: '高齢者7割', 3: '六歳未満', 5: '高齢者8割' });

/** [?] Codes other than these exist (労災, 自費 …); their numbers are not public. */
export const insuranceKinds = open({ 1: '医保', 2: '国保', 7: '後期高齢者' });

export const insuredKinds = complete({ 1: '被保険者', 2: '被扶養者' });

export const occupationalReasons = complete({ 1: '職務上', 2: '下船後3か月以内', 3: '通勤災害' });

export const leftoverActions = complete({
  1: '医療機関へ疑義照会した上で調剤',
  2: '医療機関へ情報提供',
});

export const remarkKinds = complete({ 1: '一包化', 2: '粉砕' });

export const dosageForms = complete({
  1: '内服',
  2: '頓服',
  3: '外用',
  4: '内服滴剤',
  5: '注射',
  6: '医療材料',
  9: '不明',
});

/** 3 is the 電子処方箋用法マスタ, the only kind seen; whether there are others is not public [?]. */
export const usageCodeKinds = open({ 3: '電子処方箋用法マスタ' });

export const usageSupplementKinds = complete({
  1: '漸減',
  2: '一包化',
  3: '隔日',
  4: '粉砕',
  5: '用法の続き',
  6: '部位',
  7: '1回使用量',
  8: 'JAMI補足用法',
  9: 'JAMI部位',
});

export const itemKinds = complete({ 1: '医薬品', 2: '医療材料' });

export const drugCodeKinds = complete({ 2: 'レセ電', 4: 'YJ', 7: '一般名' });

export const potencyFlags = complete({ 1: '薬価単位', 2: '力価' });

export const drugSupplementKinds = complete({
  1: '一包化',
  2: '粉砕',
  3: '後発品変更不可',
  4: '剤形変更不可',
  5: '含量規格変更不可',
  6: '剤形変更不可及び含量規格変更不可',
  7: 'JAMI補足用法',
  8: '先発医薬品患者希望',
});

/** Of drugSupplementKinds: what the pharmacist may not replace. */
export const substitutionBars: ReadonlySet<string> = new Set(['3', '4', '5', '6']);

/** [I] CJ1 reads like the public お薬手帳 layout, in which 1 means "no code" and 6 HOT. */
export const dispensedDrugCodeKinds = open({ 1: 'コードなし', 2: 'レセ電', 3: '厚労省', 4: 'YJ', 6: 'HOT', 7: '一般名' });

/** JIS X 0401, 01–47. */
export const prefectures = complete(
  Object.fromEntries(
    [
      '北海道', '青森県', '岩手県', '宮城県', '秋田県', '山形県', '福島県', '茨城県', '栃木県', '群馬県', '埼玉県', '千葉県',
      '東京都', '神奈川県', '新潟県', '富山県', '石川県', '福井県', '山梨県', '長野県', '岐阜県', '静岡県', '愛知県', '三重県',
      '滋賀県', '京都府', '大阪府', '兵庫県', '奈良県', '和歌山県', '鳥取県', '島根県', '岡山県', '広島県', '山口県', '徳島県',
      '香川県', '愛媛県', '高知県', '福岡県', '佐賀県', '長崎県', '熊本県', '大分県', '宮崎県', '鹿児島県', '沖縄県',
    ].map((name, index) => [String(index + 1).padStart(2, '0'), name]),
  ),
);
