import type { ControlCommand, Json } from '../agent/control/control-protocol.ts';

/** One command to the running agent of this user. Throws AgentNotRunning, OtherVersionRuns or ControlFailure. */
export async function askRunningAgent(
  dataRoot: string | undefined,
  command: ControlCommand,
  onEvent?: (event: Json) => void,
): Promise<Json> {
  const { askAgent } = await import('../agent/control/control-client.ts');
  const { dataDirectory, defaultDataRoot } = await import('../agent/storage/data-directory.ts');
  return askAgent(dataDirectory(dataRoot ?? defaultDataRoot()), command, onEvent);
}
