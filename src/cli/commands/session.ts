import type { Command } from 'commander';
import type { SessionMethod } from '../../contract/api.ts';
import { showSafely } from '../../formats/prescription/display-safety.ts';
import { askRunningAgent } from '../ask-running-agent.ts';
import { dataDirOption, jsonOption, withExamples, type CommandContext } from '../program.ts';
import { authenticationTexts } from '../terminal/authentication-texts.ts';
import { clockTime } from '../terminal/clock-time.ts';

interface ListedSession {
  readonly staffId: string;
  readonly staffName: string;
  readonly method: SessionMethod;
  readonly until: string;
  readonly client: string;
}

/** Who is authenticated for remote signing at this agent, and the end of it (本日終了). */
export function addSession(program: Command, context: CommandContext): void {
  const { say, language } = context;
  const session = program.command('session').summary(say({ ja: 'リモート署名の認証', en: 'authentications for remote signing' }));
  session
    .command('list')
    .summary(say({ ja: 'いま認証されている職員を表示する', en: 'show who is authenticated' }))
    .addOption(dataDirOption(context))
    .addOption(jsonOption(context))
    .action(async (options: { dataDir?: string; json?: boolean }) => {
      const sessions = (await askRunningAgent(options.dataDir, { command: 'sessions.list' })) as unknown as readonly ListedSession[];
      if (options.json === true) process.stdout.write(`${JSON.stringify(sessions, null, 2)}\n`);
      else if (sessions.length === 0) process.stdout.write(say({ ja: '認証されている職員はいません。\n', en: 'Nobody is authenticated.\n' }));
      else {
        for (const { staffId, staffName, method, until, client } of sessions) {
          const names = `${showSafely(staffName)} (${showSafely(staffId)})`;
          process.stdout.write(`${names}  ${authenticationTexts[language].methods[method]}  ${clockTime(new Date(until))}  ${showSafely(client)}\n`);
        }
      }
    });
  const end = session
    .command('end')
    .summary(say({ ja: '認証を終える（本日終了）', en: 'end an authentication' }))
    .argument('[STAFF_ID]', say({ ja: 'EHRの職員ID（省略すると全員）', en: 'staff id of the EHR (all where left out)' }))
    .addOption(dataDirOption(context))
    .action(async (staffId: string | undefined, options: { dataDir?: string }) => {
      const command = { command: 'sessions.end' as const, ...(staffId === undefined ? {} : { staffId }) };
      const { ended } = (await askRunningAgent(options.dataDir, command)) as unknown as { readonly ended: number };
      process.stdout.write(say({ ja: `${ended}件の認証を終えました。\n`, en: `${ended} ended.\n` }));
    });
  withExamples(end, context, ['hpki-agent session end', 'hpki-agent session end D0012']);
}
