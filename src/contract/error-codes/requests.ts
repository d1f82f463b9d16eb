import type { ErrorCodeEntry } from './error-code-entry.ts';

/** The course of one request. */
export const requestErrors = {
  IDEMPOTENCY_CONFLICT: {
    number: 501,
    status: 409,
    retriable: false,
    ja: '同じIdempotency-Keyが別の内容に使われました',
    en: 'The Idempotency-Key was used for another body',
    remedy: {
      ja: '新しい内容には新しいIdempotency-Keyを付けてください。',
      en: 'Give a new body a new Idempotency-Key.',
    },
  },
  CANCELLED_BY_USER: {
    number: 502,
    status: 409,
    retriable: true,
    ja: '署名は取り消されました',
    en: 'The signature was cancelled',
    remedy: {
      ja: '必要なら、もう一度署名を要求してください。',
      en: 'Ask again if the signature is still wanted.',
    },
  },
  EXPIRED: {
    number: 503,
    status: 409,
    retriable: true,
    ja: '操作の時間が切れました',
    en: 'Nobody answered in time',
    remedy: {
      ja: 'もう一度署名を要求してください。何も署名されていません。',
      en: 'Ask again. Nothing was signed.',
    },
  },
  BUSY: {
    number: 504,
    status: 409,
    retriable: true,
    ja: '待っている署名要求が多すぎます',
    en: 'Too many requests are waiting',
    remedy: {
      ja: '先の要求が終わってから送ってください。',
      en: 'Send again when the earlier requests have ended.',
    },
  },
  RESULT_NOT_HELD: {
    number: 505,
    status: 409,
    retriable: true,
    ja: '署名は完了しましたが、文書は保存していません',
    en: 'The signature is done, but the document is not held any more',
    remedy: {
      ja: '同じIdempotency-Keyと同じ内容でもう一度POSTすると、同じ署名済み文書が返ります。',
      en: 'POST the same body with the same Idempotency-Key: the same signed document comes back.',
    },
  },
  INTERRUPTED: {
    number: 506,
    status: 409,
    retriable: true,
    ja: '署名の途中でエージェントが終了しました',
    en: 'The agent ended in the middle of the signature',
    remedy: {
      ja: '同じIdempotency-Keyと同じ内容でもう一度POSTしてください。同じ署名の続きから始まり、二重に署名されることはありません。',
      en: 'POST the same body with the same Idempotency-Key: the same signature goes on, and nothing is signed twice.',
    },
  },
} as const satisfies Record<string, ErrorCodeEntry>;
