/**
 * The login page of the card methods in a real browser: TLS client authentication by a My Number card's own key, over
 * Chromium, NSS, OpenSC, pcscd and a virtual card, with the PIN typed into NSS's own question.
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import type { IssuedCertificate } from '../../src/sandbox/ca/test-ca.ts';
import { createTestJpkiCa, type TestJpkiCa } from '../../src/sandbox/ca/test-jpki-ca.ts';
import type { CardIdentity } from '../../src/sandbox/cards/card-options.ts';
import { VirtualJpkiCard } from '../../src/sandbox/cards/virtual-jpki-card.ts';
import { connectToVpcd, type VpcdConnection } from '../../src/sandbox/cards/vpcd-connection.ts';
import type { RemoteService } from '../../src/sandbox/remote/remote-service.ts';
import { startRemoteService } from '../../src/sandbox/remote/start-remote-service.ts';
import { makeCardIdentity } from '../support/card-identity.ts';
import { describeWith } from '../support/machine.ts';
import { openNssBrowser, type NssBrowser } from '../support/nss-browser.ts';
import { startPcscd, type PrivatePcscd } from '../support/pcscd.ts';
import { RemoteTerminal } from '../support/remote-terminal.ts';
import { startDisplay, type XDisplay } from '../support/x-display.ts';

const patient = { timeout: 60_000, interval: 200 };
const pinQuestion = 'Unlock Security Device';

describeWith(['pcscd', 'vpcd', 'gcc', 'libpcsclite', 'chromium', 'certutil', 'modutil', 'opensc-onepin', 'Xvfb', 'xdotool'], 'a card login in Chromium', () => {
  let pcscd: PrivatePcscd;
  let display: XDisplay;
  let service: RemoteService;
  let terminal: RemoteTerminal;
  let ca: TestJpkiCa;
  let holder: IssuedCertificate;
  let documents: CardIdentity;
  let home: string;
  let card: VirtualJpkiCard;
  let inserted: VpcdConnection | undefined;
  let browser: NssBrowser | undefined;

  beforeAll(async () => {
    ca = await createTestJpkiCa();
    [holder, documents, pcscd, display, service] = await Promise.all([ca.issueAuthentication(), makeCardIdentity('Doctor'), startPcscd(), startDisplay(), startRemoteService({ jpki: ca })]);
    service.people.enrol(holder.certificate, service.people.person('doctor'));
    terminal = new RemoteTerminal(service);
  });
  afterEach(async () => {
    await browser?.close();
    await inserted?.remove();
    await rm(home, { recursive: true, force: true });
  });
  afterAll(async () => {
    await terminal.close();
    await service.close();
    await display.stop();
    await pcscd.stop();
  });

  async function open(): Promise<Page> {
    card = new VirtualJpkiCard({ authentication: { certificate: holder.certificate.der, privateKey: holder.privateKey, ca: ca.authentication.certificate.der }, signing: documents });
    inserted = await connectToVpcd(card, { port: pcscd.readers[0]?.port ?? 0 });
    home = await mkdtemp(join(tmpdir(), 'card-browser-'));
    browser = await openNssBrowser(home, display, service.trust.tlsCa.serverRoot);
    const page = browser.context.pages()[0] ?? (await browser.context.newPage());
    // The keyboard is in the page, where Enter does nothing.
    await page.goto('data:text/html,<title>terminal</title><p>start</p>');
    await page.click('p');
    return page;
  }

  function authorization(verifier: string): string {
    const { authorization: address, redirectUri } = service.addresses.kagura;
    const url = new URL(address);
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    const order = { client_id: 'JPKI', response_type: 'code', scope: 'openid', prompt: 'login', redirect_uri: redirectUri, code_challenge: challenge, code_challenge_method: 'S256' };
    for (const [name, value] of Object.entries(order)) url.searchParams.set(name, value);
    return url.href;
  }

  const windowTitled = async (title: RegExp): Promise<string | undefined> => [...(await display.windows())].find(([, name]) => title.test(name))?.[0];

  async function answerPin(pin: string, key: 'Return' | 'Escape' = 'Return'): Promise<void> {
    const question = await vi.waitUntil(() => windowTitled(new RegExp(`^${pinQuestion}$`)), patient);
    await display.type(question, pin, key);
    await vi.waitUntil(async () => (await windowTitled(new RegExp(`^${pinQuestion}$`))) !== question, patient);
  }

  it('proves the doctor by the key of the card, for one PIN', { timeout: 180_000 }, async () => {
    const page = await open();
    expect(await browser?.modules()).toMatch(/JPKI \(User Authentication PIN\)/);
    expect(await browser?.modules()).not.toMatch(/Digital Signature/);
    const verifier = randomBytes(32).toString('base64url');
    const { redirectUri, token } = service.addresses.kagura;
    let ended: URL | undefined;
    page.on('request', (request) => {
      if (request.url().startsWith(redirectUri)) ended = new URL(request.url());
    });
    page.goto(authorization(verifier)).catch(() => undefined); // its end is an address that is nowhere
    await answerPin('1234');
    // Chromium's choice of a certificate lies in its own window and has no title: its first, and only, one is taken by Enter.
    const end = await vi.waitUntil(async () => {
      const window = ended === undefined ? await windowTitled(/ - Chromium$/) : undefined;
      if (window !== undefined) await display.type(window, '');
      return ended;
    }, { ...patient, interval: 500 });

    expect(card.statistics).toMatchObject({ pinsPresented: 1, signatures: 1 });
    expect([card.triesLeft('authentication'), card.triesLeft('signing')]).toEqual([3, 5]);
    const { status, body } = await terminal.form(token, { grant_type: 'authorization_code', client_id: 'JPKI', code: end.searchParams.get('code') ?? '', redirect_uri: redirectUri, code_verifier: verifier });
    expect(status).toBe(200);
    const claims = JSON.parse(Buffer.from(String(body['id_token']).split('.')[1] ?? '', 'base64url').toString('utf8')) as Record<string, unknown>;
    expect(claims).toMatchObject({ sub: 'hpki-2nd-0001', aud: 'JPKI', acr: 'JPKI', amr: ['sc', 'pin'] });
    expect(service.errors).toEqual([]);
  });

  it('spends one try on a wrong PIN, and asks again', { timeout: 180_000 }, async () => {
    const page = await open();
    page.goto(authorization(randomBytes(32).toString('base64url'))).catch(() => undefined);
    await answerPin('0000');
    await vi.waitUntil(() => windowTitled(new RegExp(`^${pinQuestion}$`)), patient);
    expect(card.statistics).toMatchObject({ pinsPresented: 1, signatures: 0 });
    expect(card.triesLeft('authentication')).toBe(2);
    await answerPin('', 'Escape');
    expect(card.triesLeft('authentication')).toBe(2);
  });
});
