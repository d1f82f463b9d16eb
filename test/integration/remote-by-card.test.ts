/**
 * A day that begins with a card: the whole agent as it is installed (card host in its own process, PC/SC, the real pcscd,
 * readers played by vpcd) logs in at the sandbox's service by RFC 7523 with the card's authentication key, and the cloud signs.
 */
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { settingsSchema } from '../../src/agent/config/settings.ts';
import type { IssuedCertificate } from '../../src/sandbox/ca/test-ca.ts';
import { createTestJpkiCa, type TestJpkiCa } from '../../src/sandbox/ca/test-jpki-ca.ts';
import type { VirtualCard } from '../../src/sandbox/cards/virtual-card.ts';
import { VirtualJpkiCard } from '../../src/sandbox/cards/virtual-jpki-card.ts';
import { connectToVpcd, type VpcdConnection } from '../../src/sandbox/cards/vpcd-connection.ts';
import { describeWith, programPath } from '../support/machine.ts';
import { startPcscd, type PrivatePcscd } from '../support/pcscd.ts';
import { RemoteClinic, sessionOf, signRemotely } from '../support/remote-clinic.ts';
import { codeOf, type RunningAgent } from '../support/running-agent.ts';
import { startCardHosts } from '../support/start-card-hosts.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

describeWith(['pcscd', 'vpcd', 'gcc', 'libpcsclite', 'opensc'], 'an authentication by a card in a reader', () => {
  let pcscd: PrivatePcscd;
  let jpki: TestJpkiCa;
  let at: RemoteClinic;
  let enrolled: IssuedCertificate;
  const inserted: VpcdConnection[] = [];

  beforeAll(async () => {
    [pcscd, jpki] = await Promise.all([startPcscd({ readers: 1 }), createTestJpkiCa()]);
    at = await RemoteClinic.open({ jpki });
    enrolled = await jpki.issueAuthentication();
    at.service.people.enrol(enrolled.certificate, at.service.people.person('doctor'));
  });
  afterEach(async () => {
    await at.endAgents();
    await Promise.all(inserted.splice(0).map((connection) => connection.remove()));
  });
  afterAll(async () => {
    await at.close();
    await pcscd.stop();
  });

  async function myNumberCard(authentication = enrolled): Promise<VirtualJpkiCard> {
    const signing = await jpki.issueSigning();
    return new VirtualJpkiCard({
      authentication: { certificate: authentication.certificate.der, privateKey: authentication.privateKey, ca: jpki.authentication.certificate.der },
      signing: { certificate: signing.certificate.der, privateKey: signing.privateKey, ca: jpki.signing.certificate.der },
    });
  }

  /** Only this card, and only this way to authenticate. */
  async function withCard(card: VirtualCard, method: 'hpki-card' | 'mynumber-card', modules: readonly object[] = []): Promise<RunningAgent> {
    inserted.push(await connectToVpcd(card, { port: pcscd.vpcdPorts[0] ?? 0 }));
    return at.agent(
      'csc',
      { terminal: { authenticates: [method] } },
      { cards: (data) => startCardHosts(settingsSchema.parse({ cards: { modules } }), data) },
    );
  }
  const pins = ({ person }: RunningAgent) => person.shownAuthentication.flatMap((shown) => (shown.what === 'pin' ? [shown.question] : []));

  it.each([
    ['our own driver', []],
    ['OpenSC', ['opensc']],
  ] as const)('a My Number card (%s): one PIN, one assertion, and the cloud signs', async (_driver, modules) => {
    const card = await myNumberCard();
    const running = await withCard(card, 'mynumber-card', modules.map((name) => ({ path: programPath(name), purpose: 'authentication' })));
    expect((await signRemotely(running)).json).toMatchObject({ state: 'signed', method: 'remote' });
    expect(await sessionOf(running)).toMatchObject({ ready: true, method: 'mynumber-card' });
    // Nobody's name is on the card; the tries are.
    expect(pins(running)).toMatchObject([{ card: { kind: 'jpki', name: null }, tries: { triesLeft: 3 } }]);
    expect(card.triesLeft('authentication')).toBe(3);
    expect(card.triesLeft('signing')).toBe(5);
    expect(at.service.calls.received('oauth.token')).toBe(1);
    expect(at.service.signing.made).toEqual({ doctor: 1 });
  });

  it("a doctor's HPKI card, by its key for authentication", async () => {
    const running = await withCard(at.loginCard(), 'hpki-card');
    expect((await signRemotely(running)).json).toMatchObject({ state: 'signed', method: 'remote' });
    expect(pins(running)).toMatchObject([{ card: { kind: 'hpki' } }]);
    expect(at.service.signing.made).toEqual({ doctor: 1 });
  });

  it('a wrong PIN costs one try, is asked for again with the tries that are left, and nothing goes to the service for it', async () => {
    const card = await myNumberCard();
    const running = await withCard(card, 'mynumber-card');
    const typed = ['9999', '1234'];
    running.person.authenticationPin = () => typed.shift() ?? 'cancelled';
    running.person.spendLastTries = true;
    expect((await signRemotely(running)).status).toBe(201);
    expect(pins(running).map(({ tries, refused }) => [tries.triesLeft, refused])).toEqual([[3, null], [2, 'incorrect']]);
    expect(card.statistics.pinsPresented).toBe(2);
    expect(card.triesLeft('authentication')).toBe(3);
    expect(at.service.calls.received('oauth.token')).toBe(1);
  });

  it('a card that nobody has enrolled is refused by the service, and signs nothing', async () => {
    const running = await withCard(await myNumberCard(await jpki.issueAuthentication()), 'mynumber-card');
    expect(codeOf(await signRemotely(running))).toBe('AUTHENTICATION_REFUSED');
    expect(at.service.signing.made).toEqual({});
  });
});
