/** Why a person cannot authenticate for remote signing on this computer, or not in the way that was asked for. */
export const whyNotHere = {
  notConfigured: {
    ja: 'このPCではリモート署名が設定されていません。HPKIカードで署名してください。',
    en: 'Remote signing is not configured on this computer. Sign with the HPKI card.',
  },
  noWay: {
    ja: 'このPCで使える認証の方法がポリシーにありません。HPKIカードで署名するか、管理者に連絡してください。',
    en: 'Policy offers no way to authenticate on this computer. Sign with the HPKI card, or call the administrator.',
  },
  pageWithoutCards: {
    ja: 'このPCでは、認証サービスのログイン画面からカードを使えません。HPKIカードで署名するか（認証は要りません）、管理者に連絡してください。',
    en: "The service's login page cannot use a card on this computer. Sign with the HPKI card, which needs no authentication, or ask the administrator.",
  },
} as const;
