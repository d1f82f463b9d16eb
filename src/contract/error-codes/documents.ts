import type { ErrorCodeEntry } from './error-code-entry.ts';

/** What is to be signed, and by whom. */
export const documentErrors = {
  DOCUMENT_INVALID: {
    number: 201,
    status: 422,
    retriable: false,
    ja: '文書の内容に誤りがあり、署名できません',
    en: 'The document has errors and cannot be signed',
    remedy: {
      ja: '示された行・レコード・項目をEHRで直してください。カードとPINは使われていません。',
      en: 'Correct the line, record and field in the EHR. Neither the card nor a PIN was used.',
    },
  },
  ROLE_NOT_ALLOWED: {
    number: 202,
    status: 422,
    retriable: false,
    ja: 'この証明書の資格ではこの文書に署名できません',
    en: 'The certificate\'s role may not sign this document',
    remedy: {
      ja: '処方箋は医師または歯科医師、調剤結果は薬剤師のカードを使ってください。',
      en: 'Use a doctor\'s or dentist\'s card for a prescription, a pharmacist\'s for a dispensing result.',
    },
  },
  STAFF_MISMATCH: {
    number: 203,
    status: 422,
    retriable: false,
    ja: 'カードの持ち主とEHRの職員が一致しません',
    en: 'The card does not belong to the staff member whom the EHR named',
    remedy: {
      ja: 'ご本人のカードに差し替えてください。交付し直したカードは管理者が hpki-agent staff bind で登録できます。',
      en: 'Use the staff member\'s own card. An administrator can bind a new card with hpki-agent staff bind.',
    },
  },
  CERTIFICATE_EXPIRED: {
    number: 204,
    status: 422,
    retriable: false,
    ja: '証明書の有効期間外です',
    en: 'The certificate is outside its validity',
    remedy: {
      ja: 'PCの日付と時刻が正しいか確かめてください。正しければ、カードの更新を認証局に申請するか、有効期間の開始を待ってください。',
      en: 'Check the date and time of this computer. If they are right, apply to the certificate authority for a new card, or wait until the certificate becomes valid.',
    },
  },
} as const satisfies Record<string, ErrorCodeEntry>;
