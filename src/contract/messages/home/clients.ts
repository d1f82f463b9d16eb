import type { SameKeys } from '../same-keys.ts';

export const clientsJa = {
  explain: 'ここにあるEHRだけが、この端末に署名を要求できます。',
  none: '接続先EHRはまだありません。',
  add: '接続先EHRを追加',
  native: '端末のプログラム',
  lastUsed: '最終利用',
  never: 'まだ利用なし',
  expires: '有効期限',
  noExpiry: '期限なし',
  created: '登録日',
  byPolicy: '管理者のポリシーで登録されているため、ここでは取り消せません。',
  revoked: '取り消し済み',
  expired: '期限切れ',
  revoke: '取り消す',
  revokeName: '{{name}} の接続を取り消す',
  confirm: {
    title: '接続を取り消しますか',
    detail: '「{{name}}」は、もう一度接続し直すまで署名を要求できなくなります。',
    revoke: '接続を取り消す',
  },
} as const;

export const clientsEn: SameKeys<typeof clientsJa> = {
  explain: 'Only the EHRs listed here can ask this PC for signatures.',
  none: 'No EHR is connected yet.',
  add: 'Add an EHR',
  native: 'Program on this PC',
  lastUsed: 'Last used',
  never: 'Not yet used',
  expires: 'Expires',
  noExpiry: 'Does not expire',
  created: 'Added',
  byPolicy: 'Set by the administrator’s policy; it cannot be revoked here.',
  revoked: 'Revoked',
  expired: 'Expired',
  revoke: 'Revoke',
  revokeName: 'Revoke {{name}}',
  confirm: {
    title: 'Revoke this connection?',
    detail: '“{{name}}” cannot ask for signatures until it is connected again.',
    revoke: 'Revoke connection',
  },
};
