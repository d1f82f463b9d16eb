import type { Command } from 'commander';
import { CommandFailure } from '../exit.ts';
import { dataDirOption, jsonOption, type CommandContext } from '../program.ts';

export function addAnchors(program: Command, context: CommandContext): void {
  const { say } = context;
  const anchors = program.command('anchors').summary(say({ ja: '信頼するルート証明書', en: 'trusted root certificates' }));
  anchors
    .command('list')
    .summary(say({ ja: '一覧を表示する', en: 'list them' }))
    .addOption(dataDirOption(context))
    .addOption(jsonOption(context))
    .action(async (options: { dataDir?: string; json?: boolean }) => {
      const { readConfig } = await import('../../agent/config/read-config.ts');
      const { readTrust } = await import('../../agent/config/anchors.ts');
      const { data, config } = await readConfig(options.dataDir);
      const { anchors, unreadable } = await readTrust(data, config.settings.trust);
      const found = anchors.map(({ name, sha256, notAfter, known }) => ({ name, sha256, notAfter, known }));
      for (const { file, why } of unreadable) process.stderr.write(`⚠ ${say({ ja: `証明書・失効リストのファイルを読めません: ${file}（${why}）`, en: `A file of certificates or lists cannot be read: ${file} (${why})` })}\n`);
      if (options.json === true) process.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
      else if (found.length === 0) process.stdout.write(say({ ja: '登録されていません。\n', en: 'None.\n' }));
      else {
        for (const anchor of found) {
          const source = anchor.known ? say({ ja: '公表された指紋と一致', en: 'known fingerprint' }) : say({ ja: 'ポリシー', en: 'policy' });
          process.stdout.write(`${anchor.sha256}  ${anchor.notAfter.toISOString().slice(0, 10)}  ${anchor.name}  [${source}]\n`);
        }
      }
    });
  anchors
    .command('import')
    .summary(say({ ja: '厚生労働省HPKIルート証明書を登録する（指紋で確認）', en: 'import the MHLW HPKI root (checked by its fingerprint)' }))
    .argument('<FILE>', say({ ja: '証明書、PEMまたはDER', en: 'certificate, PEM or DER' }))
    .addOption(dataDirOption(context))
    .action(async (file: string, options: { dataDir?: string }) => {
      const { readTrustFiles } = await import('../trust-files.ts');
      const certificates = await readTrustFiles('', [file], 'CERTIFICATE');
      const { readConfig } = await import('../../agent/config/read-config.ts');
      const { importAnchors } = await import('../../agent/config/anchors.ts');
      const { prepareDataDirectory } = await import('../../agent/storage/data-directory.ts');
      const { data } = await readConfig(options.dataDir);
      await prepareDataDirectory(data);
      const { imported, refused } = await importAnchors(data, certificates);
      for (const anchor of imported) process.stdout.write(`${say({ ja: '登録しました', en: 'Imported' })}: ${anchor.name}\n`);
      if (imported.length === 0) {
        throw new CommandFailure({
          ja: `公表されたHPKIルートの指紋と一致する証明書がありません（${refused.map((anchor) => anchor.sha256.slice(0, 16)).join(', ')}…）。別のルートを信頼するには、管理者がポリシー trust.anchors に書いてください。`,
          en: `No certificate has a published fingerprint of an HPKI root (${refused.map((anchor) => anchor.sha256.slice(0, 16)).join(', ')}…). To trust another root, an administrator names it in the policy trust.anchors.`,
        });
      }
    });
}
