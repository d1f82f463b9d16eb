/**
 * Row 11: blind signing (NexU signs whatever hash a page sends). A signature under a hash that nobody saw the meaning of is
 * a prescription for anybody. The API takes documents and has no field for a hash; what cannot be parsed and listed is
 * refused; and what the card signs is the SignedInfo over exactly the bytes that were shown.
 */
import { constants, createHash, publicDecrypt, X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { extractDocument } from '../../src/formats/xades/extract.ts';
import { verifySignedDocument } from '../../src/formats/xades/verifier.ts';
import type { CardHost } from '../../src/native/host/card-host.ts';
import { samplePrescriptionCsv } from '../../src/sandbox/samples/prescription.ts';
import { sampleDates } from '../../src/sandbox/samples/sample-dates.ts';
import { virtualCardHost } from '../../src/sandbox/virtual-card-host.ts';
import { overridden } from '../support/overridden-card-host.ts';
import { until } from '../support/running-api.ts';
import { codeOf, prescription, RunningAgent, staff, xmlOf } from '../support/running-agent.ts';
import { TestClinic } from '../support/test-clinic.ts';

let clinic: TestClinic;
let running: RunningAgent;
/** Hex of every hash that reached the card host. */
let signed: string[];
beforeAll(async () => {
  clinic = await TestClinic.open();
});
beforeEach(async () => {
  signed = [];
  running = await RunningAgent.start({
    clinic,
    cards: (_data, readers): CardHost => {
      const cards = virtualCardHost(readers);
      return overridden(cards, {
        sign: (session, hash) => {
          signed.push(Buffer.from(hash).toString('hex'));
          return cards.sign(session, hash);
        },
      });
    },
  });
  await until(() => running.cardsReady() > 0, 'the card is read');
});
afterEach(() => running.close());

const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');
/** The hash that a file's signature value was made over, in hex. */
function hashUnder(xml: Buffer): string {
  const value = /<xs:SignatureValue[^>]*>([^<]*)/.exec(xml.toString('utf8'))?.[1] ?? '';
  const key = new X509Certificate(clinic.people.doctor.certificate.der).publicKey;
  return publicDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, Buffer.from(value, 'base64')).subarray(-32).toString('hex');
}
const verify = (xml: Uint8Array): string => {
  const { ca } = clinic;
  return verifySignedDocument(xml, { anchors: [ca.root.certificate.der], chain: [ca.signing.certificate.der], crls: ca.crls().map(({ der }) => der), at: new Date() }).verdict;
};
const aHash = sha256('a prescription that nobody sees');

describe('a bare hash', () => {
  const document = prescription();
  it.each<[string, unknown]>([
    ['as a document', { staff, documents: [aHash] }],
    ['in place of the CSV', { staff, documents: [{ id: 'rx-1', type: 'prescription', hash: aHash }] }],
    ['beside the CSV', { staff, documents: [{ ...document, hash: aHash }] }],
    ['as a digest beside the CSV', { staff, documents: [{ ...document, digest: aHash, digestAlgorithm: 'SHA-256' }] }],
    ['as SignedInfo', { staff, documents: [{ ...document, signedInfo: Buffer.from('<SignedInfo/>').toString('base64') }] }],
    ['as a type of its own', { staff, documents: [{ id: 'rx-1', type: 'hash', csv: Buffer.from(aHash, 'hex').toString('base64') }] }],
    ['as PDF', { staff, documents: [{ id: 'rx-1', type: 'pdf', pdf: 'JVBERi0=' }] }],
    ['beside the documents', { staff, documents: [document], hashes: [aHash] }],
    ['with a request for silence', { staff, documents: [document], silent: true, confirm: 'never' }],
    ['with a PIN', { staff, documents: [document], pin: '1234' }],
  ])('%s is refused', async (_where, body) => {
    const answer = await running.ask('/v1/signatures', { method: 'POST', headers: { 'idempotency-key': 'k' }, body: JSON.stringify(body) });
    expect([answer.status, codeOf(answer)]).toEqual([400, 'REQUEST_INVALID']);
    expect(running.person.shown).toEqual([]);
  });

  it('as the bytes of a CSV is refused as no prescription', async () => {
    expect(codeOf(await running.sign({ documents: [prescription('rx-1', Buffer.from(aHash, 'hex'))] }))).toBe('DOCUMENT_INVALID');
    expect(codeOf(await running.sign({ documents: [prescription('rx-1', Buffer.from(aHash))] }))).toBe('DOCUMENT_INVALID');
    expect(signed).toEqual([]);
  });

  it('has no route of its own, and no word in the description of the API', async () => {
    for (const path of ['/v1/sign', '/v1/hashes', '/sign', '/v1/raw']) {
      expect((await running.ask(path, { method: 'POST', body: '{}' })).status).toBe(404);
    }
    const { json } = await running.ask('/openapi.json');
    const posted = JSON.stringify((json as { paths: Record<string, { post?: { requestBody?: unknown } }> }).paths['/v1/signatures']?.post?.requestBody);
    expect(posted).toContain('csv');
    expect(posted).not.toMatch(/hash|digest|pin"|module|signedInfo/i);
  });
});

describe('any body', () => {
  it('either is refused with nothing signed, or has every document shown in a window and only those signed', async () => {
    const csv = samplePrescriptionCsv();
    const someCsv = fc.oneof(
      fc.constant(csv),
      fc.uint8Array({ minLength: 1, maxLength: 300 }),
      fc.tuple(fc.nat(csv.length - 1), fc.nat(255)).map(([at, byte]) => Uint8Array.from(csv, (old, index) => (index === at ? byte : old))),
      fc.tuple(fc.nat(csv.length - 1), fc.string({ maxLength: 20, unit: 'binary' })).map(([at, text]) => Buffer.concat([csv.subarray(0, at), Buffer.from(text), csv.subarray(at)])),
    );
    const someDocument = fc.record(
      {
        id: fc.oneof({ weight: 8, arbitrary: fc.stringMatching(/^[a-z]{8}$/) }, fc.string()),
        type: fc.oneof({ weight: 8, arbitrary: fc.constant('prescription') }, fc.constantFrom('dispensing', 'hash', '')),
        csv: someCsv.map((bytes) => Buffer.from(bytes).toString('base64')),
        hash: fc.constant(aHash),
      },
      { requiredKeys: ['id', 'type', 'csv'] },
    ).map(({ hash, ...document }) => (hash === undefined || document.id.charCodeAt(0) % 5 > 0 ? document : { ...document, hash }));
    const ends = { signed: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(fc.array(someDocument, { minLength: 1, maxLength: 3 }), async (documents) => {
        signed.length = 0;
        running.person.shown.length = 0;
        const answer = await running.sign({ documents });
        if (answer.status !== 201) {
          expect([400, 422]).toContain(answer.status);
          expect(signed).toEqual([]);
          expect(running.person.asked('pin')).toBe(0);
          ends.refused += 1;
          return;
        }
        const [opened] = running.person.shown;
        expect(opened?.what === 'opened' ? opened.view.documents.map(({ id }) => id) : []).toEqual(documents.map(({ id }) => id));
        ends.signed += 1;
        expect(signed).toHaveLength(documents.length);
        for (const [at, document] of documents.entries()) {
          const xml = xmlOf(answer, document.id);
          expect(Buffer.from(extractDocument(xml).csv).toString('base64')).toBe(document.csv);
          expect(verify(xml)).toBe('VALID');
          expect(hashUnder(xml)).toBe(signed[at]);
        }
      }),
      { numRuns: 60, examples: [[[{ id: 'rx', type: 'prescription', csv: Buffer.from(csv).toString('base64') }]]] },
    );
    expect(ends.signed).toBeGreaterThan(0);
    expect(ends.refused).toBeGreaterThan(10);
  }, 60_000);
});

describe('what comes back', () => {
  it('holds the posted bytes, and the signature covers them', async () => {
    const csv = samplePrescriptionCsv(sampleDates());
    const xml = xmlOf(await running.sign());
    expect(Buffer.compare(extractDocument(xml).csv, csv)).toBe(0);
    expect(verify(xml)).toBe('VALID');
    expect([hashUnder(xml)]).toEqual(signed);
  });

  it('is kept back when the card has signed something else', async () => {
    await running.close();
    running = await RunningAgent.start({
      clinic,
      cards: (_data, readers): CardHost => {
        const cards = virtualCardHost(readers);
        return overridden(cards, { sign: (session) => cards.sign(session, Buffer.from(aHash, 'hex')) });
      },
    });
    await until(() => running.cardsReady() > 0, 'the card is read');
    const answer = await running.sign();
    expect([answer.status, codeOf(answer)]).toEqual([502, 'SIGNATURE_MISMATCH']);
    expect(answer.text).not.toContain('"xml"');
    expect(running.audit().at(-1)).toMatchObject({ event: 'signature.failed', result: 'SIGNATURE_MISMATCH' });
  });
});
