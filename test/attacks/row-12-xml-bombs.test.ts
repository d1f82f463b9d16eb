/**
 * Row 12: XXE, entity bombs and transforms. XML of strangers made other signers read files, call out, run programs (XSLT)
 * or eat all memory. Here a DOCTYPE, an entity or a processing instruction ends the reading before anything is
 * resolved, only the algorithms of the profile are computed, and size, depth and number of nodes are capped. A listener and
 * a file stand ready to notice whoever follows a reference, and a good client measures that the agent still answers.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { VerificationAnswer } from '../../src/contract/api.ts';
import { sampleDispensingCsv } from '../../src/sandbox/samples/dispensing.ts';
import { samplePrescriptionCsv } from '../../src/sandbox/samples/prescription.ts';
import { signAs } from '../unit/formats/xades/signing-people.ts';
import { codeOf, RunningAgent } from '../support/running-agent.ts';
import { TestClinic } from '../support/test-clinic.ts';

const canary = 'CANARY-OF-THE-SENTINEL-FILE';
let running: RunningAgent;
let good: string;
let folder: string;
let sentinel: Server;
let called = 0;
let sentinelUrl: string;

beforeAll(async () => {
  const clinic = await TestClinic.open();
  running = await RunningAgent.start({ clinic, inserted: clinic.card('pharmacist') });
  good = signAs(clinic.people.doctor, { type: 'prescription', csv: samplePrescriptionCsv() }).toString();
  folder = mkdtempSync(path.join(tmpdir(), 'hpki-sentinel-'));
  writeFileSync(path.join(folder, 'sentinel'), canary);
  sentinel = createServer((socket) => {
    called += 1;
    socket.destroy();
  }).listen(0, '127.0.0.1');
  await once(sentinel, 'listening');
  sentinelUrl = `http://127.0.0.1:${(sentinel.address() as AddressInfo).port}/`;
});
afterAll(async () => {
  await running.close();
  sentinel.close();
  rmSync(folder, { recursive: true });
});

const file = (): string => `file://${path.join(folder, 'sentinel')}`;
const after = (declaration: string, body = good): string => body.replace('?>', `?>${declaration}`);
const withTransform = (transform: string): string =>
  good.replace('<xs:Reference URI="#PrescriptionDocument">', (tag) => `${tag}<xs:Transforms><xs:Transform Algorithm="${transform}"/></xs:Transforms>`);
const bomb = (): string => {
  const levels = Array.from({ length: 20 }, (_, n) => `<!ENTITY e${n + 1} "${`&e${n};`.repeat(10)}">`);
  return `<!DOCTYPE Document [<!ENTITY e0 "ha">${levels.join('')}]>`;
};

const attacks: readonly (readonly [string, () => string])[] = [
  ['an external entity that is a file', () => after(`<!DOCTYPE Document [<!ENTITY x SYSTEM "${file()}">]>`).replace('EPS1.0', '&x;')],
  ['an external entity that is an address', () => after(`<!DOCTYPE Document [<!ENTITY x SYSTEM "${sentinelUrl}">]>`).replace('EPS1.0', '&x;')],
  ['an external parameter entity', () => after(`<!DOCTYPE Document [<!ENTITY % x SYSTEM "${sentinelUrl}"> %x;]>`)],
  ['an external DTD', () => after(`<!DOCTYPE Document SYSTEM "${sentinelUrl}">`)],
  ['a billion laughs', () => after(bomb()).replace('EPS1.0', '&e20;')],
  ['a quadratic blow-up', () => after(`<!DOCTYPE Document [<!ENTITY x "${'x'.repeat(100_000)}">]>`).replace('EPS1.0', '&x;'.repeat(10_000))],
  ['a style sheet', () => after(`<?xml-stylesheet href="${sentinelUrl}"?>`)],
  ['an XInclude', () => good.replace('<Prescription>', `<Prescription><xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="${file()}" parse="text"/>`)],
  ['an XSLT transform', () => withTransform('http://www.w3.org/TR/1999/REC-xslt-19991116')],
  ['an XPath transform', () => withTransform('http://www.w3.org/TR/1999/REC-xpath-19991116')],
  ['an XPath filter', () => withTransform('http://www.w3.org/2002/06/xmldsig-filter2')],
  ['a base64 transform', () => withTransform('http://www.w3.org/2000/09/xmldsig#base64')],
  ['a reference to a file', () => good.replace('URI="#PrescriptionDocument"', () => `URI="${file()}"`)],
  ['a reference to an address', () => good.replace('URI="#PrescriptionDocument"', () => `URI="${sentinelUrl}"`)],
  ['a retrieval method', () => good.replace(/<xs:KeyInfo(.*?)>/, (tag) => `${tag}<xs:RetrievalMethod URI="${sentinelUrl}"/>`)],
  ['a signature by HMAC', () => good.replace('http://www.w3.org/2001/04/xmldsig-more#rsa-sha256', 'http://www.w3.org/2000/09/xmldsig#hmac-sha1')],
  ['a digest by MD5', () => good.replaceAll('http://www.w3.org/2001/04/xmlenc#sha256', 'http://www.w3.org/2001/04/xmldsig-more#md5')],
  ['ten thousand elements inside each other', () => good.replace('<Prescription>', `<Prescription>${'<a>'.repeat(10_000)}${'</a>'.repeat(10_000)}`)],
  ['three hundred thousand elements', () => good.replace('<Prescription>', `<Prescription>${'<a/>'.repeat(300_000)}`)],
  ['ten thousand attributes', () => good.replace('<Prescription>', `<Prescription ${Array.from({ length: 10_000 }, (_, n) => `a${n}=""`).join(' ')}>`)],
  ['ten thousand namespaces', () => good.replace('<Prescription>', `<Prescription ${Array.from({ length: 10_000 }, (_, n) => `xmlns:a${n}="urn:${n}"`).join(' ')}>`)],
];

describe('a hostile file', () => {
  it.each(attacks)('with %s is INVALID soon, nested or by itself, and nothing was fetched', async (_what, make) => {
    const hostile = make();
    expect(hostile).not.toBe(good);
    const begun = process.cpuUsage();
    const xml = Buffer.from(hostile).toString('base64');
    const verified = await running.ask('/v1/verifications', { method: 'POST', body: JSON.stringify({ xml }) });
    expect((verified.json as VerificationAnswer).verdict).toBe('INVALID');
    const nested = await running.sign({
      staff: { id: 'P0001', name: '調剤 花子' },
      documents: [{ id: 'dx-1', type: 'dispensing', csv: Buffer.from(sampleDispensingCsv()).toString('base64'), prescription: xml }],
    });
    expect([nested.status, codeOf(nested)]).toEqual([422, 'DOCUMENT_INVALID']);
    // Not a measure of speed: an entity bomb or a slow transform takes minutes or never ends. Of this process alone, in µs.
    const { user, system } = process.cpuUsage(begun);
    expect(user + system).toBeLessThan(10_000_000);
    expect(verified.text + nested.text).not.toContain(canary);
    expect(called).toBe(0);
    expect(running.person.shown).toEqual([]);
    expect((await running.ask('/v1/status')).status).toBe(200);
  });

  it('with a schema location, which is legal, is read as if that were not there', async () => {
    const xml = Buffer.from(good.replace('<Document ', `<Document xsi:schemaLocation="urn:x ${sentinelUrl}" `)).toString('base64');
    const verified = await running.ask('/v1/verifications', { method: 'POST', body: JSON.stringify({ xml }) });
    expect((verified.json as VerificationAnswer).verdict).toBe('VALID');
    expect(called).toBe(0);
  });

  it('as a CSV is shown as text and nothing else: no formula, entity or markup is resolved', async () => {
    const csv = new TextEncoder().encode(new TextDecoder().decode(samplePrescriptionCsv()).replace('朝食後の薬は一包化してください', `&lt;${file()} <!ENTITY> =HYPERLINK("${sentinelUrl}")`));
    const answer = await running.sign({ documents: [{ id: 'rx-1', type: 'prescription', csv: Buffer.from(csv).toString('base64') }] });
    // A pharmacist's card may not sign it; that it was read is enough.
    expect(codeOf(answer)).toBe('ROLE_NOT_ALLOWED');
    expect(called).toBe(0);
  });
});
