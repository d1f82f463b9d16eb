/**
 * A disk that is full and a data folder that is read-only, as the kernel makes them: the agent refuses to sign, says why,
 * leaves nothing half-written, and goes on by itself when there is room again.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { CardHost } from '../../src/native/host/card-host.ts';
import type { VirtualHpkiCard } from '../../src/sandbox/cards/virtual-hpki-card.ts';
import { virtualCardHost } from '../../src/sandbox/virtual-card-host.ts';
import { describeWith, programPath } from '../support/machine.ts';
import { overridden } from '../support/overridden-card-host.ts';
import { codeOf, RunningAgent, xmlOf, type RunningAgentOptions } from '../support/running-agent.ts';
import { TestClinic } from '../support/test-clinic.ts';

// Only root may mount; whoever is not sees it among what is missing.
const programs = process.getuid?.() === 0 ? ['mount', 'umount'] : ['mount (as root)'];

const mount = (...options: string[]): void => void execFileSync(programPath('mount'), options);
const unmount = (folder: string): void => void execFileSync(programPath('umount'), ['-l', folder]);

describeWith(programs, 'where nothing can be written', () => {
  let clinic: TestClinic;
  let folder: string;
  let card: VirtualHpkiCard;
  let running: RunningAgent | undefined;
  beforeAll(async () => {
    clinic = await TestClinic.open();
  });
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'hpki-small-disk-'));
    mount('-t', 'tmpfs', '-o', 'size=1m,mode=700', 'hpki-test', folder);
    card = clinic.card('doctor');
  });
  afterEach(async () => {
    await running?.close();
    running = undefined;
    unmount(folder);
    rmdirSync(folder);
  });

  async function start(options: Partial<RunningAgentOptions> = {}): Promise<RunningAgent> {
    running = await RunningAgent.start({ clinic, inserted: card, root: folder, ...options });
    return running;
  }

  const ballast = (): string => path.join(folder, 'ballast');
  function fillDisk(): void {
    for (let size = 256 * 1024; size >= 1; size = size === 1 ? 0 : Math.floor(size / 2)) {
      for (;;) {
        try {
          writeFileSync(ballast(), Buffer.alloc(size, 1), { flag: 'a' });
        } catch {
          break;
        }
      }
    }
  }

  function expectWholeLines(agent: RunningAgent): void {
    const journal = agent.journal();
    expect(journal === '' || journal.endsWith('\n')).toBe(true);
    for (const line of journal.split('\n').slice(0, -1)) expect(() => JSON.parse(line) as unknown).not.toThrow();
  }

  it('a full disk is STORAGE_FAILED with its cause before anybody is asked; the key is not used, and it works again when there is room', async () => {
    const agent = await start();
    expect((await agent.sign()).status).toBe(201);
    card.resetStatistics();
    agent.person.shown.splice(0);
    fillDisk();
    const refused = await agent.sign({}, { key: 'once' });
    expect([refused.status, codeOf(refused)]).toEqual([503, 'STORAGE_FAILED']);
    expect(refused.text).toContain('The disk is full');
    expect(agent.person.shown).toEqual([]);
    expect(card.statistics.signatures).toBe(0);
    expect(card.statistics.pinsPresented).toBe(0);
    expectWholeLines(agent);
    expect(await agent.verifyAudit()).toMatchObject({ ok: true });
    rmSync(ballast());
    const signed = await agent.sign({}, { key: 'once' });
    expect(signed.status).toBe(201);
    expect(card.statistics.signatures).toBe(1);
    expect(await agent.verifyAudit()).toMatchObject({ ok: true });
  });

  it('a disk that fills up while the card signs keeps the document back; posted again, the same SignedInfo is signed', async () => {
    let fill = true;
    const agent = await start({
      cards: (_data, readers): CardHost => {
        const cards = virtualCardHost(readers);
        return overridden(cards, {
          sign: async (session, hash) => {
            const value = await cards.sign(session, hash);
            if (fill) fillDisk();
            return value;
          },
        });
      },
    });
    const refused = await agent.sign({}, { key: 'once' });
    expect([refused.status, codeOf(refused)]).toEqual([503, 'STORAGE_FAILED']);
    expect(refused.text).not.toContain('"xml"');
    expect(card.statistics.signatures).toBe(1);
    expectWholeLines(agent);
    const recipe = agent.journal().split('\n')[0] ?? '';
    fill = false;
    rmSync(ballast());
    const signed = await agent.sign({}, { key: 'once' });
    expect(signed.status).toBe(201);
    const recipes = agent.journal().split('\n').filter((line) => line.includes('"type":"recipe"'));
    expect(recipes).toEqual([recipe]);
    expect(xmlOf(signed).length).toBeGreaterThan(1000);
    expect(agent.audit().filter(({ event }) => event === 'signature.released')).toHaveLength(1);
    expect(await agent.verifyAudit()).toMatchObject({ ok: true });
  });

  it('a data folder that became read-only is STORAGE_FAILED before anybody is asked, and is tried again by itself', async () => {
    const agent = await start();
    expect((await agent.sign()).status).toBe(201);
    agent.person.shown.splice(0);
    card.resetStatistics();
    mount('--bind', folder, folder);
    mount('-o', 'remount,bind,ro', folder);
    try {
      const refused = await agent.sign({}, { language: 'ja' });
      expect([refused.status, codeOf(refused)]).toEqual([503, 'STORAGE_FAILED']);
      expect(refused.text).toContain('読み取り専用');
      expect(agent.person.shown).toEqual([]);
      expect(card.statistics.pinsPresented).toBe(0);
    } finally {
      unmount(folder);
    }
    expect((await agent.sign()).status).toBe(201);
  });

  it('an agent that finds its data folder read-only does not start, and says why', async () => {
    await (await start()).close();
    running = undefined;
    mount('--bind', folder, folder);
    mount('-o', 'remount,bind,ro', folder);
    try {
      await expect(RunningAgent.start({ clinic, inserted: clinic.card('doctor'), root: folder, withTrustWritten: true })).rejects.toMatchObject({
        problem: { code: 'STORAGE_FAILED', detail: { en: 'The data folder is read-only.' } },
      });
    } finally {
      unmount(folder);
    }
  });
});
