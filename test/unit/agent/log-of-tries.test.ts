/** A desktop tries to start its agent every half a minute: each cause is in the log once, and its end. */
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
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
  second.warn('token.no_key_store');
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
    expect(lines[0]?.fields).toMatchObject({ ports: String(port), heldBy: process.execPath });
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
