import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { Option, type Command } from 'commander';
import type { Settings } from '../../agent/config/settings.ts';
import type { DrawerCard } from '../../sandbox/card-drawer.ts';
import { CommandFailure, exitCodes } from '../exit.ts';
import { checkWritable, makeNamedFolder, readNamedFile, writeNamedFile } from '../named-files.ts';
import { portNumber, withExamples, type CommandContext } from '../program.ts';
import { agentFailure } from '../sandbox/agent-failure.ts';
import { drawerCards, followCardCommands, type CardControls, type ControlledReader } from '../sandbox/card-controls.ts';
import { endAsked } from '../sandbox/end-asked.ts';
import { addRemote } from '../sandbox/remote-command.ts';
import { processPrompts } from '../terminal/process-prompts.ts';

/** Virtual cards, test certificates and a sample EHR, for EHR makers and tests. Not part of the installed program. */
export function addSandbox(program: Command, context: CommandContext): void {
  const { say } = context;
  const sandbox = program
    .command('sandbox')
    .summary(say({ ja: '試験用: 仮想カード・認証局・SoftHSM・見本のEHR・リモート署名', en: 'for tests: virtual cards, CA, SoftHSM, sample EHR, remote signing' }));
  addAgent(sandbox, context);
  addCard(sandbox, context);
  addCa(sandbox, context);
  addSoftHsm(sandbox, context);
  addEhr(sandbox, context);
  addRemote(sandbox, context);
}

const cardOption = ({ say }: CommandContext): Option =>
  new Option('--card <WHO>', say({ ja: '挿入するカード', en: 'the card that is inserted' })).choices(drawerCards).default('doctor');

const controlsNote = {
  ja: `標準入力の1行ずつのコマンドでカードを替えられます: insert [${drawerCards.join(' | ')}]、pull（抜く）、pull-while-signing（次の署名の途中で抜ける）。`,
  en: `Commands on standard input, one a line, change the card: insert [${drawerCards.join(' | ')}], pull, pull-while-signing.`,
};

function addAgent(sandbox: Command, context: CommandContext): void {
  const { say, language } = context;
  const command = sandbox
    .command('agent')
    .summary(say({ ja: '仮想カードのエージェントを起動し、自分のEHRの接続を待つ', en: 'run an agent over a virtual card and wait for your own EHR' }))
    .addOption(cardOption(context))
    .option('--port <PORT>', say({ ja: 'ポート（既定 17090〜17099）', en: 'port (default 17090–17099)' }), portNumber(context))
    .option('--yes', say({ ja: '確認とPINを自動で入力する', en: 'consent and enter the sandbox PIN without asking' }))
    .option('--policy <FILE>', say({ ja: 'sandbox remote が書いた policy.json（リモート署名も使う）', en: 'the policy.json that sandbox remote has written, to sign remotely too' }))
    .action(async (options: { card: DrawerCard; port?: number; yes?: boolean; policy?: string }) => {
      const settings = options.policy === undefined ? undefined : await readPolicy(options.policy);
      const { openSandboxClinic, sandboxReader } = await import('../../sandbox/sandbox-clinic.ts');
      const { openCardDrawer } = await import('../../sandbox/card-drawer.ts');
      const { startSandboxAgent } = await import('../sandbox/start-sandbox-agent.ts');
      const { scriptedPrompts } = await import('../../sandbox/scripted-prompts.ts');
      const { sandboxPin } = await import('../../sandbox/cards/card-options.ts');
      const { settingsSchema } = await import('../../agent/config/settings.ts');
      const clinic = await openSandboxClinic();
      const drawer = openCardDrawer(clinic);
      clinic.readers.insert(await drawer.take(options.card), sandboxReader);
      const prompts =
        options.yes === true
          ? scriptedPrompts({
              pin: () => sandboxPin,
              onPairingCode: (view) => process.stdout.write(`${say({ ja: '確認番号', en: 'code' })}: ${view.code}\n`),
              authentication: {
                pin: () => sandboxPin,
                onCode: (code) => process.stdout.write(`${say({ ja: 'スマートフォンで開くアドレス', en: 'address for the phone' })}: ${code.uri}  ${say({ ja: '番号', en: 'number' })}: ${code.number ?? '–'}\n`),
              },
            })
          : processPrompts(language);
      const ports = options.port === undefined ? settingsSchema.parse({}).api.ports : [options.port];
      const agent = await startSandboxAgent({ clinic, prompts, ports, ...(settings === undefined ? {} : { settings }) });
      // Heard before anybody is told of it.
      process.on('SIGHUP', () => agent.pairing.open());
      process.stdout.write(`http://127.0.0.1:${agent.port}  (PIN ${sandboxPin})\n`);
      process.stdout.write(say({ ja: `ペアリングを受け付けています。${options.yes === true ? 'pair と入力すると' : 'SIGHUPか再起動で'}開き直します。\n`, en: `Pairing is open; ${options.yes === true ? 'typing pair' : 'SIGHUP'} opens it again.\n` }));
      agent.pairing.open();
      const reader: ControlledReader = {
        insert: (card) => {
          clinic.readers.insert(card, sandboxReader);
        },
        remove: () => {
          clinic.readers.remove(sandboxReader);
        },
      };
      // Without --yes the prompts read the terminal themselves.
      const input = options.yes === true ? followInput({ reader, drawer, first: options.card, more: { pair: () => void agent.pairing.open() } }, context) : null;
      await endAsked();
      input?.close();
      await agent.close();
    });
  withExamples(command, context, ['hpki-agent sandbox agent', 'hpki-agent sandbox agent --yes --card pharmacist', 'hpki-agent sandbox agent --policy remote-sandbox/policy.json'], {
    ja: `--yes では、${controlsNote.ja}pair でペアリングを開き直します。`,
    en: `With --yes: ${controlsNote.en} pair opens pairing again.`,
  });
}

async function readPolicy(file: string): Promise<Settings> {
  const { settingsSchema } = await import('../../agent/config/settings.ts');
  const parsed = settingsSchema.safeParse(parseJson(Buffer.from(await readNamedFile(file, 1 << 20)).toString('utf8')));
  if (parsed.success) return parsed.data;
  throw new CommandFailure(
    { ja: `ポリシーとして使えません: ${file}。sandbox remote が書いた policy.json を指定してください。`, en: `${file} is no policy. Give the policy.json that sandbox remote has written.` },
    exitCodes.usage,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function addCard(sandbox: Command, context: CommandContext): void {
  const { say } = context;
  const command = sandbox
    .command('card')
    .summary(say({ ja: '仮想のHPKIカード・マイナンバーカードをpcscdの仮想リーダー（vpcd）に挿入する', en: "insert a virtual HPKI or My Number card into pcscd's virtual reader (vpcd)" }))
    .addOption(cardOption(context))
    .addOption(new Option('--layout <LAYOUT>', say({ ja: 'ファイルの配置', en: 'file layout' })).choices(['circulation', 'annex-b']).default('circulation'))
    .option('--port <PORT>', say({ ja: 'vpcdのポート', en: "vpcd's port" }), portNumber(context), 35963)
    .option('--trust <DIR>', say({ ja: 'ルート証明書などを書くフォルダー', en: 'folder for root, chain and lists' }))
    .action(async (options: { card: DrawerCard; layout: 'circulation' | 'annex-b'; port: number; trust?: string }) => {
      const { openSandboxClinic } = await import('../../sandbox/sandbox-clinic.ts');
      const { openCardDrawer } = await import('../../sandbox/card-drawer.ts');
      const { vpcdReader } = await import('../sandbox/vpcd-reader.ts');
      const { connectToVpcd } = await import('../../sandbox/cards/vpcd-connection.ts');
      const { sandboxPin } = await import('../../sandbox/cards/card-options.ts');
      const clinic = await openSandboxClinic({ layout: options.layout });
      const drawer = openCardDrawer(clinic, { layout: options.layout });
      if (options.trust !== undefined) {
        await makeNamedFolder(options.trust);
        await clinic.writeTrust(options.trust);
      }
      const reader = vpcdReader(options.port, connectToVpcd);
      await reader.insert(await drawer.take(options.card));
      process.stdout.write(`${say({ ja: '挿入しました', en: 'Inserted' })} (PIN ${sandboxPin})\n`);
      const input = followInput({ reader, drawer, first: options.card }, context);
      const gone = await Promise.race([endAsked().then(() => false), reader.serviceGone.then(() => true)]);
      input.close();
      await reader.remove();
      if (gone) throw readerGone();
    });
  withExamples(command, context, ['hpki-agent sandbox card --trust trust/', 'hpki-agent sandbox card --layout annex-b --port 35964'], controlsNote);
}

function readerGone(): CommandFailure {
  return new CommandFailure(
    {
      ja: 'pcscdが終了したか、リーダーがなくなったため、カードは抜けました。pcscdを起動してから、もう一度実行してください。',
      en: 'The card is out: pcscd has ended, or the reader is gone. Start pcscd, then run this again.',
    },
    exitCodes.failed,
  );
}

/** In the background: the end of the input ends nothing, so that a script may close it. Close it, or it keeps the program. */
function followInput(controls: CardControls, context: CommandContext): Interface {
  const lines = createInterface({ input: process.stdin });
  void followCardCommands(lines, controls, context);
  return lines;
}

function addCa(sandbox: Command, { say }: CommandContext): void {
  sandbox
    .command('ca')
    .summary(say({ ja: '試験用の認証局と証明書一式を書き出す', en: 'write a test CA with all its certificates' }))
    .requiredOption('--out <DIR>', say({ ja: '出力先', en: 'folder to fill' }))
    .action(async (options: { out: string }) => {
      const { writeTestCa } = await import('../../sandbox/ca/write-test-ca.ts');
      await makeNamedFolder(options.out);
      const { files } = await writeTestCa(options.out);
      for (const file of files) process.stdout.write(`${path.join(options.out, file)}\n`);
    });
}

function addSoftHsm(sandbox: Command, { say }: CommandContext): void {
  sandbox
    .command('softhsm')
    .summary(say({ ja: 'SoftHSM2に、HPKIモジュールと同じ名前の鍵と証明書を入れる', en: 'provision a SoftHSM2 token with the object names of an HPKI module' }))
    .requiredOption('--out <DIR>', say({ ja: '出力先', en: 'folder to fill' }))
    .action(async (options: { out: string }) => {
      const { createTestCa } = await import('../../sandbox/ca/test-ca.ts');
      const { provisionSoftHsm } = await import('../../sandbox/softhsm/provision-softhsm.ts');
      const { sandboxPin } = await import('../../sandbox/cards/card-options.ts');
      const { sandboxPeople } = await import('../../sandbox/sandbox-clinic.ts');
      const { writePem } = await import('../../formats/pki/pem.ts');
      await makeNamedFolder(options.out);
      const ca = await createTestCa();
      const doctor = await ca.issue(sandboxPeople.doctor);
      const token = await provisionSoftHsm({
        dir: path.resolve(options.out),
        certificate: doctor.certificate.der,
        privateKey: doctor.pkcs8,
        chain: [ca.signing.certificate.der, ca.root.certificate.der],
        pin: sandboxPin,
      }).catch((error: unknown) => {
        throw softHsmFailure(error);
      });
      await writeFile(path.join(options.out, 'trust.pem'), writePem(ca.root.certificate.der));
      process.stdout.write(`SOFTHSM2_CONF=${token.environment.SOFTHSM2_CONF}\nmodule=${token.modulePath}\nlogin=${token.login}\nPIN=${sandboxPin}\n`);
    });
}

function softHsmFailure(cause: unknown): CommandFailure {
  const why = cause instanceof Error ? (cause.message.split('\n', 1)[0] ?? '') : '';
  return new CommandFailure(
    { ja: `SoftHSM2のトークンを作れません（${why}）。softhsm2 を導入し（apt install softhsm2）、npm ci でPKCS#11のモジュール（graphene-pk11）が入っているか確かめてください。`, en: `The SoftHSM2 token cannot be made (${why}). Install softhsm2 (apt install softhsm2), and see that npm ci could build graphene-pk11.` },
    exitCodes.failed,
    { cause },
  );
}

function addEhr(sandbox: Command, context: CommandContext): void {
  const { say, language } = context;
  sandbox
    .command('ehr')
    .summary(say({ ja: '見本のEHR: ペアリングして1件署名してもらう', en: 'the sample EHR: pairs and has one document signed' }))
    .argument('[CSV]', say({ ja: '処方箋CSV（省略すると見本）', en: 'prescription CSV (a sample where left out)' }))
    .option('--port <PORT>', say({ ja: 'エージェントのポート（既定: 探す）', en: "the agent's port (default: look for it)" }), portNumber(context))
    .option('--code <CODE>', say({ ja: '確認番号（省略すると尋ねる）', en: 'pairing code (asked for where left out)' }))
    .requiredOption('--out <XML>', say({ ja: '署名済みXMLの出力先', en: 'file for the signed XML' }))
    .action(async (csv: string | undefined, options: { port?: number; code?: string; out: string }) => {
      const ehr = await import('../../sandbox/ehr/ehr-client.ts');
      const { MAX_CSV_BYTES } = await import('../../formats/prescription/csv-lines.ts');
      await checkWritable(options.out);
      const { samplePrescriptionCsv } = await import('../../sandbox/samples/prescription.ts');
      const { sampleDates } = await import('../../sandbox/samples/sample-dates.ts');
      const port = options.port ?? (await ehr.findAgent());
      if (port === undefined) {
        throw new CommandFailure({ ja: 'エージェントが見つかりません。起動してください。', en: 'No agent was found. Start it first.' });
      }
      const bytes = csv === undefined ? samplePrescriptionCsv(sampleDates()) : await readNamedFile(csv, MAX_CSV_BYTES);
      const code = async (): Promise<string> => options.code ?? (await askLine(say({ ja: 'エージェントに表示された番号: ', en: 'Code that the agent shows: ' })));
      const signed = await ehr
        .pair(port, '見本のEHR', code, language)
        .then((paired) => ehr.sign(paired, { id: 'D0012', name: '医者 三郎' }, [{ id: 'rx-1', type: 'prescription', csv: bytes }], undefined, language))
        .catch((error: unknown) => {
          throw agentFailure(error, port);
        });
      for (const document of signed.documents) await writeNamedFile(options.out, document.xml);
      process.stdout.write(`${signed.signer.name} (${signed.signer.role ?? '-'}) ${signed.signedAt} → ${options.out}\n`);
    });
}

async function askLine(question: string): Promise<string> {
  process.stderr.write(question);
  const lines = createInterface({ input: process.stdin });
  try {
    for await (const line of lines) return line.trim();
  } finally {
    lines.close();
  }
  throw new CommandFailure({ ja: '入力が終わりました。--code で番号を指定してください。', en: 'The input has ended. Give the code with --code.' }, exitCodes.usage);
}
