import { sign } from 'node:crypto';
import { readPrescriptionCsv } from '../../src/formats/prescription/csv-reader.ts';
import { summarizePrescription } from '../../src/formats/prescription/prescription-summary.ts';
import { sampleProfile } from '../../src/formats/xades/signature-profile.ts';
import { prepareSignature } from '../../src/formats/xades/writer.ts';
import { prescriptionOfSize } from '../../src/sandbox/samples/prescription.ts';
import { alternate, timed, timedAsync, type Summary } from './measure.ts';
import { gatherPeople } from './people.ts';
import type { BenchLine, BenchOptions, BenchRow } from './row.ts';
import { importKey, signByXadesjs, withGivenValue } from './xadesjs-signer.ts';
import { signByXmlCrypto } from './xml-crypto-signer.ts';

/** Bytes of CSV, and how often each is built. */
const sizes = [
  { label: '1 KB', bytes: 1_000, rounds: 200 },
  { label: '35 KB', bytes: 35_000, rounds: 40 },
  { label: '350 KB', bytes: 350_000, rounds: 10 },
] as const;

export const row: BenchRow = {
  number: 1,
  title: 'a XAdES prescription without the key operation, beside xadesjs and xml-crypto',
  needs: [],
  run,
};

async function run({ quick }: BenchOptions): Promise<readonly BenchLine[]> {
  const people = await gatherPeople();
  await people.leave();
  const { doctor } = people;
  const certificate = doctor.certificate.der;
  const signingTime = new Date(Math.floor(Date.now() / 1000) * 1000);
  const lines: BenchLine[] = [];
  const ours = new Map<string, Summary>();
  for (const { label, bytes, rounds } of sizes) {
    const csv = prescriptionOfSize(bytes);
    const prepare = () => prepareSignature({ type: 'prescription', csv }, { certificate, signingTime, profile: sampleProfile });
    const value = sign('sha256', prepare().signedInfo, doctor.privateKey);
    const signer = { privateKey: await importKey(doctor.pkcs8), certificate };
    const result = await alternate(
      [
        timed('ours', () => {
          if (!readPrescriptionCsv(csv).ok) throw new Error('the sample is no prescription');
          prepare().assemble(value);
        }),
        timed('withSummary', () => {
          const reading = readPrescriptionCsv(csv);
          if (!reading.ok) throw new Error('the sample is no prescription');
          if (summarizePrescription(reading.document).sections.length === 0) throw new Error('nothing to show');
          prepare().assemble(value);
        }),
        timedAsync('xadesjs', () => withGivenValue(value, () => signByXadesjs(csv, signer))),
        timed('xmlCrypto', () => signByXmlCrypto(csv, value, certificate)),
      ],
      { warmUp: quick ? 3 : rounds, measured: quick ? Math.ceil(rounds / 5) : rounds },
    );
    ours.set(label, result.ours);
    lines.push({
      row: `1 (${label})`,
      what: 'CSV read and checked, XAdES built, digested and assembled',
      ours: result.ours,
      against: [{ name: 'xadesjs', measured: result.xadesjs }, { name: 'xml-crypto (no XAdES)', measured: result.xmlCrypto }],
      value: result.xadesjs.p50 / result.ours.p50,
      target: { relation: '>=', bound: 30, unit: '× faster' },
      remark:
        'the key operation is left out on both sides: ours assembles with a value given beforehand, xadesjs gets the same value from its crypto engine in place of subtle.sign. ' +
        'Ours also reads and checks the CSV; xadesjs does not. xml-crypto makes a plain XML Signature over one reference, without XAdES: beside it for orientation, not part of the value.',
    });
    lines.push({
      row: `1 (${label}, with summary)`,
      what: 'the same, and the summary that the doctor sees',
      ours: result.withSummary,
      against: [{ name: 'xadesjs', measured: result.xadesjs }, { name: 'xml-crypto (no XAdES)', measured: result.xmlCrypto }],
      value: result.xadesjs.p50 / result.withSummary.p50,
      target: { relation: '>=', bound: 30, unit: '× faster' },
      remark: 'a window or a toast shows it before anything is signed, so it is part of what a person waits for.',
    });
  }
  const [middle, large] = [ours.get('35 KB'), ours.get('350 KB')];
  if (middle === undefined || large === undefined) throw new Error('a size was left out');
  lines.push({
    row: '1 (linear)',
    what: '350 KB beside 35 KB',
    ours: large,
    against: [{ name: '35 KB', measured: middle }],
    value: large.p50 / middle.p50,
    target: { relation: '<=', bound: 12, unit: '×' },
  });
  return lines;
}
