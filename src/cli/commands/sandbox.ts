import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Option, type Command } from 'commander';
import { CommandFailure, exitCodes } from '../exit.ts';
import { portNumber, type CommandContext } from '../program.ts';
import { processPrompts } from '../terminal/process-prompts.ts';

/** Virtual cards, test certificates and a sample EHR, for EHR makers and tests. Not part of the installed program. */
export function addSandbox(program: Command, context: CommandContext): void {
  const { say } = context;
  const sandbox = program
    .command('sandbox')
    .summary(say({ ja: '試験用: 仮想カード・認証局・SoftHSM・見本のEHR', en: 'for tests: virtual cards, CA, SoftHSM, sample EHR' }));
  addAgent(sandbox, context);
  addCard(sandbox, context);
  addCa(sandbox, context);
  addSoftHsm(sandbox, context);
  addEhr(sandbox, context);
}

function addAgent(sandbox: Command, context: CommandContext): void {
  const { say, language } = context;
  sandbox
    .command('agent')
    .summary(say({ ja: '仮想カードのエージェントを起動し、自分のEHRの接続を待つ', en: 'run an agent over a virtual card and wait for your own EHR' }))
    .addOption(new Option('--card <WHO>', say({ ja: '挿入するカード', en: 'whose card is inserted' })).choices(['doctor', 'pharmacist']).default('doctor'))
    .option('--port <PORT>', say({ ja: 'ポート（既定 17090〜17099）', en: 'port (default 17090–17099)' }), portNumber(context))
    .option('--yes', say({ ja: '確認とPINを自動で入力する', en: 'consent and enter the sandbox PIN without asking' }))
    .action(async (options: { card: 'doctor' | 'pharmacist'; port?: number; yes?: boolean }) => {
      const { openSandboxClinic } = await import('../../sandbox/sandbox-clinic.ts');
      const { startSandboxAgent } = await import('../sandbox/start-sandbox-agent.ts');
      const { scriptedPrompts } = await import('../../sandbox/scripted-prompts.ts');
      const { sandboxPin } = await import('../../sandbox/cards/card-options.ts');
      const { settingsSchema } = await import('../../agent/config/settings.ts');
      const clinic = await openSandboxClinic();
      clinic.insert(options.card);
      const prompts =
        options.yes === true
          ? scriptedPrompts({ pin: () => sandboxPin, onPairingCode: (view) => process.stdout.write(`${say({ ja: '確認番号', en: 'code' })}: ${view.code}\n`) })
          : processPrompts(language);
      const ports = options.port === undefined ? settingsSchema.parse({}).api.ports : [options.port];
      const agent = await startSandboxAgent({ clinic, prompts, ports });
      process.stdout.write(`http://127.0.0.1:${agent.port}  (PIN ${sandboxPin})\n`);
      process.stdout.write(say({ ja: 'ペアリングを受け付けています。SIGHUPか再起動で開き直します。\n', en: 'Pairing is open; SIGHUP opens it again.\n' }));
      agent.pairing.open();
      process.on('SIGHUP', () => agent.pairing.open());
      await endAsked();
      await agent.close();
    });
}

function addCard(sandbox: Command, context: CommandContext): void {
  const { say } = context;
  sandbox
    .command('card')
    .summary(say({ ja: '仮想HPKIカードをpcscdの仮想リーダー（vpcd）に挿入する', en: "insert a virtual HPKI card into pcscd's virtual reader (vpcd)" }))
    .addOption(new Option('--card <WHO>', say({ ja: 'だれのカードか', en: 'whose card' })).choices(['doctor', 'pharmacist']).default('doctor'))
    .addOption(new Option('--layout <LAYOUT>', say({ ja: 'ファイルの配置', en: 'file layout' })).choices(['circulation', 'annex-b']).default('circulation'))
    .option('--port <PORT>', say({ ja: 'vpcdのポート', en: "vpcd's port" }), portNumber(context), 35963)
    .option('--trust <DIR>', say({ ja: 'ルート証明書などを書くフォルダー', en: 'folder for root, chain and lists' }))
    .action(async (options: { card: 'doctor' | 'pharmacist'; layout: 'circulation' | 'annex-b'; port: number; trust?: string }) => {
      const { openSandboxClinic } = await import('../../sandbox/sandbox-clinic.ts');
      const { connectToVpcd } = await import('../../sandbox/cards/vpcd-connection.ts');
      const { sandboxPin } = await import('../../sandbox/cards/card-options.ts');
      const clinic = await openSandboxClinic({ layout: options.layout });
      if (options.trust !== undefined) await clinic.writeTrust(options.trust);
      const connection = await connectToVpcd(clinic.cards[options.card], { port: options.port }).catch((error: unknown) => {
        throw new CommandFailure(
          {
            ja: `ポート${options.port}にvpcdがいません。pcscd と vsmartcard-vpcd を導入し、pcscd を起動してください。`,
            en: `No vpcd waits on port ${options.port}. Install pcscd and vsmartcard-vpcd, and start pcscd.`,
          },
          exitCodes.failed,
          { cause: error },
        );
      });
      process.stdout.write(`${say({ ja: '挿入しました', en: 'Inserted' })} (PIN ${sandboxPin})\n`);
      await Promise.race([endAsked(), connection.removed]);
      await connection.remove();
    });
}

function addCa(sandbox: Command, { say }: CommandContext): void {
  sandbox
    .command('ca')
    .summary(say({ ja: '試験用の認証局と証明書一式を書き出す', en: 'write a test CA with all its certificates' }))
    .requiredOption('--out <DIR>', say({ ja: '出力先', en: 'folder to fill' }))
    .action(async (options: { out: string }) => {
      const { writeTestCa } = await import('../../sandbox/ca/write-test-ca.ts');
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
      await mkdir(options.out, { recursive: true });
      const ca = await createTestCa();
      const doctor = await ca.issue(sandboxPeople.doctor);
      const token = await provisionSoftHsm({
        dir: path.resolve(options.out),
        certificate: doctor.certificate.der,
        privateKey: doctor.pkcs8,
        chain: [ca.signing.certificate.der, ca.root.certificate.der],
        pin: sandboxPin,
      });
      await writeFile(path.join(options.out, 'trust.pem'), writePem(ca.root.certificate.der));
      process.stdout.write(`SOFTHSM2_CONF=${token.environment.SOFTHSM2_CONF}\nmodule=${token.modulePath}\nlogin=${token.login}\nPIN=${sandboxPin}\n`);
    });
}

function addEhr(sandbox: Command, context: CommandContext): void {
  const { say } = context;
  sandbox
    .command('ehr')
    .summary(say({ ja: '見本のEHR: ペアリングして1件署名してもらう', en: 'the sample EHR: pairs and has one document signed' }))
    .argument('[CSV]', say({ ja: '処方箋CSV（省略すると見本）', en: 'prescription CSV (a sample where left out)' }))
    .option('--port <PORT>', say({ ja: 'エージェントのポート（既定: 探す）', en: "the agent's port (default: look for it)" }), portNumber(context))
    .option('--code <CODE>', say({ ja: '確認番号（省略すると尋ねる）', en: 'pairing code (asked for where left out)' }))
    .requiredOption('--out <XML>', say({ ja: '署名済みXMLの出力先', en: 'file for the signed XML' }))
    .action(async (csv: string | undefined, options: { port?: number; code?: string; out: string }) => {
      const ehr = await import('../../sandbox/ehr/ehr-client.ts');
      const { samplePrescriptionCsv } = await import('../../sandbox/samples/prescription.ts');
      const { sampleDates } = await import('../../sandbox/samples/sample-dates.ts');
      const port = options.port ?? (await ehr.findAgent());
      if (port === undefined) {
        throw new CommandFailure({ ja: 'エージェントが見つかりません。起動してください。', en: 'No agent was found. Start it first.' });
      }
      const paired = await ehr.pair(port, '見本のEHR', async () => options.code ?? (await askLine(say({ ja: 'エージェントに表示された番号: ', en: 'Code that the agent shows: ' }))));
      const bytes = csv === undefined ? samplePrescriptionCsv(sampleDates()) : new Uint8Array(await readFile(csv));
      const signed = await ehr.sign(paired, { id: 'D0012', name: '医者 三郎' }, [{ id: 'rx-1', type: 'prescription', csv: bytes }]);
      for (const document of signed.documents) await writeFile(options.out, document.xml, { mode: 0o600 });
      process.stdout.write(`${signed.signer.name} (${signed.signer.role ?? '-'}) ${signed.signedAt} → ${options.out}\n`);
    });
}

async function askLine(question: string): Promise<string> {
  const { createInterface } = await import('node:readline/promises');
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await reader.question(question)).trim();
  } finally {
    reader.close();
  }
}

/** Resolves when the person ends the command. */
function endAsked(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
}
