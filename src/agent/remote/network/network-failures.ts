import { showSafely } from '../../../formats/prescription/display-safety.ts';
import type { Bilingual } from '../../../formats/bilingual.ts';
import { clockWordsToTheSecond } from '../clock-words.ts';
import type { ExchangeLost } from './exchange-lost.ts';
import { NetworkError, type NetworkPhase } from './network-error.ts';
import { PhaseTimeout } from './phases.ts';
import type { NoRoute } from './proxy-route.ts';
import type { ProxyAuthenticationRefusal } from './proxy-authentication.ts';

/** One end of a connection as errors name it. */
export interface Hop {
  readonly hop: 'proxy' | 'service';
  /** `host:port` */
  readonly host: string;
}

const whoIs: Readonly<Record<Hop['hop'], Bilingual>> = {
  proxy: { ja: 'プロキシ', en: 'proxy' },
  service: { ja: '署名サービス', en: 'signing service' },
};

const reasons: Readonly<Record<string, Bilingual>> = {
  ENOTFOUND: { ja: 'ホスト名が見つかりません（DNS）', en: 'its host name is not known (DNS)' },
  EAI_AGAIN: { ja: 'DNSサーバーが応答しません', en: 'the DNS server does not answer' },
  ECONNREFUSED: { ja: '接続が拒否されました', en: 'it refuses connections' },
  EHOSTUNREACH: { ja: 'そこへの経路がありません', en: 'there is no route to it' },
  ENETUNREACH: { ja: 'ネットワークにつながっていません', en: 'this computer has no network' },
  ECONNRESET: { ja: '相手が接続を切りました', en: 'it cut the connection' },
  EPIPE: { ja: '相手が接続を切りました', en: 'it cut the connection' },
  UND_ERR_SOCKET: { ja: '相手が接続を切りました', en: 'it cut the connection' },
  UND_ERR_HEADERS_TIMEOUT: { ja: '時間内に応答がありません', en: 'it does not answer in time' },
  UND_ERR_BODY_TIMEOUT: { ja: '応答が途中で止まりました', en: 'its answer stopped half-way' },
  UND_ERR_RES_EXCEEDED_MAX_SIZE: { ja: '応答が大きすぎます', en: 'its answer is too large' },
  ETIMEDOUT: { ja: '時間内に応答がありません', en: 'it does not answer in time' },
};

/** PROVIDER_UNREACHABLE before the request was sent. */
export function unreachable({ hop, host }: Hop, phase: NetworkPhase, cause: unknown): NetworkError {
  const reason = reasonOf(cause);
  return new NetworkError(
    {
      code: 'PROVIDER_UNREACHABLE',
      phase,
      hop,
      host,
      sent: 'never',
      detail: {
        ja: `${whoIs[hop].ja} ${host}: ${phaseNames[phase].ja}で失敗しました。${reason.ja}。`,
        en: `The ${whoIs[hop].en} ${host}: ${phaseNames[phase].en} failed, ${reason.en}.`,
      },
    },
    { cause },
  );
}

const phaseNames: Readonly<Record<NetworkPhase, Bilingual>> = {
  dns: { ja: '名前解決', en: 'the name look-up' },
  tcp: { ja: '接続（TCP）', en: 'the TCP connection' },
  connect: { ja: 'プロキシ経由の接続（CONNECT）', en: 'the way through the proxy (CONNECT)' },
  tls: { ja: '暗号化（TLS）', en: 'the TLS handshake' },
  http: { ja: '応答の受信', en: 'receiving the answer' },
};

/** What an error of a socket, of DNS or of TLS says to a person. */
export function reasonOf(cause: unknown): Bilingual {
  if (cause instanceof PhaseTimeout) return { ja: '時間内に応答がありません', en: 'it does not answer in time' };
  const code = codeOf(cause);
  return reasons[code] ?? { ja: `相手が接続を切りました（${code}）`, en: `the connection ended (${code})` };
}

/** The code of a system or OpenSSL error; several addresses that failed give the first one's. */
export function codeOf(error: unknown): string {
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' && /^[A-Za-z0-9_/]{1,80}$/.test(code) ? code : error instanceof Error ? error.name : 'UNKNOWN';
}

/** The request had been begun, and its answer did not come. Repeatable or not decides what that is called. */
export function lostAnswer(host: string, lost: ExchangeLost, repeatable: boolean): NetworkError {
  if (!lost.begun) return unreachable({ hop: 'service', host }, 'http', lost.cause);
  const reason = reasonOf(lost.cause);
  return new NetworkError(
    {
      code: repeatable ? 'PROVIDER_UNREACHABLE' : 'REMOTE_ANSWER_LOST',
      phase: 'http',
      hop: 'service',
      host,
      sent: 'maybe',
      detail: {
        ja: `${host} に要求を送ったあと、応答を受け取れませんでした。${reason.ja}。`,
        en: `The request went to ${host}, and then no answer came: ${reason.en}.`,
      },
    },
    { cause: lost.cause },
  );
}

/** The breaker is open for so many milliseconds from `now`: after failures, or because the service has asked for it. */
export function suspended(host: string, now: number, waitMs: number): NetworkError {
  const retryAfterSeconds = Math.ceil(waitMs / 1000);
  const until = clockWordsToTheSecond(new Date(now + waitMs), now);
  return new NetworkError({
    code: 'SERVICE_SUSPENDED',
    phase: null,
    hop: 'service',
    host,
    sent: 'never',
    retryAfterSeconds,
    detail: {
      ja: `${host} の障害が続いたか、サービスが待つよう求めたため、${until.ja} まで接続を控えています。`,
      en: `${host} has failed repeatedly or has asked for a pause; it is left alone until ${until.en}.`,
    },
  });
}

const noRoutes: Readonly<Record<NoRoute, Bilingual>> = {
  'nothing-configured': {
    ja: 'プロキシが設定されていません。プロキシを通らない場合は、ポリシー network.proxy に "direct" と書いてください。',
    en: 'No proxy is configured. Where there is none, write "direct" into the policy network.proxy.',
  },
  'only-socks': {
    ja: 'SOCKSプロキシは使えません。HTTPプロキシをポリシー network.proxy に書いてください。',
    en: 'SOCKS proxies are not supported. Name an HTTP proxy in the policy network.proxy.',
  },
  'environment-invalid': {
    ja: '環境変数 HTTPS_PROXY のアドレスを読み取れません。',
    en: 'The address in the environment variable HTTPS_PROXY cannot be read.',
  },
};

export function noRoute(host: string, why: NoRoute): NetworkError {
  return notConfigured(host, noRoutes[why]);
}

/** An address that came from somewhere else than policy, and to which nothing is sent. */
export function notNamed({ origin, host }: URL): NetworkError {
  return notConfigured(host, {
    ja: `サービスが、ポリシーにない接続先 ${showSafely(origin)} を示しました。正しい接続先なら、契約先に確かめてポリシー remote.providers に書いてください。`,
    en: `The service names ${showSafely(origin)}, which policy does not. If that is right, ask its operator and write it into the policy remote.providers.`,
  });
}

/** NETWORK_NOT_CONFIGURED: nothing was tried. */
export function notConfigured(host: string, detail: Bilingual, cause?: unknown): NetworkError {
  return new NetworkError({ code: 'NETWORK_NOT_CONFIGURED', phase: null, hop: 'service', host, sent: 'never', detail }, { cause });
}

/** 407 that nothing here can answer. */
export function proxyAuthenticationFailed(proxy: string, refusal: ProxyAuthenticationRefusal): NetworkError {
  return new NetworkError({ code: 'PROXY_AUTH_REQUIRED', phase: 'connect', hop: 'proxy', host: proxy, sent: 'never', detail: refusalText(proxy, refusal) });
}

function refusalText(proxy: string, refusal: ProxyAuthenticationRefusal): Bilingual {
  switch (refusal.reason) {
    case 'no-credentials':
      return { ja: `プロキシ ${proxy} は利用者名とパスワードを求めていますが、設定されていません。`, en: `The proxy ${proxy} wants a user name and a password, and none is set.` };
    case 'credentials-refused': {
      const user = showSafely(refusal.user);
      return {
        ja: `プロキシ ${proxy} が利用者「${user}」のパスワードを受け付けませんでした。アカウントのロックを避けるため、しばらく同じパスワードを送りません。`,
        en: `The proxy ${proxy} refused the password of "${user}". It is not sent again for a while, so that the account is not locked.`,
      };
    }
    case 'scheme-not-supported': {
      const offered = refusal.offered.map((scheme) => showSafely(scheme)).join(', ') || '-';
      return {
        ja: `プロキシ ${proxy} の認証方式（${offered}）は使えません。使えるのは Digest と Basic（ポリシーで許可した場合）です。`,
        en: `The proxy ${proxy} offers ${offered}. Spoken here are Digest and, where policy allows it, Basic.`,
      };
    }
  }
}

/** The proxy's answer to CONNECT was neither 2xx nor 407 (RFC 9110 §9.3.6). */
export function connectRefused(proxy: string, service: string, status: number, reason: string): NetworkError {
  const code = status >= 500 ? 'PROXY_UPSTREAM' : 'PROXY_DENIED';
  const said = `${status}${reason === '' ? '' : ` ${showSafely(reason.slice(0, 80))}`}`;
  return new NetworkError({
    code,
    phase: 'connect',
    hop: 'proxy',
    host: proxy,
    sent: 'never',
    detail:
      code === 'PROXY_UPSTREAM'
        ? { ja: `プロキシ ${proxy} から ${service} に接続できませんでした（${said}）。`, en: `The proxy ${proxy} could not reach ${service} (${said}).` }
        : { ja: `プロキシ ${proxy} が ${service} への接続を許可していません（${said}）。`, en: `The proxy ${proxy} does not allow connections to ${service} (${said}).` },
  });
}
