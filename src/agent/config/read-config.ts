import { dataDirectory, defaultDataRoot, readUserSettings, type DataDirectory } from '../storage/data-directory.ts';
import { readMachinePolicy, type MachinePolicy } from './machine-policy.ts';
import { resolveConfig, type ResolvedConfig } from './resolve.ts';

/** Where machine policy comes from. Specs bring their own; a production build has {@link readMachinePolicy} alone. */
export type ReadPolicy = () => Promise<MachinePolicy>;

/** Machine policy and the user's settings as they stand now. */
export async function readConfig(
  dataRoot: string = defaultDataRoot(),
  readPolicy: ReadPolicy = readMachinePolicy,
): Promise<{ readonly data: DataDirectory; readonly policy: MachinePolicy; readonly config: ResolvedConfig }> {
  const data = dataDirectory(dataRoot);
  const policy = await readPolicy();
  return { data, policy, config: resolveConfig(policy.state === 'read' ? policy.content : undefined, await readUserSettings(data)) };
}
