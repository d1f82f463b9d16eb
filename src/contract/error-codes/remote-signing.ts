import type { ErrorCodeEntry } from './error-code-entry.ts';

/** Authentication, tokens and what a signing service refuses. */
export const remoteErrors = {
  NOT_AUTHENTICATED: {
    number: 601,
    status: 409,
    retriable: true,
    ja: '本日のリモート署名の認証がまだです',
    en: 'The doctor has not authenticated for remote signing today',
    remedy: {
      ja: '認証してから、もう一度送ってください。認証できないPCでは、HPKIカードで署名してください。',
      en: 'Authenticate, then send again. Where this PC offers no way to authenticate, sign with the HPKI card.',
    },
  },
  TOKEN_EXPIRED: {
    number: 602,
    status: 409,
    retriable: true,
    ja: 'リモート署名の認証が切れました',
    en: 'The remote signing session has expired',
    remedy: {
      ja: 'もう一度認証してください。',
      en: 'Authenticate again.',
    },
  },
  TOKEN_BOUND_REACHED: {
    number: 603,
    status: 409,
    retriable: true,
    ja: '一度の認証またはPINで署名できる件数に達しました',
    en: 'The bound of signatures for one authentication or PIN is reached',
    remedy: {
      ja: '画面で確認するか、もう一度認証してください。',
      en: 'Confirm in the window or authenticate again.',
    },
  },
  PROVIDER_REFUSED: {
    number: 610,
    status: 502,
    retriable: false,
    ja: 'リモート署名サービスが要求を拒否しました',
    en: 'The remote signing service refused the request',
    remedy: {
      ja: 'もう一度試しても同じなら、管理者が契約先に問い合わせてください。急ぐ場合はHPKIカードで署名できます。',
      en: 'If it happens again, have an administrator ask the service\'s operator. The HPKI card signs meanwhile.',
    },
  },
  AUTHENTICATION_EXPIRED: {
    number: 611,
    status: 409,
    retriable: true,
    ja: '認証用のコードの有効時間が切れました',
    en: 'The code for the authentication ran out',
    remedy: {
      ja: '認証の画面で「再表示」を押し、2分以内にスマートフォンで読み取ってください。',
      en: 'Show a new code in the authentication window and scan it with the phone within two minutes.',
    },
  },
  AUTHENTICATION_REFUSED: {
    number: 612,
    status: 409,
    retriable: true,
    ja: '認証が承認されませんでした',
    en: 'The authentication was not approved',
    remedy: {
      ja: 'スマートフォンで拒否された、番号が違った、カードが受け付けられなかった、または認証サービスの画面が閉じられました。もう一度認証してください。心当たりがなければ管理者に連絡してください。',
      en: 'It was refused on the phone, the number was wrong, the card was not accepted, or the page of the service was closed. Authenticate again; if it was not you, call your administrator.',
    },
  },
  AUTHENTICATED_OTHER_PERSON: {
    number: 613,
    status: 422,
    retriable: true,
    ja: 'EHRの職員とは別の人が認証しました',
    en: 'Somebody else than the staff member authenticated',
    remedy: {
      ja: 'この認証は取り消しました。ご本人のスマートフォンまたはカードで認証し直してください。',
      en: 'That authentication was revoked. Authenticate with the staff member\'s own phone or card.',
    },
  },
  AUTHENTICATION_NOT_OFFERED: {
    number: 614,
    status: 403,
    retriable: false,
    ja: 'このPCではその方法の認証を行えません',
    en: 'This computer does not offer that way to authenticate',
    remedy: {
      ja: '別の方法か、認証用に決められたPCで認証してください。方法は管理者のポリシー（terminal.authenticates）で決まります。',
      en: 'Use another method, or the computer that is meant for it. An administrator decides by policy (terminal.authenticates).',
    },
  },
  TERMINAL_DOES_NOT_SIGN: {
    number: 615,
    status: 403,
    retriable: false,
    ja: 'このPCは認証専用で、署名は行いません',
    en: 'This computer is for authentication only and signs nothing',
    remedy: {
      ja: '署名を行うPCから送ってください。役割は管理者のポリシー（terminal.signs）で決まります。',
      en: 'Send the request to a computer that signs. An administrator decides by policy (terminal.signs).',
    },
  },
  CLOCK_WRONG: {
    number: 616,
    status: 503,
    retriable: false,
    ja: 'このPCの時計が合っていないため、認証できません',
    en: "This computer's clock is wrong, so nobody can authenticate",
    remedy: {
      ja: 'Windowsの「日付と時刻」で今すぐ同期するか、管理者に時刻サーバーの設定を確認してもらってください。',
      en: 'Synchronize the clock in the system settings, or have an administrator check the time server.',
    },
  },
} as const satisfies Record<string, ErrorCodeEntry>;
