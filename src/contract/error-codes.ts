/**
 * The one table of error codes: docs/ehr and OpenAPI are made from it, and a test reaches every entry.
 * Codes may be added, never renamed; numbers are never used twice. 401 is kept for NOT_PAIRED, because EHRs drop
 * their pairing on it; 408 and 425 are never used, because browsers resend on them.
 */
export interface ErrorCodeEntry {
  readonly number: number;
  /** HTTP status. */
  readonly status: number;
  /** The same request may succeed later without being changed. */
  readonly retriable: boolean;
  readonly ja: string;
  readonly en: string;
  readonly remedy: { readonly ja: string; readonly en: string };
}

export const errorCodes = {
  // caller and port
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
    ja: 'Content-Type は application/json でなければなりません',
    en: 'The Content-Type must be application/json',
    remedy: {
      ja: 'Content-Type: application/json を付けて送ってください。',
      en: 'Send Content-Type: application/json.',
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

  // documents
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

  // cards
  NO_CARD_SERVICE: {
    number: 301,
    status: 503,
    retriable: true,
    ja: 'スマートカードサービスが動いていません',
    en: 'The smart card service is not running',
    remedy: {
      ja: 'エージェントが自動で再接続します。続く場合はPCを再起動するか管理者に連絡してください。',
      en: 'The agent reconnects by itself. If it stays so, restart the PC or call your administrator.',
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
      en: 'The agent restarts it by itself. If it stays so, run hpki-agent doctor.',
    },
  },

  // PIN
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

  // requests
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

  // remote signing
  NOT_AUTHENTICATED: {
    number: 601,
    status: 409,
    retriable: true,
    ja: '本日のリモート署名の認証がまだです',
    en: 'The doctor has not authenticated for remote signing today',
    remedy: {
      ja: '認証してから、もう一度送ってください。',
      en: 'Authenticate, then send again.',
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
  PROVIDER_UNREACHABLE: {
    number: 604,
    status: 503,
    retriable: true,
    ja: 'リモート署名サービスに接続できません',
    en: 'The remote signing service cannot be reached',
    remedy: {
      ja: 'ネットワークを確認するか、HPKIカードで署名してください。',
      en: 'Check the network, or sign with the HPKI card.',
    },
  },
  PROXY_AUTH_REQUIRED: {
    number: 605,
    status: 503,
    retriable: false,
    ja: 'プロキシの認証に失敗しました',
    en: 'The proxy wants a user name and password',
    remedy: {
      ja: '管理者がプロキシの利用者名とパスワードを設定してください。',
      en: 'Have an administrator set the proxy\'s credentials.',
    },
  },
  PROXY_DENIED: {
    number: 606,
    status: 503,
    retriable: false,
    ja: 'プロキシが接続を拒否しました',
    en: 'The proxy refuses the connection',
    remedy: {
      ja: '管理者がプロキシで署名サービスのホストを許可してください。',
      en: 'Have an administrator allow the service\'s host on the proxy.',
    },
  },
  TLS_CLIENT_CERT_REJECTED: {
    number: 607,
    status: 503,
    retriable: false,
    ja: 'クライアント証明書が受け付けられません',
    en: 'The client certificate was rejected',
    remedy: {
      ja: '管理者に連絡してください。クライアント証明書の期限と、契約した施設のものかを hpki-agent network test で確かめます。それまではHPKIカードで署名できます。',
      en: 'Call your administrator, who checks with hpki-agent network test whether it is valid and this facility\'s. Until then the HPKI card signs.',
    },
  },
  TLS_INTERCEPTED: {
    number: 608,
    status: 503,
    retriable: false,
    ja: '通信が途中の装置で復号されています',
    en: 'Something between here and the service opens the TLS connection',
    remedy: {
      ja: '署名サービスのホストをTLS検査の対象外にしてください。',
      en: 'Exempt the service\'s hosts from TLS inspection.',
    },
  },
  SERVICE_SUSPENDED: {
    number: 609,
    status: 503,
    retriable: true,
    ja: 'リモート署名サービスが停止しているか、混み合っています',
    en: 'The remote signing service is suspended or too busy',
    remedy: {
      ja: '再開を待つか、HPKIカードで署名してください。',
      en: 'Wait for the service, or sign with the HPKI card.',
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
  TLS_CLIENT_CERT_MISSING: {
    number: 621,
    status: 503,
    retriable: false,
    ja: '署名サービスが求めるクライアント証明書が設定されていません',
    en: 'The service asks for a client certificate, and none is set',
    remedy: {
      ja: '管理者に連絡してください。契約先から届いたファイルを hpki-agent network import-certificate で登録します。それまではHPKIカードで署名できます。',
      en: 'Call your administrator, who imports the file that came with the contract (hpki-agent network import-certificate). Until then the HPKI card signs.',
    },
  },
  TLS_CLIENT_CERT_EXPIRED: {
    number: 622,
    status: 503,
    retriable: false,
    ja: 'クライアント証明書の有効期限が切れています',
    en: 'The client certificate has expired',
    remedy: {
      ja: '管理者に連絡してください。契約先から新しい証明書を受け取り、hpki-agent network import-certificate で登録します。それまではHPKIカードで署名できます。',
      en: 'Call your administrator, who gets a new one from the service\'s operator and imports it (hpki-agent network import-certificate). Until then the HPKI card signs.',
    },
  },
  CA_UNKNOWN: {
    number: 623,
    status: 503,
    retriable: false,
    ja: '署名サービスのサーバー証明書の発行元を確認できません',
    en: 'The issuer of the service\'s server certificate is not known here',
    remedy: {
      ja: '管理者に連絡してください。ここに示した発行元が契約先の認証局なら、そのCA証明書をポリシー network.extraCa に加えます。',
      en: 'Call your administrator. If the issuer named here is the CA of the service\'s operator, its certificate goes into the policy network.extraCa.',
    },
  },
  TLS_HOSTNAME: {
    number: 624,
    status: 503,
    retriable: false,
    ja: 'サーバー証明書が接続先のホスト名のものではありません',
    en: 'The server certificate belongs to another host name',
    remedy: {
      ja: 'ポリシーの接続先アドレスと、院内のDNS・プロキシの設定を確認してください。',
      en: 'Check the service\'s address in the policy, and the DNS and proxy of this site.',
    },
  },
  PROXY_UPSTREAM: {
    number: 625,
    status: 503,
    retriable: true,
    ja: 'プロキシが署名サービスに接続できません',
    en: 'The proxy cannot reach the service',
    remedy: {
      ja: 'プロキシから外への経路とDNSを管理者に確認してもらうか、HPKIカードで署名してください。',
      en: 'Have an administrator check the proxy\'s way out and its DNS, or sign with the HPKI card.',
    },
  },
  NETWORK_NOT_CONFIGURED: {
    number: 626,
    status: 503,
    retriable: false,
    ja: '外部への通信の設定が足りないか、使えません',
    en: 'A setting for outbound connections is missing or cannot be used',
    remedy: {
      ja: '管理者に連絡してください。ここに示した設定（ポリシー network）を直し、hpki-agent doctor で確かめます。',
      en: 'Call your administrator, who mends the setting named here (policy network) and checks it with hpki-agent doctor.',
    },
  },
  REMOTE_ANSWER_LOST: {
    number: 627,
    status: 502,
    retriable: false,
    ja: '要求は送りましたが、サービスの応答が届きませんでした',
    en: 'The request was sent, but the service\'s answer did not arrive',
    remedy: {
      ja: 'サービス側では処理された可能性があるため、自動では送り直しません。確かめてから、新しい要求として送ってください。',
      en: 'The service may have carried it out, so nothing is repeated by itself. Look into it, then send a new request.',
    },
  },

  // agent
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
      en: 'Look the reference up in the log; if it stays so, report it with the diagnosis.',
    },
  },
} as const satisfies Record<string, ErrorCodeEntry>;

export type ErrorCode = keyof typeof errorCodes;

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCodes, code);
}

/** What an outbound connection may fail with, from the first name look-up to the answer (src/agent/remote/network). */
export const networkErrorCodes = [
  'NETWORK_NOT_CONFIGURED',
  'PROVIDER_UNREACHABLE',
  'PROXY_AUTH_REQUIRED',
  'PROXY_DENIED',
  'PROXY_UPSTREAM',
  'CA_UNKNOWN',
  'TLS_INTERCEPTED',
  'TLS_HOSTNAME',
  'TLS_CLIENT_CERT_MISSING',
  'TLS_CLIENT_CERT_REJECTED',
  'TLS_CLIENT_CERT_EXPIRED',
  'SERVICE_SUSPENDED',
  'REMOTE_ANSWER_LOST',
] as const satisfies readonly ErrorCode[];

export type NetworkErrorCode = (typeof networkErrorCodes)[number];
