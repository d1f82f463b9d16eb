/**
 * Specs of remote signing: an app beside the sandbox's service, an EHR, a phone whose authenticator Chromium plays, and the
 * doctor of both.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type Page } from '@playwright/test';
import jsqr from 'jsqr';
import { PNG } from 'pngjs';
import { readPem } from '../../../src/formats/pki/pem.ts';
import type { VerificationReport } from '../../../src/formats/xades/report.ts';
import { verifySignedDocument } from '../../../src/formats/xades/verifier.ts';
import { findChromium, VirtualPhones, type VirtualPhone } from '../../../src/sandbox/remote/virtual-phone.ts';
import type { PlayedRemote } from '../app/played.ts';
import { axeIn } from './axe.ts';
import { confirmBinding, Desktop, test as base } from './desktop.ts';
import type { StartOptions } from './application.ts';
import type { Ehr, EhrAnswer, EhrStaff, Signing } from './ehr.ts';
import { prescription } from './ehr.ts';

/** The service knows him as the EHR does. */
export const doctor: EhrStaff = { id: 'D0012', name: '医者 三郎' };
export const phonePassword = 'sandbox-doctor';

export interface Remote {
  readonly desktop: Desktop;
  readonly ehr: Ehr;
  /** The window that asks the doctor to authenticate. */
  readonly page: Page;
  /** For this doctor, by whichever way is open. */
  sign(id?: string): Signing;
  /** How often an endpoint of the service was called. */
  calls(endpoint: string): Promise<number>;
  /** Ends the authentication, and forgets the EHR's questions and notices: as before the day. */
  reset(): Promise<void>;
}

export async function startRemote(remote: PlayedRemote, options: StartOptions = {}, policy?: object): Promise<Remote> {
  const desktop = await Desktop.start({ ...options, played: { remote, policy } });
  const ehr = await desktop.ehr('見本電子カルテ');
  return {
    desktop,
    ehr,
    page: await desktop.page('authentication'),
    sign: (id = 'rx-1') => ehr.sign([prescription(id)], doctor, undefined, 'auto'),
    calls: (endpoint) => desktop.app.evaluate((_electron, name) => globalThis.e2e?.service?.calls.received(name) ?? 0, endpoint),
    async reset() {
      await ehr.call('DELETE', `/v1/sessions/${doctor.id}`);
      await desktop.reset();
      await desktop.untilVisible('authentication', false);
      await desktop.app.evaluate(() => globalThis.e2e?.service?.control.setClockOffset(0));
    },
  };
}

interface WorkerFixtures {
  readonly phones: VirtualPhones;
}

/* eslint-disable no-empty-pattern -- Playwright reads the fixtures' names from the pattern. */
export const test = base.extend<object, WorkerFixtures>({
  phones: [
    async ({}, use) => {
      const chromium = process.env['ELECTRON_HOST_CHROMIUM'] ?? findChromium();
      if (chromium === undefined) throw new Error('The phone needs a Chromium');
      const phones = await VirtualPhones.open(chromium);
      await use(phones);
      await phones.close();
    },
    { scope: 'worker' },
  ],
});
/* eslint-enable no-empty-pattern */

export { expect };

/** A phone that is the doctor's: its first registration is a ticket and a password. */
export async function registeredPhone(phones: VirtualPhones, { desktop }: Remote): Promise<VirtualPhone> {
  const phone = await phones.phone();
  const ticket = await desktop.app.evaluate(() => globalThis.e2e?.service?.control.issueTicket('doctor').url ?? '');
  expect(await phone.register(ticket, phonePassword)).toMatchObject({ outcome: 'done' });
  return phone;
}

/** The end of a request. Where this certificate is new here, a person compares the names first. */
export async function answerOf(signing: Signing, { desktop }: Remote): Promise<EhrAnswer> {
  const page = await desktop.page('signature');
  const question = page.getByRole('button', { name: '同じ人です' });
  const end = { isHere: false };
  void signing.answer.finally(() => (end.isHere = true)).catch(() => undefined);
  await expect.poll(async () => end.isHere || (await question.isVisible())).toBe(true);
  if (!end.isHere) await confirmBinding(page);
  return signing.answer;
}

/** What a camera reads from the screen. A page that is just being replaced has no picture; then the camera looks again. */
export async function scan(page: Page): Promise<string> {
  let text = '';
  const read = async (): Promise<string> => {
    const picture = await page.screenshot().catch((error: unknown) => {
      if (String(error).includes('Unable to capture screenshot')) return undefined;
      throw error;
    });
    if (picture === undefined) return '';
    const { data, width, height } = PNG.sync.read(picture);
    return (text = jsqr.default(new Uint8ClampedArray(data), width, height)?.data ?? '');
  };
  await expect.poll(read, { message: 'a QR code on the screen' }).toMatch(/^https?:/);
  return text;
}

/** An answer's one document, as somebody else would verify it. */
export function verify({ json }: EhrAnswer, { desktop }: Remote): VerificationReport {
  const [{ xml } = { xml: '' }] = json['documents'] as readonly { readonly xml: string }[];
  const pem = (name: string): readonly Uint8Array[] => readPem(readFileSync(join(desktop.app.userData, 'service', name), 'latin1'));
  return verifySignedDocument(Buffer.from(xml, 'base64'), { anchors: pem('trust.pem'), chain: pem('chain.pem'), crls: pem('crl.pem'), at: new Date() });
}

/** WCAG 2.2 A and AA, on the page as it stands. */
export async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await (await axeIn(page)).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
}
