import type { ErrorCodeEntry } from './error-code-entry.ts';

/** The agent itself. */
export const agentErrors = {
  SIGNATURE_MISMATCH: {
    number: 901,
    status: 502,
    retriable: false,
    ja: '署名の自己検証に失敗したため、文書を渡しません',
    en: 'The signature did not verify and was not released',
    remedy: {
      ja: 'カードまたはサービスの異常です。監査ログとともに管理者に連絡してください。',
      en: 'The card or service misbehaves. Call your administrator; the audit log has the details.',
    },
  },
  STORAGE_FAILED: {
    number: 902,
    status: 503,
    retriable: true,
    ja: '記録を保存できないため、署名しません',
    en: 'The agent cannot write its records and therefore does not sign',
    remedy: {
      ja: 'ディスクの空きと、データフォルダーの書き込み権限を確認してください。',
      en: 'Check free disk space and that the data folder is writable.',
    },
  },
  INTERNAL: {
    number: 999,
    status: 500,
    retriable: true,
    ja: 'エージェントの内部エラーです',
    en: 'The agent met an internal error',
    remedy: {
      ja: 'reference をログで確認し、続く場合は診断ZIPを添えて報告してください。',
      en: 'Look the reference up in the log; if it happens again, report it with the diagnosis ZIP.',
    },
  },
} as const satisfies Record<string, ErrorCodeEntry>;
