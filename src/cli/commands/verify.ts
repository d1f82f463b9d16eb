import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import type { VerificationReport, Verdict } from '../../formats/xades/report.ts';
import { CommandFailure, exitCodes } from '../exit.ts';
import { dataDirOption, jsonOption, withExamples, type CommandContext } from '../program.ts';
import { clockTime } from '../terminal/clock-time.ts';

const verdictExit: Record<Verdict, number> = { VALID: 0, INVALID: 1, INDETERMINATE: 2 };

interface VerifyOptions {
  readonly trust: readonly string[];
  readonly chain: readonly string[];
  readonly crl: readonly string[];
  readonly at?: string;
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
    .option('--at <TIME>', say({ ja: '検証する時点（ISO 8601、既定は現在）', en: 'time to verify at (ISO 8601, default now)' }))
    .addOption(dataDirOption(context))
    .addOption(jsonOption(context))
    .action(async (file: string, options: VerifyOptions) => {
      const at = options.at === undefined ? new Date() : new Date(options.at);
      if (Number.isNaN(at.getTime())) {
        throw new CommandFailure(
          { ja: '--at は 2026-04-01T09:00:00+09:00 の形で指定してください。', en: '--at takes a time such as 2026-04-01T09:00:00+09:00.' },
          exitCodes.usage,
        );
      }
      const { verifySignedDocument } = await import('../../formats/xades/verifier.ts');
      const { knownRootFingerprints } = await import('../../formats/pki/known-anchors.ts');
      const { readConfig } = await import('../../agent/config/read-config.ts');
      const { readAnchors, readIntermediates, readRevocationLists } = await import('../../agent/config/anchors.ts');
      const { data, config } = await readConfig(options.dataDir);
      const { trust } = config.settings;
      const configured = (await readAnchors(data, trust)).map((anchor) => anchor.der);
      const report = verifySignedDocument(await readFile(file), {
        anchors: [...(await readAll(options.trust, 'CERTIFICATE')), ...configured],
        anchorFingerprints: knownRootFingerprints,
        chain: [...(await readAll(options.chain, 'CERTIFICATE')), ...(await readIntermediates(trust))],
        crls: [...(await readAll(options.crl, 'X509 CRL')), ...(await readRevocationLists(trust))],
        at,
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

/** Certificates or revocation lists of PEM or DER files; a folder stands for the files in it. */
async function readAll(files: readonly string[], label: 'CERTIFICATE' | 'X509 CRL'): Promise<Uint8Array[]> {
  const { pemOrDer } = await import('../../agent/config/anchors.ts');
  const found: Uint8Array[] = [];
  for (const file of files) {
    const entries = await readdir(file).catch(() => null);
    if (entries === null) found.push(...pemOrDer(await readFile(file), label));
    else found.push(...(await readAll(entries.map((entry) => path.join(file, entry)), label)));
  }
  return found;
}

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
