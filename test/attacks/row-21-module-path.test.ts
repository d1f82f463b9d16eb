/**
 * Row 21: a module path as input (CVE-2023-38408: ssh-agent loaded the PKCS#11 module that its caller named, and ran its
 * code). A module sees every PIN. Here its path comes from machine policy alone: the API has no field for it, a user's
 * settings may not set it, a relative path is no path, and what is loaded is an absolute path of a regular file.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveConfig } from '../../src/agent/config/resolve.ts';
import { createMemoryPinLedger } from '../../src/native/host/pin-ledger.ts';
import { startCardHost } from '../../src/native/host/process-card-host.ts';
import { projectRoot, runCommand } from '../support/command-line.ts';
import { describeWith } from '../support/machine.ts';
import { until } from '../support/running-api.ts';
import { codeOf, prescription, RunningAgent, staff } from '../support/running-agent.ts';
import { TestClinic } from '../support/test-clinic.ts';

let clinic: TestClinic;
let running: RunningAgent;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'hpki-planted-'));
  clinic = await TestClinic.open();
  running = await RunningAgent.start({ clinic });
});
afterAll(async () => {
  await running.close();
  rmSync(folder, { recursive: true });
});

const library = '/tmp/evil.so';

describe('the API', () => {
  const fields = ['module', 'modulePath', 'pkcs11', 'pkcs11Module', 'library', 'libraryPath', 'provider', 'path', 'driver', 'dll', 'slot', 'reader', '__proto__', 'constructor'];
  it.each(fields)('has no field %s: 400, and nothing was asked or loaded', async (field) => {
    const extra = `"${field}": ${JSON.stringify(library)}`;
    const document = JSON.stringify(prescription());
    const bodies = [
      `{"staff": ${JSON.stringify(staff)}, "documents": [${document}], ${extra}}`,
      `{"staff": {"id": "D1", "name": "x", ${extra}}, "documents": [${document}]}`,
      `{"staff": ${JSON.stringify(staff)}, "documents": [${document.slice(0, -1)}, ${extra}}]}`,
    ];
    for (const body of bodies) {
      const answer = await running.ask('/v1/signatures', { method: 'POST', headers: { 'idempotency-key': 'k' }, body });
      expect([answer.status, codeOf(answer)]).toEqual([400, 'REQUEST_INVALID']);
    }
    expect(running.person.shown).toEqual([]);
  });

  it('takes none as a header, in the query, as a method or as a staff id', async () => {
    const body = JSON.stringify({ staff, documents: [prescription()], method: library });
    expect((await running.ask('/v1/signatures', { method: 'POST', headers: { 'idempotency-key': 'k' }, body })).status).toBe(400);
    const { text } = await running.ask(`/v1/status?module=${library}`, { headers: { 'x-module': library, 'x-pkcs11': library } });
    expect(text).not.toContain(library);
    const { paths } = (await running.ask('/openapi.json')).json as { paths: Record<string, Record<string, { requestBody?: unknown; parameters?: unknown }>> };
    const inputs = Object.values(paths).flatMap((methods) => Object.values(methods).map(({ requestBody, parameters }) => [requestBody, parameters]));
    expect(JSON.stringify(inputs)).toContain('"csv"');
    expect(JSON.stringify(inputs)).not.toMatch(/module|pkcs11|library|dll/i);
  });
});

describe('settings of a user', () => {
  it.each([
    { cards: { modules: [{ path: library }] } },
    { cards: { direct: false, modules: [{ path: library }] } },
    { 'cards.modules': [{ path: library }] },
    { trust: { anchors: [library] } },
    { clients: [{ name: 'x', native: true, tokenSha256: 'ab'.repeat(32) }] },
  ])('cannot set what is trusted: %j', (settings) => {
    const config = resolveConfig(undefined, { language: 'en', ...settings });
    expect(config.settings.cards.modules).toEqual([]);
    expect(config.settings.trust.anchors).toEqual([]);
    expect(config.settings.clients).toEqual([]);
    expect(config.problems).toMatchObject([{ source: 'user' }]);
  });

  it('that name a module are ignored by the program itself, which says so', async () => {
    writeFileSync(path.join(folder, 'settings.json'), JSON.stringify({ cards: { modules: [{ path: library }] } }));
    const { out } = await runCommand(['config', 'show', '--json', '--data-dir', folder]);
    const shown = JSON.parse(out) as { settings: { path: string; value: unknown }[]; problems: { path: string; source: string }[] };
    expect(shown.settings.find((setting) => setting.path === 'cards.modules')?.value).toEqual([]);
    expect(shown.problems).toMatchObject([{ source: 'user', path: 'cards' }]);
  });
});

describe('a policy', () => {
  it.each(['evil.so', './evil.so', '../evil.so', 'C:evil.dll', ''])('with the relative path %j is refused and names the place', (relative) => {
    const { settings, problems } = resolveConfig({ cards: { modules: [{ path: relative }] } }, undefined);
    expect(settings.cards.modules).toEqual([]);
    expect(problems).toMatchObject([{ source: 'policy', path: 'cards.modules.0.path' }]);
  });

  it.each(['/usr/lib/vendor.so', 'C:\\Windows\\System32\\HpkiSigP11_MPKCS11H.dll'])('with the absolute path %j is taken', (absolute) => {
    expect(resolveConfig({ cards: { modules: [{ path: absolute }] } }, undefined).settings.cards.modules).toMatchObject([{ path: absolute }]);
  });
});

describeWith(['gcc'], 'a library that leaves a trace when it is loaded', () => {
  const planted = (): string => path.join(folder, 'planted.so');
  const trace = (): string => path.join(folder, 'was-loaded');
  beforeAll(() => {
    const source = path.join(folder, 'planted.c');
    writeFileSync(source, `#include <stdio.h>\n__attribute__((constructor)) static void loaded(void) { FILE *f = fopen("${trace()}", "w"); if (f) fclose(f); }\n`);
    execFileSync('gcc', ['-shared', '-fPIC', '-o', planted(), source]);
  });

  it.each<[string, () => string]>([
    ['by a relative path', () => path.relative(process.cwd(), planted())],
    ['by its bare name', () => 'planted.so'],
    ['as a folder', () => folder],
    ['that is not there', () => path.join(folder, 'none.so')],
    ['that is no library', () => path.join(folder, 'planted.c')],
  ])('is not loaded %s: the card host says CARD_MODULE_FAILED', async (_how, modulePath) => {
    const host = startCardHost({
      stack: { kind: 'pkcs11', module: { path: modulePath(), environment: { LD_LIBRARY_PATH: folder } } },
      ledger: createMemoryPinLedger(),
    });
    await until(() => !host.isStarting(), 'the host has tried', 20_000);
    expect(host.state()).toMatchObject({ service: 'unavailable', code: 'CARD_MODULE_FAILED' });
    await host.close();
    expect(existsSync(trace())).toBe(false);
  });

  it('is not loaded by any command of the program that reads a planted settings file', async () => {
    writeFileSync(path.join(folder, 'settings.json'), JSON.stringify({ cards: { direct: false, modules: [{ path: planted() }] } }));
    for (const command of [['doctor', '--json'], ['readers']]) {
      const end = await runCommand([...command, '--data-dir', folder], { cwd: folder, program: [process.execPath, path.join(projectRoot, 'src', 'cli', 'development.ts')] });
      expect(end.out + end.err).not.toContain('planted.so');
    }
    expect(existsSync(trace())).toBe(false);
  }, 60_000);

  it('would have left its trace: by an absolute path it is loaded, and found to be no PKCS#11 module', async () => {
    const host = startCardHost({ stack: { kind: 'pkcs11', module: { path: planted() } }, ledger: createMemoryPinLedger() });
    await until(() => !host.isStarting(), 'the host has tried', 20_000);
    expect(host.state()).toMatchObject({ service: 'unavailable', code: 'CARD_MODULE_FAILED' });
    await host.close();
    expect(existsSync(trace())).toBe(true);
  });
});
