/** `hpki-agent sign FILE` beside a running agent: the person at the terminal is the caller, the agent asks for the PIN. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { sampleDispensingCsv } from '../../src/sandbox/samples/dispensing.ts';
import { samplePrescriptionCsv } from '../../src/sandbox/samples/prescription.ts';
import { runCommand, type CommandEnd } from '../support/command-line.ts';
import { firstReader, RunningAgent } from '../support/running-agent.ts';
import { until } from '../support/running-api.ts';
import { TestClinic, type ClinicPerson } from '../support/test-clinic.ts';

let clinic: TestClinic;
let agent: RunningAgent;
let folder: string;
beforeAll(async () => {
  clinic = await TestClinic.open();
  agent = await RunningAgent.start({ clinic, inserted: null });
  folder = mkdtempSync(path.join(tmpdir(), 'hpki-sign-'));
  writeFileSync(at('rx.csv'), samplePrescriptionCsv());
  writeFileSync(at('dx.csv'), sampleDispensingCsv());
});
afterAll(async () => {
  await agent.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => agent.person.shown.splice(0));

const at = (name: string): string => path.join(folder, name);

async function signAs(who: Extract<ClinicPerson, 'doctor' | 'pharmacist'>, ...args: readonly string[]): Promise<CommandEnd> {
  agent.readers.remove(firstReader);
  agent.readers.insert(clinic.card(who), firstReader);
  await until(() => agent.cardsReady() > 0, 'the card is read');
  const staff = who === 'doctor' ? ['--staff-id', 'D0012', '--staff-name', '医者 三郎'] : ['--staff-id', 'P0003', '--staff-name', '調剤 花子'];
  return runCommand(['sign', ...args, ...staff, '--data-dir', agent.data.root]);
}

const verify = (...args: readonly string[]): Promise<CommandEnd> => {
  const trust = path.join(agent.data.root, 'trust');
  return runCommand(['verify', ...args, '--trust', path.join(trust, 'trust.pem'), '--chain', trust, '--crl', trust, '--data-dir', agent.data.root]);
};

it('writes the signed prescription for its owner alone, and one that nests it; both are valid', async () => {
  const rx = await signAs('doctor', at('rx.csv'), '--out', at('rx.xml'));
  expect([rx.code, rx.out]).toEqual([0, '']);
  expect(statSync(at('rx.xml')).mode & 0o077).toBe(0);
  expect((await verify(at('rx.xml'))).out).toMatch(/^VALID/);
  const dx = await signAs('pharmacist', at('dx.csv'), '--prescription', at('rx.xml'));
  expect(dx.code).toBe(0);
  writeFileSync(at('dx.xml'), dx.out);
  expect((await verify(at('dx.xml'))).out).toMatch(/^VALID/);
});

it('asks nobody where the output cannot be written', async () => {
  const end = await signAs('doctor', at('rx.csv'), '--out', path.join(folder, 'absent', 'rx.xml'));
  expect(end.code).toBe(64);
  expect(end.err).toContain('書き込む先のフォルダーがありません。');
  expect(agent.person.shown).toEqual([]);
});

it('keeps what was signed when the disk fills up meanwhile', async () => {
  const end = await signAs('doctor', at('rx.csv'), '--out', '/dev/full');
  expect(end.code).toBe(1);
  expect(end.err).toContain('ディスクに空きがありません。空きを作ってください。署名は済んでいます。');
  writeFileSync(at('kept.xml'), end.out);
  expect((await verify(at('kept.xml'))).out).toMatch(/^VALID/);
  expect(readFileSync(at('kept.xml')).length).toBeGreaterThan(1000);
});

it('sends a CSV for the other profession to nobody’s PIN', async () => {
  const end = await signAs('pharmacist', at('rx.csv'));
  expect(end.code).toBe(1);
  expect(end.err).toContain('ROLE_NOT_ALLOWED');
  expect(agent.person.asked('pin')).toBe(0);
});
