import type { ErrorCodeEntry } from './error-code-entry.ts';

/** Readers, cards, modules and PINs. */
export const cardErrors = {
  NO_CARD_SERVICE: {
    number: 301,
    status: 503,
    retriable: true,
    ja: 'スマートカードサービスが動いていません',
    en: 'The smart card service is not running',
    remedy: {
      ja: 'エージェントが自動で再接続します。続く場合はPCを再起動するか管理者に連絡してください。',
      en: 'The agent reconnects by itself. If it does not come back, restart the PC or call your administrator.',
    },
  },
  NO_READER: {
    number: 302,
    status: 503,
    retriable: true,
    ja: 'カードリーダーがつながっていません',
    en: 'No card reader is connected',
    remedy: {
      ja: 'カードリーダーをUSBに差し直してください。',
      en: 'Plug the card reader in again.',
    },
  },
  NO_CARD: {
    number: 303,
    status: 409,
    retriable: true,
    ja: 'カードが挿入されていません',
    en: 'No card is in the reader',
    remedy: {
      ja: 'HPKIカードをリーダーに挿入してください。',
      en: 'Insert the HPKI card.',
    },
  },
  CARD_UNKNOWN: {
    number: 304,
    status: 409,
    retriable: true,
    ja: '署名に使えるHPKIカードではありません',
    en: 'The card cannot sign: it is no HPKI signing card, or its certificate is not one for signing',
    remedy: {
      ja: '署名用証明書の入った本人のHPKIカードを挿入してください。',
      en: 'Insert the person\'s own HPKI card with a signing certificate.',
    },
  },
  CARD_AMBIGUOUS: {
    number: 305,
    status: 409,
    retriable: true,
    ja: '使えるカードが2枚以上あります',
    en: 'Two or more fitting cards are inserted',
    remedy: {
      ja: '画面でカードを選ぶか、使わないカードを抜いてください。',
      en: 'Choose the card in the window, or remove the one not in use.',
    },
  },
  CARD_IN_USE: {
    number: 306,
    status: 409,
    retriable: true,
    ja: '別のプログラムがカードを使用中です',
    en: 'Another program is using the card',
    remedy: {
      ja: '資格確認などの処理が終わるのを待って、もう一度送ってください。',
      en: 'Wait until the other program (eligibility check) has finished and send again.',
    },
  },
  CARD_REMOVED: {
    number: 307,
    status: 409,
    retriable: true,
    ja: 'カードが抜かれました',
    en: 'The card was removed',
    remedy: {
      ja: 'カードを挿入し直して、もう一度送ってください。再起動は要りません。',
      en: 'Insert the card and send again. No restart is needed.',
    },
  },
  CARD_MODULE_FAILED: {
    number: 308,
    status: 503,
    retriable: true,
    ja: 'カードのモジュールが応答しません',
    en: 'The card module failed',
    remedy: {
      ja: 'エージェントが自動で起動し直します。続く場合は自己診断（hpki-agent doctor）を見てください。',
      en: 'The agent restarts it by itself. If it keeps failing, run hpki-agent doctor.',
    },
  },
  PIN_INCORRECT: {
    number: 401,
    status: 422,
    retriable: true,
    ja: 'PINが違います',
    en: 'The PIN is wrong',
    remedy: {
      ja: '残り回数を確認して入力し直してください。15回続けて間違えるとカードがロックされ、再発行は有料です。',
      en: 'Check the tries left before typing again. 15 wrong PINs in a row lock the card; re-issue is paid.',
    },
  },
  PIN_LOCKED: {
    number: 402,
    status: 423,
    retriable: false,
    ja: 'カードがロックされています',
    en: 'The card is locked',
    remedy: {
      ja: '認証局に再発行を申請してください（有料、数週間）。その間はリモート署名を使えます。',
      en: 'Apply to the certificate authority for a re-issue (paid, takes weeks). Remote signing works meanwhile.',
    },
  },
} as const satisfies Record<string, ErrorCodeEntry>;
