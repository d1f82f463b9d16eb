import { prescriptionOfSize } from '../../src/sandbox/samples/prescription.ts';
import { alternate } from './measure.ts';
import { MeasuredAgent } from './measured-agent.ts';
import { RawFloor } from './raw-floor.ts';
import type { BenchLine, BenchOptions, BenchRow } from './row.ts';
import { provisionSoftHsmDoctor } from './softhsm-doctor.ts';

export const row: BenchRow = {
  number: 5,
  title: '200 documents in one request, beside 200 raw sequences in C',
  needs: ['softhsm2', 'gcc'],
  run,
};

const documents = 200;

async function run({ quick }: BenchOptions): Promise<readonly BenchLine[]> {
  const doctor = await provisionSoftHsmDoctor();
  const agent = await MeasuredAgent.start(doctor);
  const floor = new RawFloor(doctor);
  try {
    const body = MeasuredAgent.bodyOf(Array.from({ length: documents }, (_, index) => ({ id: `rx-${index}`, csv: prescriptionOfSize(2_000 + index) })));
    const result = await alternate(
      [
        {
          name: 'ours',
          async run() {
            const from = process.hrtime.bigint();
            await agent.post(body, documents);
            return Number(process.hrtime.bigint() - from);
          },
        },
        floor.sign(documents),
      ],
      { warmUp: quick ? 1 : 3, measured: quick ? 4 : 16 },
    );
    return [
      {
        row: '5',
        what: `${documents} prescriptions of 2 KB in one request`,
        ours: result.ours,
        against: [{ name: `${documents} × PKCS#11 in C`, measured: result.raw }],
        value: result.ours.p50 / result.raw.p50,
        target: { relation: '<=', bound: 1.2, unit: '×' },
        remark: 'each request opens its window and its PIN session anew (250 documents a session), so the PIN ledger, consent and first VERIFY are in it.',
      },
    ];
  } finally {
    await agent.close();
    await floor.close();
    await doctor.people.leave();
  }
}
