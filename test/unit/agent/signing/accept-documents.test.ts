import { describe, expect, it } from 'vitest';
import { acceptDocuments, noticesOf, warningsBesideSummary } from '../../../../src/agent/signing/accept-documents.ts';
import { createVerifier } from '../../../../src/formats/xades/verifier.ts';
import { samplePrescriptionCsv } from '../../../../src/sandbox/samples/prescription.ts';

const nobody = createVerifier({ anchors: [], chain: [], crls: [], at: new Date() });

describe('a warning about the CSV', () => {
  it('stands once in the window, in the summary, and goes to the EHR as well', () => {
    const csv = Buffer.concat([samplePrescriptionCsv(), Buffer.from('999,1,unknown\r\n')]);
    const staff = { id: 'D0012', name: '医者 三郎' };
    const { accepted } = acceptDocuments({ staff, method: 'local', partial: false, documents: [{ id: 'rx-1', type: 'prescription', csv }] }, nobody, Date.UTC(2026, 3, 1));
    const [document] = accepted;
    if (document === undefined) throw new Error('refused');
    const warned = document.summary.sections.find((section) => section.heading.en === 'Please check');
    expect(warned?.rows.length).toBeGreaterThan(0);
    expect(document.warnings).toHaveLength(warned?.rows.length ?? 0);
    expect(warningsBesideSummary(document)).toEqual([]);
  });
});

describe('a clock that contradicts the documents', () => {
  const staff = { id: 'D0012', name: '医者 三郎' };
  const documents = ['rx-1', 'rx-2'].map((id) => ({ id, type: 'prescription' as const, csv: samplePrescriptionCsv({ issued: '20260401' }) }));
  const acceptAt = (now: number) => acceptDocuments({ staff, method: 'local', partial: false, documents }, nobody, now).accepted;

  it('is told once in the window, whatever the number of documents, and to the EHR with each', () => {
    const accepted = acceptAt(Date.UTC(2008, 0, 1));
    expect(noticesOf(accepted)).toEqual([{ ja: expect.stringContaining('2008-01-01') as unknown, en: expect.stringContaining('behind the date') as unknown }]);
    expect(accepted.map(({ warnings }) => warnings.map(({ id }) => id))).toEqual([['clock'], ['clock']]);
    expect(accepted.flatMap(warningsBesideSummary)).toEqual([]);
  });

  it('says nothing of the document that could not go to the journal', () => {
    for (const now of [Date.UTC(2008, 0, 1), Date.UTC(2031, 0, 1)]) {
      const [notice] = noticesOf(acceptAt(now));
      expect(`${notice?.ja ?? ''} ${notice?.en ?? ''}`).not.toMatch(/2026|0401|04-01/);
    }
  });

  it.each([
    ['the day before in Japan', '2026-03-31T14:59:59Z', 1],
    ['the first moment of the day in Japan', '2026-03-31T15:00:00Z', 0],
    ['a week later', '2026-04-08T14:59:59Z', 0],
    ['eight days later', '2026-04-08T15:00:00Z', 1],
  ])('counts days as Japan does: %s', (_name, now, notices) => {
    expect(noticesOf(acceptAt(Date.parse(now)))).toHaveLength(notices);
  });
});
