import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { problemText } from '../../contract/problem-text.ts';
import { ProblemError } from '../../contract/problem.ts';
import { code, fault, type Log } from '../log.ts';
import { controlCommand, maxControlLine, type ControlCommand, type ControlMessage, type Json } from './control-protocol.ts';

/** Carries a command out. `emit` sends progress; `signal` aborts when the other side hangs up. */
export type ControlHandler = (command: ControlCommand, emit: (event: Json) => void, signal: AbortSignal) => Promise<Json>;

export interface ControlServer {
  close(): Promise<void>;
}

export async function startControlServer(options: {
  readonly socket: string;
  readonly handle: ControlHandler;
  readonly log: Log;
}): Promise<ControlServer> {
  const { socket, handle, log } = options;
  // A socket file left by a killed agent. That no other agent runs is settled before, by the audit log's lock.
  if (process.platform !== 'win32') rmSync(socket, { force: true });
  const connections = new Set<Socket>();
  const server = createServer((connection) => {
    connections.add(connection);
    connection.on('close', () => connections.delete(connection));
    connection.on('error', () => connection.destroy());
    void answerOne(connection, handle, log);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socket, resolve);
  });
  if (process.platform !== 'win32') chmodSync(socket, 0o600);
  return {
    close: () =>
      new Promise((resolve) => {
        for (const connection of connections) connection.destroy();
        server.close(() => resolve());
      }),
  };
}

async function answerOne(connection: Socket, handle: ControlHandler, log: Log): Promise<void> {
  const hangUp = new AbortController();
  connection.on('close', () => hangUp.abort());
  const send = (message: ControlMessage): void => {
    if (!connection.destroyed) connection.write(`${JSON.stringify(message)}\n`);
  };
  try {
    const command = readCommand(await readLine(connection));
    log.info('control', { command: code(command.command) });
    const result = await handle(command, (event) => send({ kind: 'event', event }), hangUp.signal);
    send({ kind: 'done', result });
  } catch (error) {
    send(failureOf(error, log));
  } finally {
    connection.end();
  }
}

/** Throws REQUEST_INVALID with the field's name, never with its content. */
function readCommand(line: string): ControlCommand {
  const { data, error } = controlCommand.safeParse(JSON.parse(line));
  if (data !== undefined) return data;
  const fields = [...new Set(error.issues.map(({ path }) => path.join('.')))].join(', ');
  throw new ProblemError({ code: 'REQUEST_INVALID', detail: { ja: `使えない値: ${fields}`, en: `Cannot be used: ${fields}` } });
}

function failureOf(error: unknown, log: Log): ControlMessage {
  if (error instanceof ProblemError) {
    const { problem } = error;
    return { kind: 'failed', code: problem.code, ja: problemText(problem, 'ja'), en: problemText(problem, 'en') };
  }
  log.error('control.failed', { fault: fault(error) });
  const internal = { code: 'INTERNAL', detail: null } as const;
  return { kind: 'failed', code: 'INTERNAL', ja: problemText(internal, 'ja'), en: problemText(internal, 'en') };
}

function readLine(connection: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    connection.on('data', (chunk: Buffer) => {
      size += chunk.length;
      const end = chunk.indexOf(0x0a);
      if (size > maxControlLine) reject(new Error('control line too long'));
      chunks.push(end < 0 ? chunk : chunk.subarray(0, end));
      if (end >= 0) resolve(Buffer.concat(chunks).toString('utf8'));
    });
    connection.on('close', () => reject(new Error('closed before a command came')));
  });
}
