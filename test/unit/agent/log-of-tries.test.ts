/** A desktop tries to start its agent every half a minute: each cause is in the log once, and its end. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { fault, type Log, type LogFields } from '../../../src/agent/log.ts';
import { LogOfTries } from '../../../src/agent/log-of-tries.ts';
import { startSandboxAgent } from '../../../src/cli/sandbox/start-sandbox-agent.ts';
import { openSandboxClinic } from '../../../src/sandbox/sandbox-clinic.ts';
import { PlayedPerson } from './signing/played-person.ts';

let lines: { readonly event: string; readonly fields: LogFields | undefined }[];
let tries: LogOfTries;
beforeEach(() => {
  lines = [];
  tries = new LogOfTries();
});
const write = (event: string, fields?: LogFields): void => void lines.push({ event, fields });
const log: Log = { info: write, warn: write, error: write };

/** What the tries say, one after the other. */
function said(...causes: readonly Error[]): readonly string[] {
  for (const cause of causes) tries.over(log).error('agent.not_started', { fault: fault(cause) });
  return lines.map(({ fields }) => String(fields?.['fault']).split(' ')[0] ?? '');
}

it('says each cause once, and again when it comes back after another one', () => {
  expect(said(new TypeError('1'), new TypeError('2'), new RangeError('3'), new RangeError('4'), new TypeError('5'))).toEqual(['TypeError', 'RangeError', 'TypeError']);
});

/** As the system throws it: `code` beside a message that no log takes. */
const system = (code: string, frames: readonly string[] = []): Error =>
  Object.assign(new Error('cannot write'), { code, stack: ['Error: cannot write', ...frames.map((frame) => `    at ${frame}`)].join('\n') });
const from = (cause: Error, frames: readonly string[]): Error => {
  const error = new Error('', { cause });
  error.stack = ['Error', ...frames.map((frame) => `    at ${frame}`)].join('\n');
  return error;
};

it('takes one cause for the same whatever waited for it, and another cause for news', () => {
  const [open, write, async] = ['open (node:fs:1:2)', 'Log "main".write (file:///opt/a | b/log.js:3:4)', 'async start (file:///opt/agent.js:5:6)'];
  said(
    from(system('ENOSPC', [open, write, async]), [write, async, open]),
    from(system('ENOSPC', [open]), [async]),
    from(system('ENOSPC'), []),
    from(system('EROFS'), []),
    from(system('EROFS', [write, open]), [open, write]),
    from(system('ENOSPC', [open, write]), [open]),
  );
  expect(lines.map(({ fields }) => /[A-Z]{5,6}/.exec(String(fields?.['fault']))?.[0])).toEqual(['ENOSPC', 'EROFS', 'ENOSPC']);
});

it('says all that happens in one try, and everything once the agent runs', () => {
  const first = tries.over(log);
  first.warn('config.problem', { fromPolicy: true });
  first.warn('config.problem', { fromPolicy: true });
  const second = tries.over(log);
  second.warn('config.problem', { fromPolicy: true });
  second.warn('token.no_key_store');
  expect(lines.map(({ event }) => event)).toEqual(['config.problem', 'config.problem', 'token.no_key_store']);
  tries.started();
  second.warn('token.no_key_store');
  second.warn('config.problem', { fromPolicy: true });
  expect(lines).toHaveLength(5);
});

it('names the taken ports and the program that holds them once, and says when the agent listens', async () => {
  const squatter = createServer().listen(0, '127.0.0.1');
  await once(squatter, 'listening');
  const { port } = squatter.address() as AddressInfo;
  const clinic = await openSandboxClinic();
  const start = (...ports: readonly number[]) => startSandboxAgent({ clinic, prompts: new PlayedPerson(), ports, log: tries.over(log) });
  try {
    await expect(start(port)).rejects.toMatchObject({ ports: [port] });
    await expect(start(port)).rejects.toMatchObject({ ports: [port] });
    expect(lines.map(({ event }) => event)).toEqual(['agent.not_started']);
    expect(lines[0]?.fields).toMatchObject({ ports: String(port), heldBy: path.basename(process.execPath) });
    squatter.close();
    await once(squatter, 'close');
    // Somebody else may have got it meanwhile.
    const agent = await start(port, 0);
    expect(lines.map(({ event }) => event)).toEqual(['agent.not_started', 'api.listening']);
    await agent.close();
  } finally {
    squatter.close();
  }
});

it('names the code of what a person is told of', async () => {
  const root = mkdtempSync(path.join(tmpdir(), 'hpki-tries-'));
  const clinic = await openSandboxClinic();
  const start = () => startSandboxAgent({ clinic, prompts: new PlayedPerson(), ports: [0], root, log: tries.over(log) });
  const running = await start();
  try {
    await expect(start()).rejects.toMatchObject({ problem: { code: 'STORAGE_FAILED' } });
    expect(lines.at(-1)).toMatchObject({ event: 'agent.not_started', fields: { code: 'STORAGE_FAILED', fault: expect.stringContaining('ELOCKED') as string } });
  } finally {
    await running.close();
    rmSync(root, { recursive: true, force: true });
  }
});
