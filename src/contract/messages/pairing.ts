import type { SameKeys } from './same-keys.ts';

export const pairingJa = {
  title: '接続先EHRを追加',
  closed: {
    text: '接続の受け付けは閉じています。',
    open: '受け付けを始める',
  },
  open: {
    heading: 'EHRからの接続を待っています',
    steps: 'EHRの設定画面で「署名エージェントと接続」などの操作をしてください。接続の要求が届くと、ここに確認番号が表示されます。',
    remaining: '残り {{seconds}}秒',
    remainingNote: '時間が過ぎると自動で閉じます。',
  },
  code: {
    heading: 'この番号をEHRに入力してください',
    who: '接続を求めているのは',
    check: '知らない相手のときは「拒否する」を押してください。',
    number: '確認番号',
    refuse: '拒否する',
    programNote: 'プログラムの場所は参考です。同じ名前を名乗ることができます。',
  },
  ended: {
    paired: { title: '接続しました', detail: 'このEHRから署名を要求できるようになりました。取り消しは「接続先EHR」からできます。' },
    refused: { title: '接続を拒否しました', detail: 'このEHRは登録されていません。' },
    wrong_codes: { title: '確認番号が3回違ったため終了しました', detail: '接続するには、もう一度最初からやり直してください。' },
    expired: { title: '時間切れのため終了しました', detail: '接続するには、もう一度最初からやり直してください。' },
    cancelled: { title: '接続を取りやめました', detail: 'このEHRは登録されていません。' },
    again: 'もう一度受け付ける',
  },
} as const;

export const pairingEn: SameKeys<typeof pairingJa> = {
  title: 'Add an EHR',
  closed: {
    text: 'Connections are not being accepted.',
    open: 'Start accepting',
  },
  open: {
    heading: 'Waiting for the EHR to connect',
    steps: 'In the settings of the EHR, choose to connect to the signing agent. When its request arrives, a code appears here.',
    remaining: '{{seconds}} seconds left',
    remainingNote: 'This closes automatically when the time is up.',
  },
  code: {
    heading: 'Enter this code in the EHR',
    who: 'This EHR asks to connect',
    check: 'If you do not know this name or address, press Refuse.',
    number: 'Code',
    refuse: 'Refuse',
    programNote: 'The program’s location is only a hint: another program can use the same name.',
  },
  ended: {
    paired: { title: 'Connected', detail: 'This EHR can now ask for signatures. You can revoke it under Connected EHRs.' },
    refused: { title: 'Refused', detail: 'This EHR was not added.' },
    wrong_codes: { title: 'Ended after three wrong codes', detail: 'To connect, start again.' },
    expired: { title: 'Timed out', detail: 'To connect, start again.' },
    cancelled: { title: 'Cancelled', detail: 'This EHR was not added.' },
    again: 'Accept again',
  },
};
