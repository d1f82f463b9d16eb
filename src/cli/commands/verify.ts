import { InvalidArgumentError, type Command } from 'commander';
import type { VerificationReport, Verdict } from '../../formats/xades/report.ts';
import { dataDirOption, jsonOption, withExamples, type CommandContext } from '../program.ts';
import { clockTime } from '../terminal/clock-time.ts';

const verdictExit: Record<Verdict, number> = { VALID: 0, INVALID: 1, INDETERMINATE: 2 };

interface VerifyOptions {
  readonly trust: readonly string[];
  readonly chain: readonly string[];
  readonly crl: readonly string[];
  readonly at?: Date;
  readonly json?: boolean;
  readonly dataDir?: string;
}

export function addVerify(program: Command, context: CommandContext): void {
  const { say } = context;
  const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];
  const command = program
    .command('verify')
    .summary(say({ ja: '署名済みの処方箋・調剤結果を検証する', en: 'verify a signed prescription or dispensing result' }))
    .description(
      say({
        ja: '署名済みXMLを検証します。終了コード: 0 有効、1 無効、2 判定できない。',
        en: 'Verifies a signed XML file. Exit code: 0 valid, 1 invalid, 2 indeterminate.',
      }),
    )
    .argument('<FILE>', say({ ja: '署名済みXML', en: 'signed XML' }))
    .option('--trust <PEM>', say({ ja: '信頼するルート証明書（複数可）', en: 'trusted root certificate (repeatable)' }), collect, [])
    .option('--chain <PEM>', say({ ja: '中間認証局の証明書（複数可）', en: 'intermediate certificates (repeatable)' }), collect, [])
    .option('--crl <FILE>', say({ ja: '失効リスト、PEMまたはDER（複数可）', en: 'revocation list, PEM or DER (repeatable)' }), collect, [])
    .option('--at <TIME>', say({ ja: '検証する時点（ISO 8601、既定は現在）', en: 'time to verify at (ISO 8601, default now)' }), momentOfTime(context))
    .addOption(dataDirOption(context))
    .addOption(jsonOption(context))
    .action(async (file: string, options: VerifyOptions) => {
      const { verifySignedDocument } = await import('../../formats/xades/verifier.ts');
      const { knownRootFingerprints } = await import('../../formats/pki/known-anchors.ts');
      const { readConfig } = await import('../../agent/config/read-config.ts');
      const { readTrust } = await import('../../agent/config/anchors.ts');
      const { xmlLimits } = await import('../../formats/xml/limits.ts');
      const { readUpTo } = await import('../named-files.ts');
      const { readTrustFiles } = await import('../trust-files.ts');
      // One byte more than the verifier takes: it says itself that a file is too large.
      const xml = await readUpTo(file, xmlLimits.size + 1);
      const [anchors, chain, crls] = await Promise.all([
        readTrustFiles('--trust', options.trust, 'CERTIFICATE'),
        readTrustFiles('--chain', options.chain, 'CERTIFICATE'),
        readTrustFiles('--crl', options.crl, 'X509 CRL'),
      ]);
      const { data, config } = await readConfig(options.dataDir);
      const configured = await readTrust(data, config.settings.trust);
      for (const { file: name, why } of configured.unreadable) {
        process.stderr.write(`⚠ ${say({ ja: `ポリシーのファイルを読めないため、ないものとして検証します: ${name}（${why}）`, en: `Policy names a file that cannot be read and counts as absent: ${name} (${why})` })}\n`);
      }
      const report = verifySignedDocument(xml, {
        anchors: [...anchors, ...configured.anchors.map(({ der }) => der)],
        anchorFingerprints: knownRootFingerprints,
        chain: [...chain, ...configured.chain],
        crls: [...crls, ...configured.crls],
        at: options.at ?? new Date(),
      });
      process.stdout.write(options.json === true ? `${JSON.stringify(report, null, 2)}\n` : reportLines(report, context).join('\n') + '\n');
      process.exitCode = verdictExit[report.verdict];
    });
  withExamples(
    command,
    context,
    ['hpki-agent verify rx.xml', 'hpki-agent verify rx.xml --trust root.pem --chain ca.pem --crl lists/ --json'],
    {
      ja: [
        '登録済みのルート（anchors list）とポリシーの失効リストは、指定しなくても使われます。--trust・--chain・--crl にはフォルダーも指定できます。',
        '1（無効）は改ざん・失効・資格の誤りなどで使ってはならないもの、2（判定できない）はルートや失効リストが足りないものです。',
      ].join('\n'),
      en: [
        'Imported roots (anchors list) and the policy\'s revocation lists count without being named. --trust, --chain and --crl also take folders.',
        '1 (invalid) must not be used: altered, revoked, wrong role. 2 (indeterminate) lacks something, such as a root or a revocation list.',
      ].join('\n'),
    },
  );
}

/** A date, or a date with a time, of ISO 8601; without a zone it is this computer's. */
const momentOfTime = ({ say }: CommandContext) => (text: string): Date => {
  const [, date = '', time = 'T00:00'] = /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)?)?$/.exec(text) ?? [];
  const moment = new Date(date + time);
  // Date rolls 30 February over into March.
  const day = new Date(`${date}T00:00Z`);
  const isDay = !Number.isNaN(day.getTime()) && day.toISOString().startsWith(date);
  if (isDay && !Number.isNaN(moment.getTime())) return moment;
  throw new InvalidArgumentError(say({ ja: '2026-04-01 か 2026-04-01T09:00:00+09:00 の形で指定してください。', en: 'Give a time such as 2026-04-01 or 2026-04-01T09:00:00+09:00.' }));
};

const verdictTexts: Record<Verdict, { readonly ja: string; readonly en: string; readonly sign: string }> = {
  VALID: { ja: '有効', en: 'valid', sign: '✔' },
  INVALID: { ja: '無効', en: 'invalid', sign: '✖' },
  INDETERMINATE: { ja: '判定できない', en: 'indeterminate', sign: '?' },
};

/** A report as lines for a person: the verdict first, then who and when, then every check with its reason. */
export function reportLines(report: VerificationReport, context: CommandContext, indent = ''): string[] {
  const { language, say } = context;
  const type = { prescription: { ja: '処方箋', en: 'prescription' }, dispensing: { ja: '調剤結果', en: 'dispensing result' } };
  const heading = report.documentType === null ? '' : ` ${say(type[report.documentType])}`;
  const lines = [`${report.verdict} (${say(verdictTexts[report.verdict])})${heading}${report.level === null ? '' : ` XAdES-${report.level}`}`];
  if (report.signer !== null) {
    const name = [report.signer.kanjiName, report.signer.name].filter(Boolean).join(' / ');
    lines.push(`  ${say({ ja: '署名者', en: 'signer' })}: ${name} (${report.signer.role ?? say({ ja: '資格なし', en: 'no role' })})`);
  }
  if (report.signingTime !== null) lines.push(`  ${say({ ja: '署名時刻', en: 'signed at' })}: ${clockTime(report.signingTime)}`);
  for (const check of report.checks) {
    lines.push(`  ${verdictTexts[check.verdict].sign} ${check.title[language]}: ${check.reason[language]}`);
  }
  if (report.nested !== null) {
    lines.push(`  ${say({ ja: '内包された処方箋', en: 'nested prescription' })}:`, ...reportLines(report.nested, context, '    '));
  }
  return lines.map((line) => indent + line);
}
