import { InvalidArgumentError, Option, type Command } from 'commander';
import type { ControlCommand, Json } from '../../agent/control/control-protocol.ts';
import type { ClientCertificate } from '../../agent/remote/network/client-certificate.ts';
import type { OutboundNetwork } from '../../agent/remote/network/outbound-network.ts';
import { askRunningAgent } from '../ask-running-agent.ts';
import { CommandFailure, exitCodes } from '../exit.ts';
import { readNamedFile } from '../named-files.ts';
import { dataDirOption, jsonOption, withExamples, type CommandContext } from '../program.ts';
import { writeChecks } from '../terminal/write-checks.ts';

export function addNetwork(program: Command, context: CommandContext): void {
  const { say } = context;
  const network = program.command('network').summary(say({ ja: '署名サービスへの接続（診断、クライアント証明書、プロキシ）', en: 'the way to the signing service: test, client certificate, proxy' }));
  addTest(network, context);
  addImport(network, context);
  addProxyPassword(network, context);
}

function addTest(network: Command, context: CommandContext): void {
  const { say, secretsOf } = context;
  const test = network
    .command('test')
    .summary(say({ ja: '接続を段階ごとに調べる', en: 'try the connection, step by step' }))
    .description(
      say({
        ja: 'DNS → プロキシ → TLS → クライアント証明書 → サービスの応答と案内 → 時計の順に調べます。何も署名せず、認証もしません。URLを省くとポリシーのすべてのサービスを調べます。ポリシーにないURLにはクライアント証明書を見せません。',
        en: 'DNS → proxy → TLS → client certificate → answer and description of the service → clock. Signs nothing and authenticates nobody. Without URL: every service of the policy. A URL that policy does not name is not shown the client certificate.',
      }),
    )
    .argument('[URL]', say({ ja: '調べるアドレス（https）', en: 'address to try (https)' }))
    .addOption(dataDirOption(context))
    .addOption(jsonOption(context))
    .action(async (url: string | undefined, options: { dataDir?: string; json?: boolean }) => {
      const { readConfig } = await import('../../agent/config/read-config.ts');
      const { serviceAddress } = await import('../../agent/config/addresses.ts');
      const { lookAtServices } = await import('../../agent/diagnostics/look-at-services.ts');
      const { serviceResults } = await import('../../agent/diagnostics/checks/network-checks.ts');
      if (url !== undefined && !serviceAddress.safeParse(url).success) {
        throw new CommandFailure({ ja: `https://ホスト名 の形（小文字）で指定してください: ${url}`, en: `Give it as https://host, in lower case: ${url}` }, exitCodes.usage);
      }
      const { data, config } = await readConfig(options.dataDir);
      const found = await lookAtServices(data, config.settings, await secretsOf(options.dataDir), url ?? null);
      if (found.length === 0) {
        throw new CommandFailure({
          ja: 'ポリシーにリモート署名サービスがありません。URLを指定するか、ポリシー remote.providers に書いてください。',
          en: 'Policy names no remote signing service. Give a URL, or write one into the policy remote.providers.',
        });
      }
      const results = found.flatMap((diagnosis) => serviceResults(diagnosis, new Date()));
      writeChecks(results, options.json === true ? 'json' : context.language);
      process.exitCode = results.some(({ status }) => status === 'problem') ? exitCodes.failed : exitCodes.ok;
    });
  withExamples(test, context, ['hpki-agent network test', 'hpki-agent network test https://sign.example.jp']);
}

function addImport(network: Command, context: CommandContext): void {
  const { say } = context;
  const command = network
    .command('import-certificate')
    .summary(say({ ja: 'クライアント証明書を登録する', en: 'import the client certificate' }))
    .argument('<FILE>', say({ ja: '契約先から届いたファイル（.pfx、.p12、PEM）', en: "the operator's file (.pfx, .p12, PEM)" }))
    .addOption(dataDirOption(context))
    .action(async (file: string, options: { dataDir?: string }) => {
      const certificate = await readCertificate(file, context);
      const { sealable } = await import('../../agent/remote/network/client-certificate.ts');
      const command = { command: 'network.useCertificate', sealable: Buffer.from(sealable(certificate)).toString('base64') } as const;
      await tellAgentOrKeep(command, options.dataDir, context, (own) => own.useClientCertificate(certificate));
      const days = Math.floor((certificate.notAfter.getTime() - Date.now()) / 86_400_000);
      const until = certificate.notAfter.toISOString().slice(0, 10);
      process.stdout.write(
        [
          say({ ja: 'クライアント証明書を登録しました。', en: 'The client certificate is imported.' }),
          `  ${say({ ja: '名義', en: 'subject' })}: ${certificate.subject}`,
          `  ${say({ ja: '発行元', en: 'issuer' })}: ${certificate.issuer}`,
          `  ${say({ ja: `期限: ${until}（あと${days}日）`, en: `valid until ${until} (${days} days left)` })}`,
          '',
        ].join('\n'),
      );
    });
  withExamples(command, context, ['hpki-agent network import-certificate clinic.pfx', 'hpki-agent network import-certificate clinic.pfx < passphrase.txt'], {
    ja: 'パスフレーズは画面で尋ねます（引数には書けません）。',
    en: 'The passphrase is asked for; it cannot be an argument.',
  });
}

async function readCertificate(file: string, { say }: CommandContext): Promise<ClientCertificate> {
  const { readSecret } = await import('../terminal/read-secret.ts');
  const { importClientCertificate, UnusableClientCertificate, wantsPassphrase } = await import('../../agent/remote/network/client-certificate.ts');
  const bytes = Buffer.from(await readNamedFile(file, 1024 * 1024));
  try {
    const passphrase = wantsPassphrase(bytes) ? await readSecret(say({ ja: 'パスフレーズ', en: 'Passphrase' })) : '';
    if (passphrase === null) throw new CommandFailure({ ja: '取り消しました。', en: 'Cancelled.' });
    const certificate = importClientCertificate(bytes, passphrase);
    if (certificate.notAfter.getTime() >= Date.now()) return certificate;
    const until = certificate.notAfter.toISOString().slice(0, 10);
    throw new CommandFailure({
      ja: `この証明書は期限切れです（${until}まで）。契約先から新しいものを受け取ってください。`,
      en: `This certificate has expired (${until}). Ask the service's operator for a new one.`,
    });
  } catch (error) {
    if (error instanceof UnusableClientCertificate) throw new CommandFailure(error.text, exitCodes.failed, { cause: error });
    throw error;
  }
}

function addProxyPassword(network: Command, context: CommandContext): void {
  const { say } = context;
  const command = network
    .command('set-proxy-password')
    .summary(say({ ja: 'プロキシの利用者名とパスワードを登録する', en: "set the proxy's user name and password" }))
    .addOption(new Option('--user <NAME>', say({ ja: '利用者名（既定: ポリシー network.proxy.user）', en: 'user name (default: the policy network.proxy.user)' })))
    .addOption(new Option('--proxy <HOST:PORT>', say({ ja: 'どのプロキシのものか（既定: ポリシー network.proxy.url）', en: 'which proxy (default: the policy network.proxy.url)' })).argParser(hostAndPort(context)))
    .addOption(dataDirOption(context))
    .action(async (options: { user?: string; proxy?: string; dataDir?: string }) => {
      const { readConfig } = await import('../../agent/config/read-config.ts');
      const { policyProxy } = await import('../../agent/remote/network/proxy-route.ts');
      const { proxyName } = await import('../../agent/remote/network/proxy-credentials.ts');
      const { readSecret } = await import('../terminal/read-secret.ts');
      const { config } = await readConfig(options.dataDir);
      const setting = config.settings.network.proxy;
      const proxy = options.proxy ?? (typeof setting === 'object' ? proxyName(policyProxy(setting.url)) : undefined);
      const user = options.user ?? (typeof setting === 'object' ? setting.user : undefined);
      if (proxy === undefined || user === undefined) {
        throw new CommandFailure(
          { ja: 'ポリシーにないため、--proxy と --user で指定してください。', en: 'Policy does not say it: give --proxy and --user.' },
          exitCodes.usage,
        );
      }
      const password = await readSecret(say({ ja: `${proxy} の ${user} のパスワード`, en: `Password of ${user} at ${proxy}` }));
      if (password === null) throw new CommandFailure({ ja: '取り消しました。', en: 'Cancelled.' });
      await tellAgentOrKeep({ command: 'network.useProxyCredentials', proxy, user, password }, options.dataDir, context, (own) => own.useProxyCredentials(proxy, { user, password }));
      process.stdout.write(`${say({ ja: '登録しました。hpki-agent network test で確かめてください。', en: 'Set. Try it with hpki-agent network test.' })}\n`);
    });
  withExamples(command, context, ['hpki-agent network set-proxy-password', 'hpki-agent network set-proxy-password --proxy proxy.example.jp:3128 --user clinic']);
}

const hostAndPort = ({ say }: CommandContext) => (text: string): string => {
  if (/^[a-z0-9.-]{1,253}:\d{1,5}$/.test(text)) return text;
  throw new InvalidArgumentError(say({ ja: 'ホスト名:ポート の形で指定してください。', en: 'Give it as host:port.' }));
};

/** The running agent keeps it and uses it at once; without one it is kept for the next start. */
async function tellAgentOrKeep(command: ControlCommand, dataDir: string | undefined, { secretsOf }: CommandContext, keep: (network: OutboundNetwork) => Promise<void>): Promise<Json> {
  const { AgentNotRunning } = await import('../../agent/control/control-client.ts');
  try {
    return await askRunningAgent(dataDir, command);
  } catch (error) {
    if (!(error instanceof AgentNotRunning)) throw error;
    const { readConfig } = await import('../../agent/config/read-config.ts');
    const { prepareDataDirectory } = await import('../../agent/storage/data-directory.ts');
    const { networkOfThisProcess } = await import('../../agent/diagnostics/look-at-services.ts');
    const { data, config } = await readConfig(dataDir);
    await prepareDataDirectory(data);
    await keep(networkOfThisProcess(config.settings, await secretsOf(dataDir)));
    return null;
  }
}
