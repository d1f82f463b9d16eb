import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ReadStream, WriteStream } from 'node:tty';
import { toString as drawQr } from 'qrcode';
import { providerSettings } from '../../agent/config/remote-settings.ts';
import { settingsSchema } from '../../agent/config/settings.ts';
import type { Clock, Prompts } from '../../agent/ports.ts';
import { importClientCertificate } from '../../agent/remote/network/client-certificate.ts';
import { OutboundNetwork } from '../../agent/remote/network/outbound-network.ts';
import { createProviders } from '../../agent/remote/providers/create-providers.ts';
import type { PhoneCode, RemoteProvider } from '../../agent/remote/remote-provider.ts';
import { fileSecretStore } from '../../agent/storage/file-secret-store.ts';
import type { VerificationReport } from '../../formats/xades/report.ts';
import type { RemoteService } from '../../sandbox/remote/remote-service.ts';
import type { SandboxClinic } from '../../sandbox/sandbox-clinic.ts';
import { exitCodes } from '../exit.ts';
import { makeNamedFolder } from '../named-files.ts';
import type { CommandContext } from '../program.ts';
import { qrLines } from '../terminal/qr-lines.ts';
import { terminalPrompts } from '../terminal/terminal-prompts.ts';
import { reportLines } from './verify.ts';

export interface RemoteDemoOptions {
  readonly out: string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** A phone on the table: registered once, then it answers codes. */
interface Phone {
  readonly played: 'chromium' | 'service' | 'person';
  approve(code: PhoneCode): Promise<void>;
  close(): Promise<void>;
}

const prescriptions = 5;
/** Longer than an authentication lasts, so that the next prescription is the next day's first. */
const nightMs = 20 * 60 * 60 * 1000;

/**
 * A day of remote signing at the sandbox's service, over real TLS: one authentication by phone, five prescriptions without
 * another question, the end of the authentication, and the next day's first.
 */
export async function runRemoteDemo(options: RemoteDemoOptions, context: CommandContext): Promise<void> {
  const { say, language } = context;
  const print = (line: string): void => {
    if (options.json !== true) process.stdout.write(`${line}\n`);
  };
  const [{ openSandboxClinic }, { startRemoteService }, { startSandboxAgent }, ehr, samples, { sampleDates }] = await Promise.all([
    import('../../sandbox/sandbox-clinic.ts'),
    import('../../sandbox/remote/start-remote-service.ts'),
    import('../sandbox/start-sandbox-agent.ts'),
    import('../../sandbox/ehr/ehr-client.ts'),
    import('../../sandbox/samples/prescription.ts'),
    import('../../sandbox/samples/sample-dates.ts'),
  ]);
  const out = path.resolve(options.out);
  await makeNamedFolder(out);
  await using opened = new AsyncDisposableStack();

  print(say({ ja: '① 試験用の認証局と、リモート署名サービスを起動します', en: '1. Starting a test CA and a remote signing service' }));
  const night = { ms: 0 };
  const clock: Clock = { now: () => Date.now() + night.ms, monotonic: () => performance.now() + night.ms };
  const clinic = await openSandboxClinic();
  const service = await startRemoteService({ ca: clinic.ca, clock });
  opened.defer(() => service.close());
  const phone = await takePhone(service, options);
  opened.defer(() => phone.close());
  print(say(phoneNote[phone.played]));

  const way = await providersFor(service, clock);
  opened.defer(() => way.close());
  const authentications: string[] = [];
  const pairingCode = Promise.withResolvers<string>();
  const prompts = await remotePrompts(options, context, {
    onPairingCode: (code) => pairingCode.resolve(code),
    async onCode(code) {
      authentications.push(new Date(clock.now()).toISOString());
      await writeFile(path.join(out, `qr-${authentications.length}.svg`), await drawQr(code.uri, { type: 'svg' }));
      print(say({ ja: `   QRコード: ${path.join(out, `qr-${authentications.length}.svg`)}（番号 ${code.number ?? '–'}）`, en: `   QR code: ${path.join(out, `qr-${authentications.length}.svg`)} (number ${code.number ?? '–'})` }));
      for (const line of await qrLines(code.uri)) print(line);
      await phone.approve(code);
    },
  });
  const agent = await startSandboxAgent({ clinic, prompts, ports: [0], providers: way.providers, clock });
  opened.defer(() => agent.close());
  agent.pairing.open();
  const paired = await ehr.pair(agent.port, 'デモEHR', () => pairingCode.promise, language);
  print(say({ ja: '② EHRがペアリングし、処方箋を送ります。認証の画面が開きます', en: '2. The EHR has paired and sends a prescription; the authentication begins' }));

  const files = new Map<string, Uint8Array>();
  const signNext = async (name: string): Promise<void> => {
    const csv = samples.samplePrescriptionCsv(sampleDates());
    const signed = await ehr.sign(paired, { id: 'D0012', name: '医者 三郎' }, [{ id: name, type: 'prescription', csv }], undefined, language);
    for (const { xml } of signed.documents) files.set(`${name}.xml`, xml);
    print(say({ ja: `   ✔ ${name}.xml（${signed.signer.name}、認証${authentications.length}回目の間）`, en: `   ✔ ${name}.xml (${signed.signer.name}, authentication ${authentications.length})` }));
  };
  for (let number = 1; number <= prescriptions; number += 1) await signNext(`prescription-${number}`);
  print(say({ ja: `③ ${prescriptions}件を1回の認証で署名しました。時計を20時間進めます（認証は切れます）`, en: `3. ${prescriptions} signatures with one authentication. The clock goes on by 20 hours: the authentication ends` }));
  night.ms = nightMs;
  await signNext('prescription-next-day');
  print(say({ ja: '④ 翌日の最初の処方箋で、もう一度認証しました', en: "4. The next day's first prescription asked for another authentication" }));

  await clinic.writeTrust(out);
  for (const [name, xml] of files) await writeFile(path.join(out, name), xml);
  const reports = await verifyAll(clinic, files, new Date(clock.now()));
  finish({ reports, out, authentications, phone: phone.played }, options, context, print);
}

const phoneNote = {
  chromium: { ja: '   スマートフォンの役: Chromiumの仮想認証器（本物のWebAuthn）', en: "   The phone is played by Chromium's virtual authenticator (real WebAuthn)" },
  service: { ja: '   スマートフォンの役: Chromiumがないため、サービスに直接承認させます', en: '   No Chromium here: the service is told of the approval directly' },
  person: { ja: '   このPCのブラウザーでスマートフォンの画面を開いて承認してください', en: "   Approve on the phone's page in a browser of this machine" },
} as const;

async function takePhone(service: RemoteService, { yes, json }: RemoteDemoOptions): Promise<Phone> {
  const { findChromium, VirtualPhones } = await import('../../sandbox/remote/virtual-phone.ts');
  const doctor = service.people.person('doctor');
  if (yes !== true && json !== true && process.stdin.isTTY) {
    const ticket = service.control.issueTicket('doctor');
    process.stdout.write(`   ${ticket.url}  (${doctor.password})\n`);
    return { played: 'person', approve: () => Promise.resolve(), close: () => Promise.resolve() };
  }
  const chromium = findChromium();
  if (chromium === undefined) {
    return {
      played: 'service',
      async approve({ userCode, number }) {
        const signIn = service.signIns.find(userCode);
        await signIn?.tryNumber('demo', number ?? '');
        await signIn?.approve('demo', doctor);
      },
      close: () => Promise.resolve(),
    };
  }
  const phones = await VirtualPhones.open(chromium);
  const phone = await phones.phone();
  await phone.register(service.control.issueTicket('doctor').url, doctor.password);
  return {
    played: 'chromium',
    async approve({ uri, number }) {
      const { outcome, text } = await phone.signIn(uri, number ?? '');
      if (outcome !== 'done') throw new Error(`the phone says: ${text}`);
    },
    close: () => phones.close(),
  };
}

/** The agent's own network, with the facility's certificate and the sandbox's CA: what policy and an import set in earnest. */
async function providersFor(service: RemoteService, clock: Clock): Promise<{ readonly providers: readonly RemoteProvider[]; close(): Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'hpki-demo-remote-'));
  const ca = path.join(folder, 'tls-root.pem');
  await writeFile(ca, service.trust.tlsCa.serverRoot);
  const { network: settings } = settingsSchema.parse({ network: { proxy: 'direct', extraCa: [ca] } });
  const network = new OutboundNetwork({ settings, secrets: fileSecretStore(folder), system: null, environment: {}, clock });
  const { certificate, privateKey } = service.trust.facility;
  await network.useClientCertificate(importClientCertificate(Buffer.from(`${certificate}\n${privateKey}`), ''));
  const { issuer, base, clientId } = service.addresses.csc;
  const provider = providerSettings.parse({ kind: 'csc', name: 'sandbox', issuer, serviceUrl: base, clientId, methods: ['smartphone'] });
  return {
    providers: await createProviders([provider], { network, clock }),
    async close() {
      network.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface PromptEvents {
  readonly onPairingCode: (code: string) => void;
  readonly onCode: (code: PhoneCode) => Promise<void>;
}

async function remotePrompts(options: RemoteDemoOptions, { language }: CommandContext, { onPairingCode, onCode }: PromptEvents): Promise<Prompts> {
  const { stdin, stdout } = process;
  if (options.yes !== true && options.json !== true && stdin instanceof ReadStream && stdout instanceof WriteStream) {
    const terminal = terminalPrompts(stdin, stdout, language);
    return {
      ...terminal,
      showPairingCode(view, signal) {
        onPairingCode(view.code);
        return terminal.showPairingCode(view, signal);
      },
    };
  }
  const { scriptedPrompts } = await import('../../sandbox/scripted-prompts.ts');
  return scriptedPrompts({
    pin: () => null,
    onPairingCode: ({ code }) => onPairingCode(code),
    authentication: {
      onCode(code) {
        onCode(code).catch((error: unknown) => {
          process.stderr.write(`${String(error)}\n`);
        });
      },
    },
  });
}

async function verifyAll(clinic: SandboxClinic, files: ReadonlyMap<string, Uint8Array>, at: Date): Promise<ReadonlyMap<string, VerificationReport>> {
  const { createVerifier } = await import('../../formats/xades/verifier.ts');
  const { ca } = clinic;
  const verifier = createVerifier({ anchors: [ca.root.certificate.der], chain: [ca.signing.certificate.der], crls: ca.crls().map((list) => list.der), at });
  return new Map([...files].map(([name, xml]) => [name, verifier.verify(xml)]));
}

interface RemoteDay {
  readonly reports: ReadonlyMap<string, VerificationReport>;
  readonly out: string;
  readonly authentications: readonly string[];
  readonly phone: Phone['played'];
}

function finish({ reports, out, authentications, phone }: RemoteDay, { json }: RemoteDemoOptions, context: CommandContext, print: (line: string) => void): void {
  const { say } = context;
  if (json === true) process.stdout.write(`${JSON.stringify({ out, phone, authentications, reports: Object.fromEntries(reports) }, null, 2)}\n`);
  const [first] = reports.values();
  if (first) for (const line of reportLines(first, context, '  ')) print(line);
  for (const [name, { verdict }] of reports) print(`${verdict === 'VALID' ? '✔' : '✘'} ${name}: ${verdict}`);
  print(say({ ja: `\n認証${authentications.length}回、署名${reports.size}件。ファイル: ${out}`, en: `\n${authentications.length} authentications, ${reports.size} signatures. Files: ${out}` }));
  const isValid = [...reports.values()].every(({ verdict }) => verdict === 'VALID');
  process.exitCode = isValid && authentications.length === 2 ? exitCodes.ok : exitCodes.failed;
}
