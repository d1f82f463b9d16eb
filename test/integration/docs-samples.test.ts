/** The samples of docs/ehr against a running agent, each in its own process as an EHR maker would try it. */
import { createServer, type Server } from 'node:http';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { projectRoot, runCommand, runProgram, startCommand, type CommandEnd, type RunningCommand } from '../support/command-line.ts';
import { freePort } from '../support/free-port.ts';
import { describeWith, programPath } from '../support/machine.ts';

const samples = path.join(projectRoot, 'docs', 'ehr', 'samples');
const csv = path.join(projectRoot, 'test', 'fixtures', 'csv', 'prescription.csv');

// Each test starts processes, on machines that are shared.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

let folder: string;
let agent: RunningCommand;
let port: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hpki-samples-'));
  agent = startCommand(['sandbox', 'agent', '--yes', '--port', '0']);
  port = (await agent.seen(/http:\/\/127\.0\.0\.1:(\d+)/))[1] ?? '';
});
afterAll(async () => {
  await agent.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Pairs as a person does: reads the code at the agent and types it into the EHR. */
async function pairWith(program: readonly string[], env: Readonly<Record<string, string>>): Promise<CommandEnd> {
  const from = agent.out.length;
  // The first pairing closes it; a person opens it again.
  process.kill(agent.pid, 'SIGHUP');
  const ehr = startCommand(['pair'], { program, env });
  const [, code] = await agent.seen(/確認番号: (\d{6})/, from);
  ehr.type(`${code}\n`);
  return ehr.ended;
}

/** Another program that has taken the port: it answers like an agent but cannot sign the nonce. */
async function foreignServer(): Promise<{ readonly server: Server; readonly port: number; readonly asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url?.split('?')[0]}`);
    const signature = Buffer.alloc(64, 1).toString('base64');
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ name: 'hpki-agent', instance: 'foreign', signature }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port, asked };
}

function sampleSuite(name: string, program: readonly string[]): void {
  describe(name, () => {
    const env = (): Record<string, string> => ({ HPKI_AGENT_PORT: port, EHR_KEPT_FILE: path.join(folder, `kept-${name}`), LC_ALL: 'C.UTF-8' });
    const sign = (xml: string, more: Readonly<Record<string, string>> = {}): Promise<CommandEnd> =>
      runCommand(['sign', csv, xml], { program, env: { ...env(), ...more } });

    it('pairs with the code that a person reads at the agent, and keeps the token to itself', async () => {
      const end = await pairWith(program, env());
      expect({ code: end.code, out: end.out }).toEqual({ code: 0, out: '' });
    });

    it('has a prescription signed, which verifies', async () => {
      const xml = path.join(folder, `${name}.xml`);
      const end = await sign(xml);
      expect({ code: end.code, err: end.err }).toEqual({ code: 0, err: '' });
      // Nobody has told `verify` of the sandbox's root: everything but the path is decided.
      const verdict = await runCommand(['verify', xml, '--json', '--data-dir', path.join(folder, 'nobody')]);
      const report = JSON.parse(verdict.out) as { verdict: string; signer: { role: string }; checks: { id: string; verdict: string }[] };
      expect(verdict.code).toBe(2);
      expect(report.signer.role).toBe('Medical Doctor');
      expect(report.checks.filter((check) => check.verdict === 'INVALID')).toEqual([]);
    });

    it('refuses another program on the port before it sends a patient\'s data', async () => {
      const foreign = await foreignServer();
      const end = await sign(path.join(folder, 'foreign.xml'), { HPKI_AGENT_PORT: String(foreign.port) });
      foreign.server.close();
      expect(end.code).not.toBe(0);
      expect(end.err).toContain('別のプログラムがポートを使っています');
      expect(foreign.asked).toEqual(['GET /health']);
    });

    it('says how it is used', async () => {
      expect((await runCommand([], { program })).code).toBe(64);
    });
  });
}

sampleSuite('sign.mjs', [process.execPath, path.join(samples, 'sign.mjs')]);
describeWith(['bash', 'curl', 'openssl', 'sha256sum'], 'with curl', () => {
  sampleSuite('sign.sh', ['bash', path.join(samples, 'sign.sh')]);
});

/**
 * The page sees what the browser lets it see. Over http, because a certificate that the browser trusts would have to be
 * installed: a page is made secure by a flag, and put into the public address space by another, as an EHR in the cloud
 * is. `prompt` cannot be shown: a browser without a window answers the question itself, with no.
 */
describeWith(['chromium'], 'browser-check.js in Chromium', () => {
  let server: Server;
  let web: number;
  beforeAll(async () => {
    const script = (await readFile(path.join(samples, 'browser-check.js'), 'utf8')).replace('export async function', 'async function');
    server = createServer((request, response) => {
      const ports = new URL(request.url ?? '/', 'http://localhost').searchParams.get('ports') ?? '';
      response.setHeader('content-type', 'text/html; charset=utf-8');
      response.end(`<!doctype html><title>EHR</title><body><script>${script};checkAgent([${ports}]).then((state) => { document.body.textContent = 'state=' + state; });</script>`);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    web = (server.address() as AddressInfo).port;
  });
  afterAll(() => void server.close());

  async function stateOn(host: string, ports: string, flags: readonly string[] = []): Promise<string | undefined> {
    const profile = await mkdtemp(path.join(folder, 'chromium-'));
    const end = await runProgram(programPath('chromium'), [
      '--headless=new', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', `--user-data-dir=${profile}`,
      '--host-resolver-rules=MAP ehr.example.jp 127.0.0.1', '--virtual-time-budget=10000', ...flags, '--dump-dom', `http://${host}:${web}/?ports=${ports}`,
    ]);
    return /state=(\w+)/.exec(end.out)?.[1];
  }

  it('finds the running agent, also behind a port that nobody answers on', async () => {
    expect(await stateOn('localhost', `${await freePort()},${port}`)).toBe('ready');
  }, 60_000);

  it('tells that the agent is not running', async () => {
    expect(await stateOn('localhost', String(await freePort()))).toBe('not_running');
  }, 60_000);

  it('tells a page over http from the hospital\'s network that no setting will help it', async () => {
    expect(await stateOn('ehr.example.jp', port)).toBe('insecure_page');
  }, 60_000);

  it('tells that the permission was refused, on a page from outside', async () => {
    const flags = [`--ip-address-space-overrides=127.0.0.1:${web}=public`, `--unsafely-treat-insecure-origin-as-secure=http://ehr.example.jp:${web}`];
    expect(await stateOn('ehr.example.jp', port, flags)).toBe('denied');
  }, 60_000);
});

describe('the browser policies', () => {
  it('allow one and the same example Origin', async () => {
    const folderOfPolicies = path.join(projectRoot, 'docs', 'admin', 'policies');
    for (const file of ['chrome.json', 'chrome.reg', 'edge.reg', 'chrome.plist']) {
      const text = await readFile(path.join(folderOfPolicies, file), 'utf8');
      expect(text).toContain('LoopbackNetworkAllowedForUrls');
      expect(text).toContain('https://ehr.example.jp');
    }
    await expect(writeFile(path.join(folder, 'parsed'), JSON.stringify(JSON.parse(await readFile(path.join(folderOfPolicies, 'chrome.json'), 'utf8'))))).resolves.toBeUndefined();
  });
});
