import type { ErrorCodeEntry } from './error-code-entry.ts';

/** What an outbound connection may fail with, from the first name look-up to the answer (src/agent/remote/network). */
export const networkErrors = {
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
} as const satisfies Record<string, ErrorCodeEntry>;
