/**
 * Whether two written names can be one person's. Conservative: only what is the same for certain counts as the same
 * (width, spaces, registered glyphs of one kanji, old and new form of one kanji); all else is left to the reader's eye.
 */

/**
 * New form, then the others that family registers still have: いわゆる康熙字典体 of 常用漢字表, and the few variants that
 * everybody reads as the same name. 斎 and 斉 are two names, and stay two.
 */
const variants = [
  '高髙', '崎﨑嵜', '徳德', '浜濱濵', '辺邊邉', '斎齋', '斉齊', '沢澤', '桜櫻', '広廣', '国國', '真眞', '恵惠', '栄榮', '島嶋嶌', '竜龍', '弥彌', '瀬瀨', '淵渕', '曽曾',
  '富冨', '蔵藏', '寿壽', '実實', '静靜', '晋晉', '戸戶', '吉𠮷', '館舘', '条條', '壮壯', '黒黑', '黄黃', '清淸', '浄淨', '鉄鐵', '豊豐', '礼禮', '万萬', '与與',
  '寛寬', '桧檜', '芦蘆', '彦彥', '縁緣', '禄祿', '学學', '聡聰', '来來', '頼賴', '歩步', '増增', '横橫', '関關', '円圓', '応應', '児兒', '将將', '桑桒', '峰峯', '巻卷',
] as const;

const newForm = new Map(variants.flatMap(([current = '', ...others]) => others.map((old) => [old, current])));
const japanese = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;

/** The name as it is compared, not as it is shown. */
function plain(name: string): string {
  const unspaced = name.normalize('NFKC').replace(/[\s\p{Variation_Selector}]/gu, '').toLowerCase();
  return Array.from(unspaced, (character) => newForm.get(character) ?? character).join('');
}

/** False also where one is written in Latin letters and the other is not: nobody can tell then by the letters alone. */
export function isOtherName(one: string, other: string): boolean {
  const [first, second] = [plain(one), plain(other)];
  return first !== second && japanese.test(first) === japanese.test(second);
}
