/**
 * The program as it is installed, with nothing of the sandbox in it: the built main file under this machine's policy, its
 * window, the PIN by a port from the page to a card host in a utility process, the real pcscd, and a virtual card in it.
 * Over the model of Electron's API, whose utility process is a Node child, and whose ports pass through main.
 */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { sign, verifyDocument, type PairedAgent } from '../../src/sandbox/ehr/ehr-client.ts';
import { samplePrescriptionCsv } from '../../src/sandbox/samples/prescription.ts';
import { connectToVpcd } from '../../src/sandbox/cards/vpcd-connection.ts';
import type { HostedApplication } from '../electron-host/launch.ts';
import { shellControls } from '../electron-host/shell-controls.ts';
import { buildDesktop, type BuiltDesktop } from '../support/built-desktop.ts';
import { cardHostProcesses } from '../support/card-host-processes.ts';
import { describeWith } from '../support/machine.ts';
import { ownEtcNeeds, withOwnEtc } from '../support/own-etc.ts';
import { startPcscd } from '../support/pcscd.ts';
import { TestClinic } from '../support/test-clinic.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });
const patient = { timeout: 60_000 };

const needed = ['chromium', 'pcscd', 'vpcd', 'gcc', 'libpcsclite', ...ownEtcNeeds];
describeWith(needed, 'the installed program with a card', () => {
  const token = randomBytes(32).toString('base64url');
  let clinic: TestClinic;
  let desktop: BuiltDesktop;
  let app: HostedApplication;
  /** Of what has begun, however far that came. */
  const ends: (() => Promise<void>)[] = [];
  const card = () => (doctorsCard ??= clinic.card('doctor'));
  let doctorsCard: ReturnType<TestClinic['card']> | undefined;

  beforeAll(async () => {
    const pcscd = await startPcscd({ readers: 1 });
    ends.unshift(() => pcscd.stop());
    clinic = await TestClinic.open();
    desktop = buildDesktop();
    ends.unshift(() => desktop.remove());
    const etc = path.join(desktop.user, 'etc');
    await mkdir(path.join(etc, 'hpki-agent'), { recursive: true, mode: 0o755 });
    await clinic.writeTrust(path.join(etc, 'hpki-agent/trust'));
    const at = (name: string): string => path.join('/etc/hpki-agent/trust', name);
    const policy = {
      trust: { anchors: [at('trust.pem')], chain: [at('chain.pem')], crlDir: '/etc/hpki-agent/trust' },
      clients: [{ name: '院内カルテ', native: true, tokenSha256: createHash('sha256').update(token).digest('hex') }],
    };
    await writeFile(path.join(etc, 'hpki-agent/policy.json'), JSON.stringify(policy), { mode: 0o644 });
    app = await desktop.startUnder(withOwnEtc(etc));
    const inserted = await connectToVpcd(card(), { port: pcscd.vpcdPorts[0] ?? 0 });
    ends.unshift(() => inserted.remove());
  });
  afterAll(async () => {
    for (const end of ends) await end();
  });

  const portFile = (): string => path.join(desktop.user, 'share/hpki-agent/port.json');
  async function agent(): Promise<PairedAgent> {
    await expect.poll(() => existsSync(portFile()), patient).toBe(true);
    const { port, publicKey } = JSON.parse(readFileSync(portFile(), 'utf8')) as { readonly port: number; readonly publicKey: string };
    return { port, publicKey, token };
  }
  const hosts = (): readonly number[] => cardHostProcesses(app.process().pid);

  /** The doctor at the window: the names once, then the PIN. */
  async function approve(firstUse: boolean): Promise<void> {
    const page = await app.window(/^app:\/\/ui\/signature\//);
    if (firstUse) await page.getByRole('button', { name: '同じ人です' }).click(patient);
    const field = page.locator('#pin');
    await expect.poll(() => field.isEditable().catch(() => false), patient).toBe(true);
    await field.pressSequentially('1234');
    await page.locator('.pin-form button[type=submit]').click();
  }

  async function signOnce(id: string, firstUse: boolean): Promise<void> {
    const paired = await agent();
    const answer = sign(paired, { id: 'D0012', name: '医者 三郎' }, [{ id, type: 'prescription', csv: samplePrescriptionCsv() }], id);
    const [signed] = await Promise.all([answer, approve(firstUse)]);
    expect(await verifyDocument(paired, signed.documents[0]?.xml ?? new Uint8Array())).toMatchObject({ verdict: 'VALID' });
  }

  it('signs: one PIN presented, by a process that is not main', async () => {
    await agent();
    await expect.poll(hosts, patient).toHaveLength(1);
    expect(hosts()).not.toContain(app.process().pid);
    await signOnce('rx-1', true);
    expect(card().statistics).toMatchObject({ pinsPresented: 1, signatures: 1 });
    expect(app.output()).not.toMatch(/(?<!\d)1234(?!\d)/);
  });

  it('signs after a sleep, by another process', async () => {
    const before = hosts();
    const shell = shellControls(app);
    await shell.power('suspend');
    await shell.power('resume');
    await expect.poll(() => hosts().filter((pid) => !before.includes(pid)).length === 1 && hosts().every((pid) => !before.includes(pid)), patient).toBe(true);
    await signOnce('rx-2', false);
    expect(card().statistics).toMatchObject({ pinsPresented: 2, signatures: 2 });
  });

  it('signs after its card host was killed', async () => {
    const before = hosts();
    for (const pid of before) process.kill(pid, 'SIGKILL');
    await expect.poll(() => hosts().filter((pid) => !before.includes(pid)), patient).toHaveLength(1);
    await signOnce('rx-3', false);
    expect(card().statistics).toMatchObject({ pinsPresented: 3, signatures: 3 });
  });
});
