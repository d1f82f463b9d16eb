import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { CommandFailure, exitCodes } from './exit.ts';

/** A slip in the name, or a link, would write over the log itself, or over the journal beside it. */
export async function refuseOwnFiles(out: string, dataDir: string | undefined): Promise<void> {
  const { defaultDataRoot } = await import('../agent/storage/data-directory.ts');
  const real = (name: string): Promise<string> => realpath(name).catch(() => path.resolve(name));
  // The file need not be there yet.
  const file = await realpath(out).catch(async () => path.join(await real(path.dirname(out)), path.basename(out)));
  const inside = path.relative(await real(dataDir ?? defaultDataRoot()), file);
  if (inside === '..' || inside.startsWith(`..${path.sep}`) || path.isAbsolute(inside)) return;
  throw new CommandFailure(
    { ja: `エージェントのデータフォルダーの中には書き出せません: ${out}。別の場所を指定してください。`, en: `Nothing is written into the agent's own data folder: ${out}. Give another place.` },
    exitCodes.usage,
  );
}
