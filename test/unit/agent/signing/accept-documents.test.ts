import { describe, expect, it } from 'vitest';
import { acceptDocuments, warningsBesideSummary } from '../../../../src/agent/signing/accept-documents.ts';
import { createVerifier } from '../../../../src/formats/xades/verifier.ts';
import { samplePrescriptionCsv } from '../../../../src/sandbox/samples/prescription.ts';

const nobody = createVerifier({ anchors: [], chain: [], crls: [], at: new Date() });

describe('a warning about the CSV', () => {
  it('stands once in the window, in the summary, and goes to the EHR as well', () => {
    const csv = Buffer.concat([samplePrescriptionCsv(), Buffer.from('999,1,unknown\r\n')]);
    const staff = { id: 'D0012', name: '医者 三郎' };
    const { accepted } = acceptDocuments({ staff, method: 'local', partial: false, documents: [{ id: 'rx-1', type: 'prescription', csv }] }, nobody);
    const [document] = accepted;
    if (document === undefined) throw new Error('refused');
    const warned = document.summary.sections.find((section) => section.heading.en === 'Please check');
    expect(warned?.rows.length).toBeGreaterThan(0);
    expect(document.warnings).toHaveLength(warned?.rows.length ?? 0);
    expect(warningsBesideSummary(document)).toEqual([]);
  });
});
