import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { prescriptionOfSize } from '../../src/sandbox/samples/prescription.ts';
import { openTemporaryFolder } from '../../src/sandbox/temporary-folder.ts';
import { alternate, type Contender, type Summary } from './measure.ts';
import { MeasuredAgent, residentMegabytes } from './measured-agent.ts';
import type { BenchLine, BenchOptions, BenchRow, Measured } from './row.ts';
import { provisionSoftHsmDoctor } from './softhsm-doctor.ts';

const root = join(import.meta.dirname, '..', '..');

export const row: BenchRow = {
  number: 9,
  title: 'start to the first /health, and memory at rest',
  needs: ['softhsm2'],
  run: async (options) => [...(await start(options)), ...(await memory(options))],
};

async function start({ quick }: BenchOptions): Promise<readonly BenchLine[]> {
  execFileSync(process.execPath, [join(root, 'scripts', 'build.ts')], { cwd: root, stdio: 'ignore' });
  const result = await alternate(
    [
      { name: 'built', run: () => startToHealth(join(root, 'dist', 'hpki-agent.js')) },
      { name: 'source', run: () => startToHealth(join(root, 'src', 'cli', 'hpki-agent.ts')) },
      nodeAlone(),
    ],
    { warmUp: 2, measured: quick ? 5 : 20 },
  );
  const floor: Summary = result.node;
  const line = (name: string, ours: Summary): BenchLine => ({
    row: `9 (start, ${name})`,
    what: 'hpki-agent serve to its first answer of /health, over node alone',
    ours,
    against: [{ name: 'node -e 0', measured: floor }],
    value: ours.p50 - floor.p50,
    target: { relation: '<=', bound: 500, unit: 'ms' },
    remark: 'with a new data folder each time: the identity is made and stored. The PC/SC card host starts beside it on the same cores.',
  });
  return [line('built', result.built), line('source', result.source)];
}

function nodeAlone(): Contender<'node'> {
  return {
    name: 'node',
    run() {
      const from = process.hrtime.bigint();
      spawnSync(process.execPath, ['-e', '0'], { stdio: 'ignore' });
      return Number(process.hrtime.bigint() - from);
    },
  };
}

async function startToHealth(entry: string): Promise<number> {
  const folder = openTemporaryFolder('hpki-bench-serve');
  const from = process.hrtime.bigint();
  const child = spawn(process.execPath, [entry, 'serve', '--data-dir', join(folder, 'data')], { stdio: ['ignore', 'ignore', 'pipe'] });
  try {
    const port = await announcedPort(child);
    await health(port);
    return Number(process.hrtime.bigint() - from);
  } finally {
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
    rmSync(folder, { recursive: true, force: true });
  }
}

async function announcedPort(child: ChildProcess): Promise<number> {
  if (child.stderr === null) throw new Error('no standard error');
  for await (const line of createInterface(child.stderr)) {
    const port = /http:\/\/127\.0\.0\.1:(\d+)/.exec(line)?.[1];
    if (port !== undefined) return Number(port);
  }
  throw new Error('serve ended without telling its port');
}

function health(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path: '/health', agent: false }, (response) => {
      response.resume();
      response.on('end', () => {
        if (response.statusCode === 200) resolve();
        else reject(new Error(`/health answered ${response.statusCode ?? 0}`));
      });
    })
      .on('error', reject)
      .end();
  });
}

/** What a session of signing leaves behind is given back within this time; then the processes are at rest. */
const restMs = 3_000;

async function memory({ quick, long, note }: BenchOptions): Promise<readonly BenchLine[]> {
  const doctor = await provisionSoftHsmDoctor();
  const agent = await MeasuredAgent.start(doctor);
  try {
    const sign = async (signatures: number): Promise<number> => {
      const body = MeasuredAgent.bodyOf([{ id: 'rx-1', csv: prescriptionOfSize(5_000) }]);
      for (let index = 0; index < signatures; index += 1) await agent.post(body);
      await delay(restMs);
      return total(residentMegabytes(agent.pid));
    };
    const first = quick ? 200 : 1_000;
    const atRest = await sign(first);
    const partsNow = (): string => residentMegabytes(agent.pid).map((one) => one.toFixed(0)).join(' + ');
    const parts = partsNow();
    note(`after ${first} signatures: ${parts} MB`);
    const bare = await twoBareProcesses();
    const lines: BenchLine[] = [
      {
        row: '9 (memory)',
        what: `resident memory at rest after ${first} signatures: agent and card host (${parts} MB)`,
        ours: megabytes(atRest),
        against: [{ name: 'two bare Node processes', measured: megabytes(bare) }],
        value: atRest / bare,
        target: { relation: '<=', bound: 2.2, unit: '×' },
      },
    ];
    if (long) {
      const after = await sign(9_000);
      lines.push({
        row: '9 (growth)',
        what: `resident memory at rest after 10,000 signatures (${partsNow()} MB), over that after ${first}`,
        ours: megabytes(after),
        against: [{ name: `after ${first}`, measured: megabytes(atRest) }],
        value: after - atRest,
        target: { relation: '<=', bound: growthAllowed, unit: 'MB' },
        remark: 'the journal keeps the place of each key for 24 hours, about 1 KB a request; the rest is the heap between two collections.',
      });
    }
    return lines;
  } finally {
    await agent.close();
    await doctor.people.leave();
  }
}

/** 9,000 keys in the journal's index, and the play of the garbage collector. */
const growthAllowed = 16;

async function twoBareProcesses(): Promise<number> {
  const bare = [0, 1].map(() => spawn(process.execPath, ['-e', 'console.log(1); setInterval(() => undefined, 1e6)'], { stdio: ['ignore', 'pipe', 'ignore'] }));
  await Promise.all(bare.map(({ stdout }) => once(stdout, 'data')));
  await delay(restMs);
  const resident = bare.map(({ pid }) => total(residentMegabytes(pid ?? 0)));
  await Promise.all(
    bare.map(async (child) => {
      const exited = once(child, 'exit');
      child.kill();
      await exited;
    }),
  );
  return total(resident);
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

function megabytes(count: number): Measured {
  return { count: Math.round(count * 10) / 10, unit: 'MB' };
}
