import type { Command } from 'commander';
import { showSafely } from '../../formats/prescription/display-safety.ts';
import { askRunningAgent } from '../ask-running-agent.ts';
import { CommandFailure, exitCodes } from '../exit.ts';
import { dataDirOption, jsonOption, type CommandContext } from '../program.ts';
import { clockTime } from '../terminal/clock-time.ts';

const binders = {
  person: { ja: '本人が確認', en: 'confirmed by the person' },
  administrator: { ja: '管理者', en: 'administrator' },
} as const;

export function addStaff(program: Command, context: CommandContext): void {
  const { say } = context;
  const staff = program.command('staff').summary(say({ ja: 'EHRの職員IDと、証明書・リモート署名の利用者の対応', en: 'which staff id belongs to which certificate and account' }));
  staff
    .command('list')
    .summary(say({ ja: '一覧を表示する', en: 'list them' }))
    .addOption(dataDirOption(context))
    .addOption(jsonOption(context))
    .action(async (options: { dataDir?: string; json?: boolean }) => {
      const bindings = (await askRunningAgent(options.dataDir, { command: 'staff.list' })) as unknown as readonly {
        staffId: string;
        subjects: readonly { subject: string; boundAt: string; by: 'person' | 'administrator' }[];
        accounts: readonly { provider: string; subject: string; boundAt: string }[];
      }[];
      if (options.json === true) process.stdout.write(`${JSON.stringify(bindings, null, 2)}\n`);
      else if (bindings.length === 0) process.stdout.write(say({ ja: '結び付けはまだありません。\n', en: 'Nobody is bound yet.\n' }));
      else {
        for (const binding of bindings) {
          for (const subject of binding.subjects) process.stdout.write(`${binding.staffId}  ${subject.subject}  ${clockTime(new Date(subject.boundAt))}  ${say(binders[subject.by])}\n`);
          for (const { provider, subject, boundAt } of binding.accounts) {
            process.stdout.write(`${binding.staffId}  ${say({ ja: 'リモート署名', en: 'remote signing' })} ${provider}: ${showSafely(subject)}  ${clockTime(new Date(boundAt))}\n`);
          }
        }
      }
    });
  staff
    .command('bind')
    .summary(say({ ja: '職員IDに証明書を結び付ける', en: 'bind a staff id to a certificate' }))
    .argument('<STAFF_ID>', say({ ja: 'EHRの職員ID', en: 'staff id of the EHR' }))
    .argument('<CERTIFICATE>', say({ ja: '署名用証明書、PEMまたはDER', en: 'signing certificate, PEM or DER' }))
    .addOption(dataDirOption(context))
    .action(async (staffId: string, file: string, options: { dataDir?: string }) => {
      const { readTrustFiles } = await import('../trust-files.ts');
      const certificates = await readTrustFiles('', [file], 'CERTIFICATE');
      if (certificates.length !== 1) {
        throw new CommandFailure(
          { ja: `証明書が${certificates.length}枚あります: ${file}。署名用証明書だけのファイルを指定してください。`, en: `${file} holds ${certificates.length} certificates. Give the signing certificate alone.` },
          exitCodes.usage,
        );
      }
      const bound = await askRunningAgent(options.dataDir, { command: 'staff.bind', staffId, certificate: Buffer.concat(certificates).toString('base64') });
      process.stdout.write(`${staffId} ← ${String((bound as { subject?: unknown }).subject)}\n`);
    });
  staff
    .command('unbind')
    .summary(say({ ja: '職員IDの結び付けを解く', en: 'undo a binding' }))
    .argument('<STAFF_ID>', say({ ja: 'EHRの職員ID', en: 'staff id of the EHR' }))
    .addOption(dataDirOption(context))
    .action(async (staffId: string, options: { dataDir?: string }) => {
      await askRunningAgent(options.dataDir, { command: 'staff.unbind', staffId });
      process.stdout.write(`${say({ ja: '結び付けを解きました。', en: 'Unbound.' })}\n`);
    });
}
