import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ReadStream, WriteStream } from 'node:tty';
import { Option, type Command } from 'commander';
import type { PairingView, Prompts } from '../../agent/ports.ts';
import type { VerificationReport } from '../../formats/xades/report.ts';
import type { SandboxClinic } from '../../sandbox/sandbox-clinic.ts';
import { CommandFailure, exitCodes } from '../exit.ts';
import { makeNamedFolder } from '../named-files.ts';
import { jsonOption, type CommandContext } from '../program.ts';
import { agentRefusal, isRefusedWith } from '../sandbox/agent-failure.ts';
import { printRequest, terminalPrompts } from '../terminal/terminal-prompts.ts';
import { reportLines } from './verify.ts';

interface DemoOptions {
  readonly out: string;
  readonly yes?: boolean;
  readonly json?: boolean;
  readonly remote?: boolean;
}

export function addDemo(program: Command, context: CommandContext): void {
  const { say } = context;
  program
    .command('demo')
    .summary(say({ ja: '仮想カードで処方箋と調剤結果の署名を最後まで見せる', en: 'sign a prescription and its dispensing result with virtual cards' }))
    .description(
      say({
        ja: '本物のローカルAPIを仮想HPKIカードで動かし、EHRの役を演じて、処方箋（医師）と調剤結果（薬剤師）に署名・検証します。カードもリーダーも要りません。',
        en: 'Runs the real local API over virtual HPKI cards, plays the EHR, and has a prescription (doctor) and its dispensing result (pharmacist) signed and verified. No card, no reader.',
      }),
    )
    .addOption(new Option('--out <DIR>', say({ ja: '出力先', en: 'folder for the files' })).default('demo-out'))
    .option('--remote', say({ ja: 'リモート署名の1日を見せる（QRコードとスマートフォンで1回認証し、5件に署名し、翌日また認証する）', en: 'show a day of remote signing: one authentication by phone, five signatures, and the day after' }))
    .option('--yes', say({ ja: '確認とPINを自動で入力する', en: 'consent and enter the sandbox PIN without asking' }))
    .addOption(jsonOption(context))
    .action(async (options: DemoOptions) => {
      const run = options.remote === true ? (await import('./demo-remote.ts')).runRemoteDemo : runDemo;
      await run(options, context).catch((error: unknown) => {
        throw isRefusedWith(error, 'CANCELLED_BY_USER') ? demoCancelled() : (agentRefusal(error) ?? error);
      });
    });
}

/** The prompt has said who cancelled and that nothing was signed; no EHR is there to ask again. */
function demoCancelled(): CommandFailure {
  return new CommandFailure({
    ja: '取り消されたので、デモを終わります。もう一度実行すると、最初から始まります。',
    en: 'The demo ends, because it was cancelled. Run it again to start over.',
  });
}

async function runDemo(options: DemoOptions, context: CommandContext): Promise<void> {
  const { say, language } = context;
  const print = (line: string): void => {
    if (options.json !== true) process.stdout.write(`${line}\n`);
  };
  const [{ openSandboxClinic }, { exitOnSignal }, { startSandboxAgent }, ehr, samples, dispensingSamples, { sampleDates }] = await Promise.all([
    import('../../sandbox/sandbox-clinic.ts'),
    import('../../sandbox/temporary-folder.ts'),
    import('../sandbox/start-sandbox-agent.ts'),
    import('../../sandbox/ehr/ehr-client.ts'),
    import('../../sandbox/samples/prescription.ts'),
    import('../../sandbox/samples/dispensing.ts'),
    import('../../sandbox/samples/sample-dates.ts'),
  ]);
  exitOnSignal();
  const out = path.resolve(options.out);
  await makeNamedFolder(out);
  print(say({ ja: '① 試験用の認証局と仮想カード（医師・薬剤師）を作ります', en: '1. Making a test CA and virtual cards (doctor, pharmacist)' }));
  const clinic = await openSandboxClinic();
  clinic.insert('doctor');

  const pairingCode = Promise.withResolvers<string>();
  const prompts = await demoPrompts(options, context, print, (view) => pairingCode.resolve(view.code));
  const agent = await startSandboxAgent({ clinic, prompts, ports: [0] });
  try {
    print(say({ ja: `② エージェントを起動しました: http://127.0.0.1:${agent.port}`, en: `2. The agent is running: http://127.0.0.1:${agent.port}` }));
    agent.pairing.open();
    const paired = await ehr.pair(agent.port, 'デモEHR', () => pairingCode.promise, language);
    print(say({ ja: '③ EHRがペアリングし、番号を入力しました', en: '3. The EHR has paired and typed the code' }));

    print(say({ ja: '④ EHRが処方箋を送ります（医師のカード）', en: "4. The EHR sends a prescription (doctor's card)" }));
    const dates = sampleDates();
    const prescriptionCsv = samples.samplePrescriptionCsv(dates);
    const signedRx = await ehr.sign(paired, { id: 'D0012', name: '医者 三郎' }, [{ id: 'rx-1', type: 'prescription', csv: prescriptionCsv }], undefined, language);
    const prescription = onlyXml(signedRx);

    print(say({ ja: '⑤ 薬局のEHRが調剤結果を送ります（薬剤師のカード）', en: "5. The pharmacy sends the dispensing result (pharmacist's card)" }));
    clinic.insert('pharmacist');
    const dispensingCsv = dispensingSamples.sampleDispensingCsv(dates);
    const result = { id: 'dx-1', type: 'dispensing', csv: dispensingCsv, prescription } as const;
    const signedDx = await ehr.sign(paired, { id: 'P0003', name: '調剤 花子' }, [result], undefined, language);
    const dispensing = onlyXml(signedDx);

    await clinic.writeTrust(out);
    const files = { 'prescription.csv': prescriptionCsv, 'prescription.xml': prescription, 'dispensing.csv': dispensingCsv, 'dispensing.xml': dispensing };
    for (const [name, bytes] of Object.entries(files)) await writeFile(path.join(out, name), bytes);

    print(say({ ja: '⑥ 検証します', en: '6. Verifying' }));
    const reports = await verifyWritten(clinic, { prescription, dispensing });
    finish(reports, { out, port: agent.port }, options, context, print);
  } finally {
    await agent.close();
  }
}

/** A person at the terminal, or a script that says that it enters the sandbox PIN itself. */
async function demoPrompts(
  options: DemoOptions,
  { language, say }: CommandContext,
  print: (line: string) => void,
  onPairingCode: (view: PairingView) => void,
): Promise<Prompts> {
  const { sandboxPin } = await import('../../sandbox/cards/card-options.ts');
  const { stdin, stdout } = process;
  if (options.yes !== true && options.json !== true && stdin instanceof ReadStream && stdout instanceof WriteStream) {
    print(say({ ja: `（試験用カードのPINは ${sandboxPin} です）`, en: `(The PIN of the sandbox cards is ${sandboxPin}.)` }));
    const terminal = terminalPrompts(stdin, stdout, language);
    return {
      ...terminal,
      showPairingCode(view, signal) {
        onPairingCode(view);
        return terminal.showPairingCode(view, signal);
      },
    };
  }
  const { scriptedPrompts } = await import('../../sandbox/scripted-prompts.ts');
  return scriptedPrompts({
    onRequest: (view) => printRequest(view, { print, language }),
    onPairingCode,
    pin() {
      print(say({ ja: `   試験用のPIN ${sandboxPin} を自動で入力しました`, en: `   The sandbox PIN ${sandboxPin} was entered automatically` }));
      return sandboxPin;
    },
  });
}

function onlyXml(signed: { readonly documents: readonly { readonly xml: Uint8Array }[] }): Uint8Array {
  const [document] = signed.documents;
  if (document === undefined) throw new Error('the agent answered without a document');
  return document.xml;
}

type Reports = Readonly<Record<'prescription' | 'dispensing', VerificationReport>>;

async function verifyWritten(
  clinic: SandboxClinic,
  files: Readonly<Record<'prescription' | 'dispensing', Uint8Array>>,
): Promise<Reports> {
  const { createVerifier } = await import('../../formats/xades/verifier.ts');
  const { ca } = clinic;
  const verifier = createVerifier({
    anchors: [ca.root.certificate.der],
    chain: [ca.signing.certificate.der],
    crls: ca.crls().map((list) => list.der),
    at: new Date(),
  });
  return { prescription: verifier.verify(files.prescription), dispensing: verifier.verify(files.dispensing) };
}

function finish(
  reports: Reports,
  run: { readonly out: string; readonly port: number },
  options: DemoOptions,
  context: CommandContext,
  print: (line: string) => void,
): void {
  const { say } = context;
  if (options.json === true) process.stdout.write(`${JSON.stringify({ ...run, ...reports }, null, 2)}\n`);
  for (const [name, report] of Object.entries(reports)) {
    print(`\n${name}.xml`);
    for (const line of reportLines(report, context, '  ')) print(line);
  }
  print(`\n${say({ ja: 'ファイル', en: 'Files' })}: ${run.out}`);
  print(`npm run -s hpki-agent -- verify ${path.join(options.out, 'dispensing.xml')} --trust ${path.join(options.out, 'trust.pem')} --chain ${path.join(options.out, 'chain.pem')} --crl ${path.join(options.out, 'crl.pem')}`);
  const valid = Object.values(reports).every((report) => report.verdict === 'VALID');
  process.exitCode = valid ? exitCodes.ok : exitCodes.failed;
}
