import { constants, privateEncrypt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { releaseDocument } from '../../../../src/agent/signing/self-verification.ts';
import { prepareSignature } from '../../../../src/formats/xades/writer.ts';
import { sampleProfile } from '../../../../src/formats/xades/signature-profile.ts';
import { createVerifier, type Verifier } from '../../../../src/formats/xades/verifier.ts';
import { samplePrescriptionCsv } from '../../../../src/sandbox/samples/prescription.ts';
import type { IssuedCertificate } from '../../../../src/sandbox/ca/test-ca.ts';
import { describeWith } from '../../../support/machine.ts';
import { foreignPrescription } from '../../formats/xades/foreign-documents.ts';
import { createCast, today, type Cast } from './signing-desk.ts';

let cast: Cast;
let withoutTrust: Verifier;

beforeAll(async () => {
  cast = await createCast();
  withoutTrust = createVerifier({ anchors: [], chain: [], crls: [], at: today });
});

const shown = samplePrescriptionCsv();
const at = new Date('2026-04-01T03:00:00Z');
const head = Buffer.from('3031300d060960864801650304020105000420', 'hex');

function signed(by: IssuedCertificate, csv: Uint8Array = shown, key = by): Parameters<typeof releaseDocument> {
  const prepared = prepareSignature({ type: 'prescription', csv }, { certificate: by.certificate.der, signingTime: at, profile: sampleProfile });
  const value = privateEncrypt({ key: key.privateKey, padding: constants.RSA_PKCS1_PADDING }, Buffer.concat([head, prepared.hash]));
  return [{ input: { id: 'rx-1', type: 'prescription', csv: shown }, assemble: (answer) => prepared.assemble(answer) }, value, by.certificate.sha256, withoutTrust, at];
}

const mismatch = expect.objectContaining({ problem: expect.objectContaining({ code: 'SIGNATURE_MISMATCH' }) as unknown }) as Error;

describe('self-verification before release', () => {
  it('lets a good signature go without network or trust, with what it could not check as warnings', () => {
    const released = releaseDocument(...signed(cast.doctor));
    expect(released.warnings.map(({ id }) => id)).toEqual(expect.arrayContaining(['certificate.path']));
    expect(released.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it('stops a signature over anything but what was shown', () => {
    expect(() => releaseDocument(...signed(cast.doctor, samplePrescriptionCsv({ withoutNarcotic: true })))).toThrow(mismatch);
  });

  it('stops the same content as another kind of document', () => {
    const [document, value, sha256, verifier, time] = signed(cast.doctor);
    const input = { id: 'rx-1', type: 'dispensing', csv: shown, prescription: shown } as const;
    expect(() => releaseDocument({ ...document, input }, value, sha256, verifier, time)).toThrow(mismatch);
  });

  it('stops a signature by another key', () => {
    expect(() => releaseDocument(...signed(cast.doctor, shown, cast.otherDoctor))).toThrow(mismatch);
  });

  it("stops a signature by another certificate than the card's", () => {
    const [document, value, , verifier, time] = signed(cast.otherDoctor);
    expect(() => releaseDocument(document, value, cast.doctor.certificate.sha256, verifier, time)).toThrow(mismatch);
  });

  it('stops a signature whose role does not fit the document', () => {
    expect(() => releaseDocument(...signed(cast.pharmacist))).toThrow(mismatch);
  });

  it('stops an empty value', () => {
    const [document, , sha256, verifier, time] = signed(cast.doctor);
    expect(() => releaseDocument(document, new Uint8Array(), sha256, verifier, time)).toThrow(mismatch);
  });
});

describeWith(['xmlsec1'], 'a document that a cloud has signed', () => {
  it.each([
    ['as it should be', true, (file: string) => file],
    ['without a signing time', false, (file: string) => file.replace(/<xa:SigningTime>.*?<\/xa:SigningTime>/, '')],
    ['with a signing time without a zone', false, (file: string) => file.replace(/(<xa:SigningTime>[^<]*)\+00:00/, '$1')],
  ])('%s: released is %s', (_what, isReleased, edit) => {
    const directory = mkdtempSync(path.join(tmpdir(), 'hpki-release-'));
    try {
      const xml = Buffer.from(foreignPrescription(directory, shown, cast.doctor, { signingTime: '2026-04-01T03:00:00+00:00', edit }));
      const release = (): unknown => releaseDocument({ input: { id: 'rx-1', type: 'prescription', csv: shown }, assemble: () => xml }, new Uint8Array(1), cast.doctor.certificate.sha256, withoutTrust, at);
      if (isReleased) expect(release()).toMatchObject({ signingTime: at });
      else expect(release).toThrow(mismatch);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
