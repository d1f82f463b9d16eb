import type { SameKeys } from '../same-keys.ts';

export const diagnosisJa = {
  explain: '署名に必要なものを一つずつ確認します。PINは使いません。',
  run: '自己診断を始める',
  again: 'もう一度診断する',
  running: '診断しています（{{count}}項目まで完了）',
  done: '{{checks}}項目を確認しました。問題 {{problems}}件',
  allWell: '{{checks}}項目を確認しました。問題はありません',
  failed: '診断を最後まで行えませんでした。もう一度お試しください。',
  results: '診断の結果',
  copy: '結果をコピー',
  copied: 'コピーしました',
  save: 'ZIPで保存',
  saved: '保存しました',
  privacy: 'ZIPとコピーに、PIN・患者の情報・接続の鍵は含まれません。',
  remedy: '対処',
  statuses: {
    ok: '正常',
    warning: '注意',
    problem: '問題',
    not_applicable: '対象外',
  },
} as const;

export const diagnosisEn: SameKeys<typeof diagnosisJa> = {
  explain: 'Checks what signing needs, one item at a time. No PIN is used.',
  run: 'Start self-diagnosis',
  again: 'Run again',
  running: 'Checking ({{count}} items done)',
  done: 'Items checked: {{checks}}. Problems: {{problems}}',
  allWell: 'Items checked: {{checks}}. No problems',
  failed: 'The diagnosis could not be finished. Please try again.',
  results: 'Results',
  copy: 'Copy results',
  copied: 'Copied',
  save: 'Save as ZIP',
  saved: 'Saved',
  privacy: 'Neither the ZIP nor the copy contains PINs, patient data or connection keys.',
  remedy: 'What to do',
  statuses: {
    ok: 'OK',
    warning: 'Caution',
    problem: 'Problem',
    not_applicable: 'Not applicable',
  },
};
