import { errorCodes } from '../../../contract/error-codes.ts';
import { clockOffsetWords } from '../../../formats/duration-words.ts';
import type { ServiceDiagnosis } from '../../remote/network/diagnose-service.ts';
import { OtherVersionRuns } from '../../control/control-client.ts';
import { tolerableSkewMs } from '../../remote/service-time.ts';
import { result, type Bilingual, type Check, type CheckResult } from '../check.ts';
import { daysUntil } from '../days-until.ts';

/** Steps in the order in which a connection comes about. Each names its own remedy. */
const titles = {
  route: { ja: '署名サービスへの経路', en: 'Way to the service' },
  dns: { ja: '名前解決（DNS）', en: 'Name look-up (DNS)' },
  tcp: { ja: '接続（TCP）', en: 'Connection (TCP)' },
  proxy: { ja: 'プロキシの中継', en: 'Through the proxy' },
  tls: { ja: '暗号化（TLS）', en: 'Encryption (TLS)' },
  certificate: { ja: 'クライアント証明書', en: 'Client certificate' },
  service: { ja: '署名サービスの応答', en: "The service's answer" },
  discovery: { ja: '署名サービスの案内', en: "The service's own description" },
  clock: { ja: '時計のずれ', en: 'Clock' },
} as const satisfies Record<string, Bilingual>;

type Step = keyof typeof titles;
const order = Object.keys(titles) as readonly Step[];

/** Issue takes weeks, and it is one certificate for the whole facility. */
const expiryWarningDays = 60;
/** From here on the clock of this machine is worth a word, and from there on no authentication is possible. */
const skewWarningMs = 30_000;

export const checkNetwork: Check = async ({ services, now }) => {
  const diagnoses = await services().catch(orOtherVersion);
  if (diagnoses === 'other_version') return [result('network', titles.route, 'warning', notAsked, restart)];
  if (diagnoses.length === 0) {
    return [result('network', titles.route, 'not_applicable', { ja: 'リモート署名は設定されていません', en: 'No remote signing service is set' })];
  }
  return diagnoses.flatMap((diagnosis) => serviceResults(diagnosis, now));
};

const notAsked = { ja: '起動中のエージェントが別の版のため、調べていません', en: 'Not looked at: the agent that is running is another version' };
const restart = { ja: 'エージェントを終了して起動し直してから、もう一度自己診断をしてください。', en: 'End the agent, start it again, and repeat the diagnosis.' };

function orOtherVersion(error: unknown): 'other_version' {
  if (error instanceof OtherVersionRuns) return 'other_version';
  throw error;
}

/** All steps as far as the connection came; the last one says why it ended. Also what `hpki-agent network test` prints. */
export function serviceResults(diagnosis: ServiceDiagnosis, now: Date): readonly CheckResult[] {
  const failedAt = diagnosis.failure === null ? null : stepOf(diagnosis.failure);
  const until = failedAt === null ? order.length : order.indexOf(failedAt);
  const passed = order.slice(0, until).flatMap((step) => passedResult(step, diagnosis, now) ?? []);
  return failedAt === null || diagnosis.failure === null ? passed : [...passed, failedResult(failedAt, diagnosis, diagnosis.failure)];
}

type Failure = NonNullable<ServiceDiagnosis['failure']>;

function stepOf({ code, phase }: Failure): Step {
  if (code.startsWith('TLS_CLIENT_CERT_')) return 'certificate';
  switch (phase) {
    case null:
      return 'route';
    case 'connect':
      return 'proxy';
    case 'http':
      return 'service';
    default:
      return phase;
  }
}

const unreachableRemedies: Readonly<Partial<Record<Step, Readonly<Record<Failure['hop'], Bilingual>>>>> = {
  dns: {
    proxy: { ja: 'ポリシー network.proxy のホスト名と、この端末のDNSの設定を確認してください。', en: 'Check the host name in the policy network.proxy and the DNS of this computer.' },
    service: { ja: 'この端末のDNSの設定を確認してください。院内からインターネットの名前を引けない場合は、プロキシが必要です。', en: "Check this computer's DNS. Where names of the Internet are not known inside, a proxy is needed." },
  },
  tcp: {
    proxy: { ja: 'プロキシが動いているか、アドレスとポート、途中のファイアウォールを確認してください。', en: 'Check that the proxy runs, its address and port, and firewalls on the way.' },
    service: { ja: 'ファイアウォールで外への接続が許可されているか確認してください。プロキシが必要な施設では、ポリシー network.proxy に書いてください。', en: 'Check that the firewall lets connections out. Where a proxy is needed, name it in the policy network.proxy.' },
  },
};

function failedResult(step: Step, { host }: ServiceDiagnosis, { code, hop, detail }: Failure): CheckResult {
  const remedy = (code === 'PROVIDER_UNREACHABLE' ? unreachableRemedies[step]?.[hop] : undefined) ?? errorCodes[code].remedy;
  const named = { ja: detail.ja.includes(host) ? detail.ja : `${host}: ${detail.ja}`, en: detail.en.includes(host) ? detail.en : `${host}: ${detail.en}` };
  return result(`network.${step}`, titles[step], 'problem', named, remedy);
}

/** Null where this way has no such step. */
function passedResult(step: Step, diagnosis: ServiceDiagnosis, now: Date): CheckResult | readonly CheckResult[] | null {
  const { host, route, connection, answer } = diagnosis;
  const ok = (text: Bilingual): CheckResult => result(`network.${step}`, titles[step], 'ok', text);
  const took = (ms: number | null | undefined): string => (ms === null || ms === undefined ? '' : ` ${Math.round(ms)} ms`);
  switch (step) {
    case 'route':
      return route === null ? null : ok(routeText(host, route));
    case 'dns':
    case 'tcp': {
      const hop = route?.proxy ?? host;
      return ok({ ja: `${hop}${took(connection?.timings[step])}`, en: `${hop}${took(connection?.timings[step])}` });
    }
    case 'proxy':
      return route === null || route.proxy === null ? null : ok({ ja: `${route.proxy} → ${host}${took(connection?.timings.connect)}`, en: `${route.proxy} → ${host}${took(connection?.timings.connect)}` });
    case 'tls':
      return connection === null ? null : tlsResult(diagnosis, connection);
    case 'certificate':
      return certificateResult(diagnosis, now);
    case 'service':
      return answer === null ? null : serviceResult(host, answer);
    case 'discovery':
      return diagnosis.descriptions.map(descriptionResult);
    case 'clock':
      return answer === null || answer.skewMs === null ? null : clockResult(answer.skewMs);
  }
}

const sources: Readonly<Record<NonNullable<ServiceDiagnosis['route']>['source'], Bilingual>> = {
  loopback: { ja: 'このPCの中', en: 'this computer' },
  policy: { ja: 'ポリシー', en: 'policy' },
  system: { ja: 'OSの設定', en: 'system settings' },
  environment: { ja: '環境変数', en: 'environment' },
};

function routeText(host: string, { source, proxy }: NonNullable<ServiceDiagnosis['route']>): Bilingual {
  const from = sources[source];
  return proxy === null
    ? { ja: `${host} に直接接続します（${from.ja}）`, en: `Directly to ${host} (${from.en})` }
    : { ja: `プロキシ ${proxy} を経由して ${host} に接続します（${from.ja}）`, en: `To ${host} through the proxy ${proxy} (${from.en})` };
}

/** A CA that somebody has added to this machine may be the hospital's own, or that of a device which opens the connection. */
function tlsResult({ host, route }: ServiceDiagnosis, { protocol, issuer, isLocalAuthority, timings }: NonNullable<ServiceDiagnosis['connection']>): CheckResult {
  const text = { ja: `${host} ${protocol}、発行元: ${issuer}（${Math.round(timings.tls)} ms）`, en: `${host} ${protocol}, issued by ${issuer} (${Math.round(timings.tls)} ms)` };
  if (!isLocalAuthority || route?.source === 'loopback') return result('network.tls', titles.tls, 'ok', text);
  return result(
    'network.tls',
    titles.tls,
    'warning',
    { ja: `${text.ja}。この端末に追加されたCAです`, en: `${text.en}. This CA was added to this computer` },
    {
      ja: 'プロキシやUTMのCAなら、署名サービスのホストをTLS検査の対象外にしてください。契約先のCAなら、ポリシー network.extraCa に書いてください。',
      en: 'If it belongs to a proxy or firewall, exempt the service from TLS inspection. If it is the CA of the service, name it in the policy network.extraCa.',
    },
  );
}

function certificateResult({ clientCertificate }: ServiceDiagnosis, now: Date): CheckResult {
  const title = titles.certificate;
  if (clientCertificate === null) {
    return result('network.certificate', title, 'not_applicable', { ja: '設定されていません（サービスは求めませんでした）', en: 'None is set (the service did not ask for one)' });
  }
  const notAfter = new Date(clientCertificate.notAfter);
  const days = daysUntil(notAfter, now);
  const until = notAfter.toISOString().slice(0, 10);
  const text = { ja: `${clientCertificate.subject}、あと${days}日（${until}まで）`, en: `${clientCertificate.subject}, ${days} days left (until ${until})` };
  if (days > expiryWarningDays) return result('network.certificate', title, 'ok', text);
  if (days >= 0) return result('network.certificate', title, 'warning', text, { ja: '契約先に更新を申し込んでください。期限が過ぎると署名できなくなります。', en: "Apply to the service's operator for a new one: without it nothing can be signed." });
  return result('network.certificate', title, 'problem', { ja: `期限切れです（${until}まで）: ${clientCertificate.subject}`, en: `Expired (${until}): ${clientCertificate.subject}` }, errorCodes.TLS_CLIENT_CERT_EXPIRED.remedy);
}

/** 4xx is an answer like another: nothing was asked for, and nobody had authenticated. */
function serviceResult(host: string, { status, ms }: NonNullable<ServiceDiagnosis['answer']>): CheckResult {
  const text = { ja: `${host} が応答しました（HTTP ${status}、${Math.round(ms)} ms）`, en: `${host} answers (HTTP ${status}, ${Math.round(ms)} ms)` };
  return status < 500
    ? result('network.service', titles.service, 'ok', text)
    : result('network.service', titles.service, 'problem', text, { ja: 'サービス側の障害です。時間をおいて試すか、契約先に問い合わせてください。', en: "The service itself is in trouble. Try again later or ask its operator." });
}

/** A service may be there, and not where policy looks for it; whatever else is in the way has its code's own remedy. */
function descriptionResult({ address, fault }: ServiceDiagnosis['descriptions'][number]): CheckResult {
  if (fault === null) return result('network.discovery', titles.discovery, 'ok', { ja: address, en: address });
  const { code, detail } = fault;
  const { ja, en } = detail ?? errorCodes[code];
  return result('network.discovery', titles.discovery, 'problem', { ja: `${address}: ${ja}`, en: `${address}: ${en}` }, code === 'PROVIDER_REFUSED' ? otherAddress : errorCodes[code].remedy);
}

const otherAddress: Bilingual = {
  ja: 'ポリシー remote.providers のアドレス（issuer、serviceUrl、jwksUrl）を契約先の資料と比べてください。',
  en: "Compare the addresses in the policy remote.providers (issuer, serviceUrl, jwksUrl) with the operator's papers.",
};

function clockResult(skewMs: number): CheckResult {
  const apart = clockOffsetWords(Math.round(skewMs / 1000));
  const text = { ja: `この端末の時計は、サービスより${apart.ja}います`, en: `This computer's clock is ${apart.en} the service's` };
  const remedy = { ja: '時計を合わせてください（Windowsは「今すぐ同期」、Linuxは timedatectl）。', en: 'Set the clock (Windows: Sync now; Linux: timedatectl).' };
  if (Math.abs(skewMs) <= skewWarningMs) return result('network.clock', titles.clock, 'ok', text);
  if (Math.abs(skewMs) <= tolerableSkewMs) return result('network.clock', titles.clock, 'warning', text, remedy);
  return result('network.clock', titles.clock, 'problem', { ja: `${text.ja}。リモート署名の認証ができません`, en: `${text.en}: authentication is not possible` }, remedy);
}
