import { connect } from 'node:net';
import { createInterface } from 'node:readline';
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

/** Sends one command to the running agent and resolves with its result. Throws {@link ControlFailure} or {@link AgentNotRunning}. */
export async function askAgent(
  socket: string,
  command: ControlCommand,
  onEvent: (event: Json) => void = () => undefined,
): Promise<Json> {
  const connection = connect(socket);
  await new Promise<void>((resolve, reject) => {
    connection.once('connect', resolve);
    connection.once('error', (error) => reject(new AgentNotRunning('no agent answers', { cause: error })));
  });
  try {
    connection.write(`${JSON.stringify(command)}\n`);
    for await (const line of createInterface({ input: connection })) {
      const message = controlMessage.parse(JSON.parse(line));
      if (message.kind === 'event') onEvent(message.event);
      else if (message.kind === 'done') return message.result;
      else throw new ControlFailure(message.code, { ja: message.ja, en: message.en });
    }
    throw new AgentNotRunning('the agent ended before it answered');
  } finally {
    connection.destroy();
  }
}
