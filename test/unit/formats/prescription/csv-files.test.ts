import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readDispensingCsv, readPrescriptionCsv } from '../../../../src/formats/prescription/csv-reader.ts';
import { sampleDispensingCsv } from '../../../../src/sandbox/samples/dispensing.ts';
import { prescriptionOfSize, samplePrescriptionCsv } from '../../../../src/sandbox/samples/prescription.ts';

// The encodings were made with iconv from the first file.
const file = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(`../../../fixtures/csv/${name}`, import.meta.url)));

describe('CSV files', () => {
  it('of the samples are read without a warning, and are what the sandbox makes', () => {
    const [prescription, dispensing] = [file('prescription.csv'), file('dispensing.csv')];
    expect(readPrescriptionCsv(prescription)).toMatchObject({ ok: true, warnings: [] });
    expect(readDispensingCsv(dispensing)).toMatchObject({ ok: true, warnings: [] });
    expect(samplePrescriptionCsv()).toEqual(prescription);
    expect(sampleDispensingCsv()).toEqual(dispensing);
  });

  it.each([
    ['prescription-cp932.csv', 2, 'UTF-8'],
    ['prescription-utf16.csv', 1, 'UTF-8'],
    ['prescription-bom.csv', 1, 'BOM'],
  ])('%s is refused at line %i for its encoding', (name, line, word) => {
    const reading = readPrescriptionCsv(file(name));
    expect(reading).toMatchObject({ ok: false, errors: [{ line }] });
    expect(reading.ok ? '' : reading.errors[0]?.reason.ja).toContain(word);
  });

  it('with CR LF is read, with one warning', () => {
    expect(readPrescriptionCsv(file('prescription-crlf.csv'))).toMatchObject({ ok: true, warnings: [{ line: 1 }] });
  });
});

describe('samples', () => {
  it('can be given other people, days, an end of line and no narcotic', () => {
    const bytes = samplePrescriptionCsv({
      doctor: { name: '医者　四郎', kana: 'ｲｼｬ ｼﾛｳ' }, issued: '20261231', expires: '20270103', withoutNarcotic: true, newlineAtEnd: true,
    });
    const text = new TextDecoder().decode(bytes);
    expect(text).toContain('\n5,D0012,ｲｼｬ ｼﾛｳ,医者　四郎\n');
    expect(text).toContain('\n51,20261231\n52,20270103\n');
    expect(text).not.toMatch(/\n60,|オキシコドン/);
    expect(text.endsWith('\n')).toBe(true);
    expect(readPrescriptionCsv(bytes)).toMatchObject({ ok: true, warnings: [] });
  });

  it.each([1000, 1024, 1025, 1026, 35 * 1024, 350 * 1024])('of exactly %i bytes are valid prescriptions', (size) => {
    const bytes = prescriptionOfSize(size);
    expect(bytes.length).toBe(size);
    expect(readPrescriptionCsv(bytes)).toMatchObject({ ok: true, warnings: [] });
  });
});
