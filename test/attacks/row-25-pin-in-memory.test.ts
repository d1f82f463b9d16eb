/**
 * Row 25: the PIN in memory. A crash report, a swap file or a debugger shows what a process has kept. Here a typed PIN stays
 * bytes that are zeroed, is handed to the card host's process and is held there alone; where a library took a string for
 * it, that process ends with the PIN session. What is looked at below is every string that the agent's own process still
 * has after a signature; bytes outside of JavaScript's heap (buffers of the system, of the pipe to the host) are not, so that
 * this is best effort.
 */
import { rmSync } from 'node:fs';
import path from 'node:path';
import { getHeapSnapshot } from 'node:v8';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { terminalPrompts } from '../../src/cli/terminal/terminal-prompts.ts';
import { armingMs } from '../../src/cli/terminal/read-pin.ts';
import { forkChild, type ChildChannel } from '../../src/native/host/child-channel.ts';
import { createFilePinLedger } from '../../src/native/host/pin-ledger-file.ts';
import { startCardHost } from '../../src/native/host/process-card-host.ts';
import { provisionSoftHsm, type SoftHsm } from '../../src/sandbox/softhsm/provision-softhsm.ts';
import { describeWith } from '../support/machine.ts';
import { makeTempDir } from '../support/pkcs11-shim/test-module.ts';
import { PlayedTerminal } from '../support/played-terminal.ts';
import { until } from '../support/running-api.ts';
import { RunningAgent } from '../support/running-agent.ts';
import { TestClinic } from '../support/test-clinic.ts';

/** Digits as numbers, so that this file does not put the text into memory that it then looks for. */
const text = (digits: readonly number[]): string => typed(digits).subarray(0, -1).toString('ascii');
const typed = (digits: readonly number[]): Buffer => Buffer.from([...digits.map((digit) => 0x30 + digit), 0x0d]);
const wrongDigits = [8, 3, 0, 6, 1, 5, 9, 2];
const rightDigits = [5, 0, 2, 8, 7, 3, 1, 9, 4, 6];
const keptDigits = [6, 1, 8, 4, 0, 7, 5, 2, 3, 9];

/** Whether these digits stand in any string of this process that is not garbage. */
async function stringsHold(digits: readonly number[]): Promise<boolean> {
  const needle = typed(digits).subarray(0, -1);
  let rest = Buffer.alloc(0);
  for await (const chunk of getHeapSnapshot()) {
    const text = Buffer.concat([rest, chunk as Buffer]);
    if (text.includes(needle)) return true;
    rest = text.subarray(-needle.length);
  }
  return false;
}

describeWith(['softhsm2'], 'after signatures by a card host process, with a PIN typed on a terminal', () => {
  let folder: string;
  let softHsm: SoftHsm;
  let running: RunningAgent;
  let terminal: PlayedTerminal;
  const hosts: ChildChannel[] = [];
  const exited = new Set<ChildChannel>();

  beforeAll(async () => {
    folder = makeTempDir();
    const clinic = await TestClinic.open();
    const { certificate, pkcs8 } = clinic.people.doctor;
    // Provisioning takes the PIN as a text, which is made here and forgotten.
    softHsm = await provisionSoftHsm({
      dir: path.join(folder, 'softhsm'),
      certificate: certificate.der,
      privateKey: pkcs8,
      chain: [clinic.ca.signing.certificate.der, clinic.ca.root.certificate.der],
      pin: text(rightDigits),
      alwaysAuthenticate: false,
    });
    terminal = new PlayedTerminal();
    running = await RunningAgent.start({
      clinic,
      inserted: null,
      prompts: terminalPrompts(terminal.input, terminal.output, 'en'),
      settings: { staff: { binding: 'preset', preset: [{ staffId: 'D0012', certificateSha256: certificate.sha256 }] } },
      cards: (data) =>
        startCardHost({
          stack: { kind: 'pkcs11', module: { path: softHsm.modulePath, environment: softHsm.environment, login: softHsm.login, pollMs: 50 } },
          ledger: createFilePinLedger(data.pinLedger),
          spawn: (entry, environment) => {
            const host = forkChild(entry, environment);
            hosts.push(host);
            host.onExit(() => exited.add(host));
            return host;
          },
        }),
    });
    await until(() => running.cardsReady() > 0, 'the module shows its card', 20_000);
  });
  afterAll(async () => {
    await running.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const thinking = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, armingMs + 200));

  it('no string of the agent process holds it, neither a wrong one nor the right one, and the host that took it is gone', async () => {
    const answer = running.sign();
    await terminal.seen('PIN: ');
    await thinking();
    terminal.type(typed(wrongDigits));
    await terminal.seen(/wrong|incorrect/i);
    await thinking();
    const before = [...hosts];
    terminal.type(typed(rightDigits));
    expect((await answer).status).toBe(201);
    await until(() => before.every((host) => exited.has(host)), 'the host that took the PIN has ended', 20_000);
    expect(await stringsHold(wrongDigits)).toBe(false);
    expect(await stringsHold(rightDigits)).toBe(false);
  }, 120_000);

  it('the search would have found a string that is kept', async () => {
    const kept = { pin: text(keptDigits) };
    expect(await stringsHold(keptDigits)).toBe(true);
    expect(kept.pin).toHaveLength(keptDigits.length);
  }, 60_000);
});
