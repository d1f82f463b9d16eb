import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { prescriptionOfSize } from '../../src/sandbox/samples/prescription.ts';
import { KeepAliveClient } from './keep-alive-client.ts';
import { alternate, sumOf, timedAsync } from './measure.ts';
import { MeasuredAgent } from './measured-agent.ts';
import { RawFloor } from './raw-floor.ts';
import type { BenchLine, BenchOptions, BenchRow } from './row.ts';
import { provisionSoftHsmDoctor } from './softhsm-doctor.ts';

export const row: BenchRow = {
  number: 4,
  title: 'POST /v1/signatures to the signed and self-verified answer, beside the steps that no one can leave out',
  needs: ['softhsm2', 'gcc'],
  run,
};

async function run({ quick }: BenchOptions): Promise<readonly BenchLine[]> {
  const doctor = await provisionSoftHsmDoctor();
  const agent = await MeasuredAgent.start(doctor);
  const floor = new RawFloor(doctor);
  try {
    const body = MeasuredAgent.bodyOf([{ id: 'rx-1', csv: prescriptionOfSize(5_000) }]);
    const answer = await agent.post(body);
    const bare = await startBareServer(answer.length);
    const result = await alternate(
      [
        {
          name: 'ours',
          async run() {
            await agent.prepareSession(1, body);
            const from = process.hrtime.bigint();
            await agent.post(body);
            return Number(process.hrtime.bigint() - from);
          },
        },
        floor.sign(1),
        floor.sync(2),
        timedAsync('loopback', () => bare.client.post('/', body)),
      ],
      { warmUp: quick ? 20 : 300, measured: quick ? 100 : 600 },
    );
    await bare.close();
    const together = sumOf([result.raw, result.sync, result.loopback]);
    const line = {
      what: 'POST of a 5 KB prescription, PIN session open',
      ours: result.ours,
      against: [
        { name: 'PKCS#11 in C', measured: result.raw },
        { name: '2 fdatasync', measured: result.sync },
        { name: 'bare POST', measured: result.loopback },
        { name: 'together', measured: together },
      ],
      remark:
        'SoftHSM key with C_Login(CKU_USER) before each signature and C_Logout after it, on both sides, certificates read anew on both sides; agent and card host are the built bundle, with file log, journal and audit on the same disk as the floor.',
    };
    return [
      { ...line, row: '4 (p50)', value: result.ours.p50 / together.p50, target: { relation: '<=', bound: 1.25, unit: '×' } },
      { ...line, row: '4 (p99)', value: result.ours.p99 / together.p99, target: { relation: '<=', bound: 2, unit: '×' } },
    ];
  } finally {
    await agent.close();
    await floor.close();
    await doctor.people.leave();
  }
}

async function startBareServer(answerBytes: number): Promise<{ readonly client: KeepAliveClient; close(): Promise<void> }> {
  const child = spawn(process.execPath, [new URL('./bare-server.ts', import.meta.url).pathname, String(answerBytes)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [port] = (await once(createInterface(child.stdout), 'line')) as [string];
  const client = new KeepAliveClient(Number(port));
  return {
    client,
    async close() {
      client.close();
      const exited = once(child, 'exit');
      child.stdin.end();
      await exited;
    },
  };
}
