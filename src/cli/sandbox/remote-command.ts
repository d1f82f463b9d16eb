import { hostname } from 'node:os';
import { createSecureContext } from 'node:tls';
import type { Command } from 'commander';
import { CommandFailure, exitCodes } from '../exit.ts';
import { makeNamedFolder, readNamedFile } from '../named-files.ts';
import { portNumber, withExamples, type CommandContext } from '../program.ts';
import { qrLines } from '../terminal/qr-lines.ts';
import { endAsked } from './end-asked.ts';

interface RemoteCommandOptions {
  readonly port: number;
  readonly out: string;
  readonly lan?: boolean;
  readonly host?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** The remote signing service for tests, until the person ends it. */
export function addRemote(sandbox: Command, context: CommandContext): void {
  const { say } = context;
  const command = sandbox
    .command('remote')
    .summary(say({ ja: '試験用のリモート署名サービス（スマートフォンの画面を含む）', en: 'a remote signing service for tests, phone pages included' }))
    .description(
      say({
        ja: 'リモート署名サービス（CSC API v2と、全国サービスに似せた形）をこのPCで動かします。証明書・利用者はすべて試験用で、止めると消えます。くわしくは src/sandbox/remote/README.md。',
        en: 'Runs a remote signing service on this machine (CSC API v2, and the shape of the national platform). Its certificates and people are for tests and gone when it stops. More in src/sandbox/remote/README.md.',
      }),
    )
    .option('--port <PORT>', say({ ja: '最初のポート。続く4つも使う（0: 空いているもの）', en: 'first port; the four after it are used too (0: any that are free)' }), portNumber(context), 17_200)
    .option('--out <DIR>', say({ ja: '端末に渡すファイルの出力先', en: 'folder for the files that a terminal needs' }), 'remote-sandbox')
    .option('--lan', say({ ja: '同じネットワークのスマートフォンから使えるようにする', en: 'let phones in the same network in' }))
    .option('--host <NAME>', say({ ja: 'スマートフォンから見たこのPCの名前（既定: ホスト名.local）', en: "this machine's name as phones see it (default: its host name and .local)" }))
    .option('--cert <PEM>', say({ ja: 'その名前のサーバー証明書（既定: 試験用の認証局で発行）', en: 'TLS certificate for that name (default: issued by the test CA)' }))
    .option('--key <PEM>', say({ ja: 'その秘密鍵', en: 'its private key' }))
    .action((options: RemoteCommandOptions) => runRemote(options, context));
  withExamples(command, context, ['hpki-agent sandbox remote', 'hpki-agent sandbox remote --lan --host clinic-pc.local']);
}

async function runRemote(options: RemoteCommandOptions, { say }: CommandContext): Promise<void> {
  if (options.port > 65_531) throw usage({ ja: '--port は65531までです（続く4つも使います）。', en: '--port goes up to 65531: the four after it are used too.' });
  const network = await phoneNetwork(options);
  await makeNamedFolder(options.out);
  const [{ startRemoteService }, { writeTerminalFiles }, { remotePeople }] = await Promise.all([
    import('../../sandbox/remote/start-remote-service.ts'),
    import('../../sandbox/remote/write-terminal-files.ts'),
    import('../../sandbox/remote/people.ts'),
  ]);
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  const { port } = options;
  const ports = port === 0 ? {} : { api: port, login: port + 1, card: port + 2, phone: port + 3, control: port + 4 };
  const service = await startRemoteService({ ports, ...network }).catch((error: unknown) => {
    throw (error as NodeJS.ErrnoException).code === 'EADDRINUSE' ? portsTaken(port, error) : error;
  });
  const { addresses, control, trust } = service;
  print(`${say({ ja: '端末（API）', en: 'terminals (API)' })}: ${addresses.api}`);
  print(`${say({ ja: '認証画面', en: 'login pages' })}: ${addresses.login}`);
  print(`${say({ ja: 'スマートフォン', en: 'phones' })}: ${addresses.phone}`);
  print(`${say({ ja: '制御（障害・時計・計数）', en: 'control (faults, clock, counters)' })}: ${addresses.control}`);
  for (const file of await writeTerminalFiles(service, options.out)) print(`  ${file}`);
  if (options.lan === true && options.cert === undefined) {
    print(say({ ja: 'スマートフォンに次の認証局を「信頼する」として入れてください（試験のあと必ず消してください）:', en: 'Let the phone trust this CA, and take it away after the test:' }));
    print(`  ${addresses.phone}/tls-root.pem\n${trust.tlsCa.serverRoot.trimEnd()}`);
  }
  for (const { key, userId, name, password } of remotePeople.filter((person) => person.key === 'doctor' || person.key === 'pharmacist')) {
    const { url } = control.issueTicket(key);
    print(say({ ja: `\n${name}（${userId}）のスマートフォンを登録: パスワード ${password}`, en: `\nRegister a phone for ${name} (${userId}): password ${password}` }));
    print(url);
    for (const line of await qrLines(url)) print(line);
  }
  print(say({ ja: 'Ctrl+C で終わります。', en: 'Ctrl+C ends it.' }));
  await endAsked();
  await service.close();
}

async function phoneNetwork({ lan, host, cert, key }: RemoteCommandOptions): Promise<{ phones?: { hostName: string; address: string; tls?: { certificate: string; privateKey: string } } }> {
  if (lan !== true) {
    if (host === undefined && cert === undefined && key === undefined) return {};
    throw usage({ ja: '--host・--cert・--key は --lan と一緒に指定してください。', en: '--host, --cert and --key belong to --lan.' });
  }
  const hostName = host ?? `${hostname().replace(/\.local$/, '')}.local`;
  // WebAuthn knows no addresses: an RP ID is a domain name (Web Authentication §5.1.2).
  if (/^[\d.]+$|:/.test(hostName)) throw usage({ ja: '--host にはIPアドレスではなく名前を指定してください（生体認証はIPアドレスでは動きません）。', en: 'Give --host a name, not an IP address: WebAuthn does not work with addresses.' });
  if ((cert === undefined) !== (key === undefined)) throw usage({ ja: '--cert と --key は両方指定してください。', en: '--cert and --key go together.' });
  // RFC 1123 §2.1, which is what a certificate and an RP ID can name.
  if (!/^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,62})(?:\.[a-z0-9][a-z0-9-]{0,62})*$/i.test(hostName)) throw usage({ ja: '--host には clinic-pc.local のようなホスト名を指定してください。', en: 'Give --host a host name, such as clinic-pc.local.' });
  const tls = cert === undefined || key === undefined ? {} : { tls: await certificateWithKey(cert, key) };
  return { phones: { hostName, address: '0.0.0.0', ...tls } };
}

/** Throws wrong usage where the two are no PEM, or not of each other. */
async function certificateWithKey(cert: string, key: string): Promise<{ certificate: string; privateKey: string }> {
  const [certificate, privateKey] = [await pem(cert), await pem(key)];
  try {
    createSecureContext({ cert: certificate, key: privateKey });
  } catch (error) {
    throw usage({
      ja: `--cert と --key を、サーバー証明書とその秘密鍵（パスフレーズのないPEM）として使えません（${error instanceof Error ? error.message : ''}）。`,
      en: `--cert and --key cannot be used as a TLS certificate and its key, PEM without a passphrase (${error instanceof Error ? error.message : ''}).`,
    });
  }
  return { certificate, privateKey };
}

const pem = async (file: string): Promise<string> => Buffer.from(await readNamedFile(file, 256 * 1024)).toString('utf8');

const usage = (text: { readonly ja: string; readonly en: string }): CommandFailure => new CommandFailure(text, exitCodes.usage);

function portsTaken(port: number, cause: unknown): CommandFailure {
  return new CommandFailure(
    {
      ja: `ポート${port}〜${port + 4}のどれかが使用中です。--port で別の番号を指定してください（0なら空いているものを使います）。`,
      en: `One of the ports ${port} to ${port + 4} is taken. Give another with --port (0 takes any that are free).`,
    },
    exitCodes.failed,
    { cause },
  );
}
