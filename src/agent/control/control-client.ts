import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { version } from '../../contract/version.ts';
import type { DataDirectory } from '../storage/data-directory.ts';
import { readPortFile } from '../storage/port-file.ts';
import { controlMessage, type ControlCommand, type Json } from './control-protocol.ts';

/** The agent answered with a failure; texts are the agent's own. */
export class ControlFailure extends Error {
  override readonly name = 'ControlFailure';
  readonly code: string;
  readonly text: { readonly ja: string; readonly en: string };

  constructor(code: string, text: { readonly ja: string; readonly en: string }) {
    super(code);
    this.code = code;
    this.text = text;
  }
}

/** No agent of this user is running. */
export class AgentNotRunning extends Error {
  override readonly name = 'AgentNotRunning';
}

/** The program was updated, and the agent that runs is still the one of before, or the other way round. */
export class OtherVersionRuns extends Error {
  override readonly name = 'OtherVersionRuns';
  readonly text: ControlFailure['text'];

  constructor(running: string) {
    super(`version ${running} is running`);
    this.text = {
      ja: `起動中のエージェントは別の版（${running}）です。このプログラムは ${version} です。コマンドは実行していません。エージェントを終了して起動し直してから、もう一度実行してください。終了できないときは、OSからログオフしてログオンし直してください。`,
      en: `The agent that is running is another version (${running}); this program is ${version}. The command was not carried out. End the agent, start it again, and repeat the command. Where it cannot be ended, log off from the system and on again.`,
    };
  }
}

/**
 * Sends one command to the running agent and resolves with its result. Another version is asked nothing: what it does and
 * answers may mean something else. Throws {@link ControlFailure}, {@link AgentNotRunning} or {@link OtherVersionRuns}.
 */
export async function askAgent(
  { controlSocket, portFile }: Pick<DataDirectory, 'controlSocket' | 'portFile'>,
  command: ControlCommand,
  onEvent: (event: Json) => void = () => undefined,
): Promise<Json> {
  // Before the connection: what comes over it, its end too, is heard only by who listens by then. An agent whose file is not
  // there or cannot be read is taken for one of this version, because it writes the file last and removes it first.
  const running = (await readPortFile(portFile))?.version ?? version;
  const connection = connect(controlSocket);
  await new Promise<void>((resolve, reject) => {
    connection.once('connect', resolve);
    connection.once('error', (error) => reject(new AgentNotRunning('no agent answers', { cause: error })));
  });
  try {
    if (running !== version) throw new OtherVersionRuns(running);
    connection.write(`${JSON.stringify(command)}\n`);
    for await (const line of createInterface({ input: connection })) {
      const message = controlMessage.parse(JSON.parse(line));
      if (message.kind === 'event') onEvent(message.event);
      else if (message.kind === 'done') return message.result;
      else throw new ControlFailure(message.code, { ja: message.ja, en: message.en });
    }
    throw new AgentNotRunning('the agent ended before it answered');
  } catch (error) {
    throw error === connection.errored ? new AgentNotRunning('the agent ended before it answered', { cause: error }) : error;
  } finally {
    connection.destroy();
  }
}
