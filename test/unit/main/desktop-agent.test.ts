/** The log-off while no agent runs: what an earlier run has sealed is gone at once, and an agent that still comes up is logged off. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Agent } from '../../../src/agent/agent.ts';
import { DesktopAgent } from '../../../src/main/desktop-agent.ts';

let folder: string;
let tokenFile: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'hpki-log-off-'));
  tokenFile = path.join(folder, 'tokens.json');
  writeFileSync(tokenFile, '{}');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function setUp() {
  const seen: string[] = [];
  const running = {
    desktop: { subscribe: () => () => undefined, loggedOff: () => Promise.resolve(void seen.push('logged off')) },
    close: () => Promise.resolve(void seen.push('closed')),
  } as unknown as Agent;
  const starting = Promise.withResolvers<Agent>();
  // What is shown of it is not looked at here, and the played agent has nothing to show.
  const agent = new DesktopAgent({ start: () => starting.promise, tokenFile, isAsking: () => false, notices: () => [], onChange: () => undefined });
  agent.view = () => ({}) as never;
  return { agent, running, starting, seen };
}

it('leaves no sealed token while the agent starts, and logs it off once it is there', async () => {
  const { agent, running, starting, seen } = setUp();
  const started = agent.start();
  const left = agent.loggedOff();
  expect(existsSync(tokenFile)).toBe(false);
  await left;
  starting.resolve(running);
  await started;
  expect(seen).toEqual(['logged off']);
});

it('leaves no sealed token while the agent cannot start', async () => {
  const { agent, starting } = setUp();
  starting.reject(new Error('no free port'));
  await agent.start();
  void agent.loggedOff();
  expect(existsSync(tokenFile)).toBe(false);
  await agent.close();
});

it('logs an agent off, too, that comes up after the desktop has closed', async () => {
  const { agent, running, starting, seen } = setUp();
  const started = agent.start();
  await agent.loggedOff();
  await agent.close();
  starting.resolve(running);
  await started;
  expect(seen).toEqual(['logged off', 'closed']);
});

it('is not kept from leaving by a file that cannot be removed', async () => {
  const { agent } = setUp();
  rmSync(tokenFile);
  // As a folder it cannot be removed like a file.
  mkdirSync(tokenFile);
  await expect(agent.loggedOff()).resolves.toBeUndefined();
});

it('has a running agent log off, which removes them itself', async () => {
  const { agent, running, starting, seen } = setUp();
  starting.resolve(running);
  await agent.start();
  void agent.loggedOff();
  expect(seen).toEqual(['logged off']);
});
