import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AgentNotRunning, askAgent, ControlFailure } from '../../../../src/agent/control/control-client.ts';
import { startControlServer, type ControlHandler, type ControlServer } from '../../../../src/agent/control/control-server.ts';
import { silentLog } from '../../../../src/agent/log.ts';
import { writePortFile } from '../../../../src/agent/storage/port-file.ts';
import { explainFailure } from '../../../../src/cli/explain-failure.ts';
import { version } from '../../../../src/contract/version.ts';
import { ProblemError } from '../../../../src/contract/problem.ts';

describe('the control socket', () => {
  let folder: string;
  let socket: string;
  let server: ControlServer | undefined;
  const agent = () => ({ controlSocket: socket, portFile: path.join(folder, 'port.json') });
  const start = async (handle: ControlHandler): Promise<void> => {
    server = await startControlServer({ socket, handle, log: silentLog });
  };

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'hpki-control-'));
    socket = path.join(folder, 'control.sock');
  });
  afterEach(async () => {
    await server?.close();
    server = undefined;
    rmSync(folder, { recursive: true });
  });

  it('answers a command and passes its events on before', async () => {
    await start((command, emit) => {
      emit({ step: 1 });
      return Promise.resolve({ asked: command.command });
    });
    const events: unknown[] = [];
    expect(await askAgent(agent(), { command: 'status' }, (event) => events.push(event))).toEqual({ asked: 'status' });
    expect(events).toEqual([{ step: 1 }]);
  });

  it.each([
    ['0.0.9', 'is asked nothing'],
    [version, 'is asked'],
  ])('of an agent of version %s %s, and whoever asks is told to start it again', async (running, what) => {
    const asked: string[] = [];
    await start(({ command }) => {
      asked.push(command);
      return Promise.resolve('done');
    });
    await writePortFile(agent().portFile, { port: 17090, pid: 1, instance: 'i', publicKey: 'k', version: running });
    const answer = await askAgent(agent(), { command: 'status' }).catch((error: unknown) => explainFailure(error).text);
    if (what === 'is asked') expect([answer, asked]).toEqual(['done', ['status']]);
    else {
      expect(asked).toEqual([]);
      expect(answer).toMatchObject({ ja: expect.stringMatching(/別の版（0\.0\.9）.*起動し直して/) as string, en: expect.stringMatching(/another version \(0\.0\.9\).*start it again/) as string });
    }
  });

  it('of an agent that was killed is no other version that runs', async () => {
    await writePortFile(agent().portFile, { port: 17090, pid: 1, instance: 'i', publicKey: 'k', version: '0.0.9' });
    await expect(askAgent(agent(), { command: 'status' })).rejects.toBeInstanceOf(AgentNotRunning);
  });

  it('is closed to other users', async () => {
    await start(() => Promise.resolve(null));
    expect(statSync(socket).mode & 0o077).toBe(0);
  });

  it('takes the place of a socket that a killed agent left', async () => {
    writeFileSync(socket, '');
    await start(() => Promise.resolve('alive'));
    expect(await askAgent(agent(), { command: 'status' })).toBe('alive');
  });

  it('says that no agent is running where nobody listens', async () => {
    await expect(askAgent(agent(), { command: 'status' })).rejects.toBeInstanceOf(AgentNotRunning);
  });

  it.each<[string, (connection: Socket) => void]>([
    ['ends every connection', (connection) => connection.resume().end()],
    ['breaks every connection off', (connection) => connection.destroy()],
    ['ends once it has heard the command', (connection) => connection.resume().once('data', () => connection.end())],
    ['breaks off with the command unread', (connection) => setTimeout(() => connection.destroy(), 5)],
  ])('says that the agent ended where it %s, each time', async (_what, meet) => {
    const ending = createServer({ pauseOnConnect: true }, (connection) => meet(connection.on('error', () => undefined))).listen(socket);
    await once(ending, 'listening');
    try {
      for (let time = 0; time < 50; time += 1) await expect(askAgent(agent(), { command: 'status' })).rejects.toBeInstanceOf(AgentNotRunning);
    } finally {
      ending.close();
    }
  });

  it('gives a problem with its remedy, and an unforeseen error without its message', async () => {
    let failure: Error = new ProblemError({ code: 'STORAGE_FAILED', detail: null });
    await start(() => Promise.reject(failure));
    const first = await askAgent(agent(), { command: 'status' }).catch((error: unknown) => error);
    expect(first).toBeInstanceOf(ControlFailure);
    expect((first as ControlFailure).text.en).toContain('Check free disk space');
    failure = new Error('patient 山田太郎');
    const second = await askAgent(agent(), { command: 'status' }).catch((error: unknown) => error);
    expect(second).toMatchObject({ code: 'INTERNAL' });
    expect(JSON.stringify((second as ControlFailure).text)).not.toContain('山田');
  });

  it('tells the handler when the other side hangs up', async () => {
    const hungUp = new Promise<void>((resolve) => {
      void start((_command, emit, signal) => {
        signal.addEventListener('abort', () => resolve());
        emit('begun');
        return new Promise(() => undefined);
      }).then(() => {
        const connection = connect(socket, () => connection.write('{"command":"pairing.open"}\n'));
        connection.once('data', () => connection.destroy());
      });
    });
    await hungUp;
  });

  it.each(['not json\n', '{"command":"format.disk"}\n', '{"command":"status","extra":1}\n'])('refuses %j without carrying anything out', async (line) => {
    let carriedOut = 0;
    await start(() => {
      carriedOut += 1;
      return Promise.resolve(null);
    });
    const answer = await new Promise<string>((resolve) => {
      const connection = connect(socket, () => connection.write(line));
      connection.setEncoding('utf8').once('data', resolve);
    });
    expect(JSON.parse(answer)).toMatchObject({ kind: 'failed' });
    expect(carriedOut).toBe(0);
  });
});
