import type { ErrorCodeEntry } from './error-code-entry.ts';

/** Who calls, and how: the port, pairing, HTTP and the form of a request. */
export const callerErrors = {
  HOST_NOT_ALLOWED: {
    number: 101,
    status: 421,
    retriable: false,
    ja: '宛先ホスト名が許可されていません',
    en: 'The request names another host',
    remedy: {
      ja: '接続先を http://127.0.0.1 または http://localhost とエージェントのポートにしてください。',
      en: 'Call http://127.0.0.1 or http://localhost with the agent\'s port.',
    },
  },
  ORIGIN_NOT_ALLOWED: {
    number: 102,
    status: 403,
    retriable: false,
    ja: 'このWebサイトは接続先EHRとして登録されていません',
    en: 'This web site is not paired with the agent',
    remedy: {
      ja: 'エージェントの「接続先EHRを追加」を開き、EHRからペアリングしてください。',
      en: 'Open 接続先EHRを追加 in the agent and pair from the EHR.',
    },
  },
  PEER_NOT_ALLOWED: {
    number: 103,
    status: 403,
    retriable: false,
    ja: '別の利用者のプログラムからの接続です',
    en: 'The connection comes from another user of this computer',
    remedy: {
      ja: 'EHRをエージェントと同じWindows/OS利用者で起動するか、管理者がポリシーで利用者を許可してください。',
      en: 'Start the EHR as the same OS user as the agent, or have an administrator allow that user by policy.',
    },
  },
  PAIRING_CLOSED: {
    number: 104,
    status: 403,
    retriable: true,
    ja: 'ペアリングは受け付けていません',
    en: 'Pairing is closed',
    remedy: {
      ja: 'エージェントで「接続先EHRを追加」を開いてから120秒以内にやり直してください。',
      en: 'Open 接続先EHRを追加 in the agent (or run hpki-agent pair) and try again within 120 seconds.',
    },
  },
  PAIRING_CODE_INCORRECT: {
    number: 105,
    status: 403,
    retriable: true,
    ja: '確認番号が違います',
    en: 'The pairing code is wrong',
    remedy: {
      ja: 'エージェントの画面に表示された6桁の番号を入力し直してください。3回間違えると受付を終了します。',
      en: 'Type the 6 digits that the agent shows. Three wrong codes close pairing.',
    },
  },
  NOT_PAIRED: {
    number: 106,
    status: 401,
    retriable: false,
    ja: 'このEHRはエージェントとペアリングされていません',
    en: 'This EHR is not paired with the agent',
    remedy: {
      ja: '「接続先EHRを追加」からペアリングし直してください。',
      en: 'Pair again by 接続先EHRを追加.',
    },
  },
  NOT_FOUND: {
    number: 107,
    status: 404,
    retriable: false,
    ja: '指定されたものは見つかりません',
    en: 'There is nothing at this address',
    remedy: {
      ja: 'URLとIDを確認してください。',
      en: 'Check the URL and the id.',
    },
  },
  METHOD_NOT_ALLOWED: {
    number: 108,
    status: 405,
    retriable: false,
    ja: 'このURLでは使えないHTTPメソッドです',
    en: 'This address does not take that method',
    remedy: {
      ja: 'Allowヘッダーにあるメソッドを使ってください。',
      en: 'Use a method named in the Allow header.',
    },
  },
  MEDIA_TYPE: {
    number: 109,
    status: 415,
    retriable: false,
    ja: 'この形式の本文は受け付けられません',
    en: 'A body of this form is not accepted',
    remedy: {
      ja: '圧縮していないUTF-8のJSONを、Content-Type: application/json を付けて送ってください。',
      en: 'Send uncompressed JSON in UTF-8 with Content-Type: application/json.',
    },
  },
  TOO_LARGE: {
    number: 110,
    status: 413,
    retriable: false,
    ja: '要求が大きすぎます',
    en: 'The request is too large',
    remedy: {
      ja: '文書を分けて送ってください。上限はポリシーで16 MiBまで広げられます。',
      en: 'Send fewer documents at once. Policy can raise the limit to 16 MiB.',
    },
  },
  RATE_LIMITED: {
    number: 111,
    status: 429,
    retriable: true,
    ja: '要求の回数が上限を超えました',
    en: 'Too many requests',
    remedy: {
      ja: 'Retry-After の秒数だけ待ってから送ってください。',
      en: 'Wait for the seconds in Retry-After, then send again.',
    },
  },
  REQUEST_INVALID: {
    number: 112,
    status: 400,
    retriable: false,
    ja: '要求の形式が正しくありません',
    en: 'The request has the wrong shape',
    remedy: {
      ja: 'detail に示した項目を直してください。形は /openapi.json にあります。',
      en: 'Mend the field named in detail. The shape is in /openapi.json.',
    },
  },
} as const satisfies Record<string, ErrorCodeEntry>;
