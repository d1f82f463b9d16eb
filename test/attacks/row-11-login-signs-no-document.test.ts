/**
 * Row 11 for logins: blind signing through a login. A remote service chooses what a login signs, so it could hand out the
 * hash of a prescription's SignedInfo as its challenge; and a card made on purpose could have the login's certificate where the
 * one for documents belongs. Here a PIN is typed for one purpose, and what a login's key has signed is no prescription: not
 * for the agent, and not for anyone who verifies.
 */
import { createHash } from 'node:crypto';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { loginPinOrder, openCardAssertionKey } from '../../src/agent/remote/card-assertion-key.ts';
import type { IssuedCertificate } from '../../src/sandbox/ca/test-ca.ts';
import { VirtualHpkiCard } from '../../src/sandbox/cards/virtual-hpki-card.ts';
import { LoginDesk } from '../support/login-desk.ts';
import { codeOf, RunningAgent } from '../support/running-agent.ts';
import { TestClinic } from '../support/test-clinic.ts';
import { until } from '../support/running-api.ts';
import { complaints, createSigningPeople, prepareAs, prescriptionCsv, type SigningPeople } from '../unit/formats/xades/signing-people.ts';

let people: SigningPeople;
let login: IssuedCertificate;
beforeAll(async () => {
  people = await createSigningPeople();
  login = await people.ca.issue({ kind: 'authentication', role: 'Medical Doctor', commonName: 'TEST Saburo Isha', kanjiName: 'テスト医者　三郎' });
});

const identity = ({ certificate, privateKey }: IssuedCertificate) => ({ certificate: certificate.der, privateKey });

let desk: LoginDesk | undefined;
let agent: RunningAgent | undefined;
afterEach(async () => {
  await desk?.close();
  await agent?.close();
  desk = undefined;
  agent = undefined;
});

it('a challenge that is the hash of a prescription yields no prescription', async () => {
  desk = new LoginDesk();
  desk.insert(new VirtualHpkiCard({ signing: identity(people.doctor), authentication: identity(login) }));
  const shown = await desk.shown();
  for (const certified of [login, people.doctor]) {
    const prepared = prepareAs(certified, { type: 'prescription', csv: prescriptionCsv });
    const session = await desk.cards.holdPin({ ...loginPinOrder(shown), pin: Buffer.from('1234'), spendLastTries: false });
    const key = openCardAssertionKey(desk.cards, shown, session);
    const signature = await key.sign(createHash('sha256').update(prepared.signedInfo).digest());
    await key.close();
    const report = people.verifier.verify(Buffer.from(prepared.assemble(signature)));
    expect(report.verdict).toBe('INVALID');
    // Under the login's own certificate the value holds, and the certificate is for something else.
    expect(complaints(report)).toContain(certified === login ? 'certificate.keyUsage INVALID' : 'signature.value INVALID');
  }
});

it('a card with the certificate of a login in the place of the one for documents signs no prescription', async () => {
  const clinic = await TestClinic.open();
  const own = await clinic.ca.issue({ kind: 'authentication', role: 'Medical Doctor', commonName: 'TEST ISHA SABURO' }, clinic.spareKey);
  const card = new VirtualHpkiCard({ signing: identity(own) });
  const running = await RunningAgent.start({ clinic, inserted: card });
  agent = running;
  await until(() => running.cardsReady() > 0, 'the card is read');
  expect(codeOf(await running.sign())).toBe('CARD_UNKNOWN');
  expect(card.statistics).toMatchObject({ pinsPresented: 0, signatures: 0 });
});
