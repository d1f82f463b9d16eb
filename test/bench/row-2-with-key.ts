import { createHash, sign } from 'node:crypto';
import { readPrescriptionCsv } from '../../src/formats/prescription/csv-reader.ts';
import { sampleProfile } from '../../src/formats/xades/signature-profile.ts';
import { prepareSignature } from '../../src/formats/xades/writer.ts';
import { prescriptionOfSize } from '../../src/sandbox/samples/prescription.ts';
import { alternate, timed } from './measure.ts';
import { gatherPeople } from './people.ts';
import type { BenchLine, BenchOptions, BenchRow } from './row.ts';

export const row: BenchRow = {
  number: 2,
  title: 'the same with the key operation, beside the key operation alone',
  needs: [],
  run,
};

async function run({ quick }: BenchOptions): Promise<readonly BenchLine[]> {
  const people = await gatherPeople();
  await people.leave();
  const { doctor } = people;
  const certificate = doctor.certificate.der;
  const signingTime = new Date(Math.floor(Date.now() / 1000) * 1000);
  const csv = prescriptionOfSize(1_000);
  const { signedInfo } = prepareSignature({ type: 'prescription', csv }, { certificate, signingTime, profile: sampleProfile });
  const result = await alternate(
    [
      timed('ours', () => {
        if (!readPrescriptionCsv(csv).ok) throw new Error('the sample is no prescription');
        const prepared = prepareSignature({ type: 'prescription', csv }, { certificate, signingTime, profile: sampleProfile });
        prepared.assemble(sign('sha256', prepared.signedInfo, doctor.privateKey));
      }),
      timed('floor', () => {
        createHash('sha256').update(csv).digest();
        sign('sha256', signedInfo, doctor.privateKey);
      }),
    ],
    { warmUp: quick ? 50 : 500, measured: quick ? 100 : 600 },
  );
  return [
    {
      row: '2 (1 KB)',
      what: 'CSV read and checked, XAdES built, signed, assembled',
      ours: result.ours,
      against: [{ name: 'node:crypto sign + one SHA-256', measured: result.floor }],
      value: result.ours.p50 / result.floor.p50,
      target: { relation: '<=', bound: 1.25, unit: '×' },
    },
  ];
}
