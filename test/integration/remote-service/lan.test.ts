/** Phones that are not this machine: a name of its own, TLS, and WebAuthn under that name. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RemoteService } from '../../../src/sandbox/remote/remote-service.ts';
import { startRemoteService } from '../../../src/sandbox/remote/start-remote-service.ts';
import { VirtualPhones } from '../../../src/sandbox/remote/virtual-phone.ts';
import { describeWith, programPath } from '../../support/machine.ts';
import { RemoteTerminal } from '../../support/remote-terminal.ts';

const hostName = 'clinic-pc.sandbox.example';

describeWith(['chromium'], 'a phone in the same network', () => {
  let service: RemoteService;
  let terminal: RemoteTerminal;
  let phones: VirtualPhones;

  beforeAll(async () => {
    service = await startRemoteService({ phones: { hostName, address: '127.0.0.1' } });
    terminal = new RemoteTerminal(service);
    // What a name server and the phone's trust in the test CA would do.
    const own = [`--host-resolver-rules=MAP ${hostName} 127.0.0.1`, '--ignore-certificate-errors'];
    phones = await VirtualPhones.open(programPath('chromium'), own);
  });

  afterAll(async () => {
    await phones.close();
    await terminal.close();
    await service.close();
    expect(service.errors).toEqual([]);
  });

  it('registers and signs in under the name of this machine', async () => {
    const phone = await phones.phone();
    const ticket = service.control.issueTicket('doctor');
    expect(new URL(ticket.url).hostname).toBe(hostName);
    expect((await phone.register(ticket.url, 'sandbox-doctor')).outcome).toBe('done');
    const code = await terminal.deviceCode('482');
    expect(code.verification_uri_complete.length).toBeLessThanOrEqual(80);
    expect((await phone.signIn(code.verification_uri_complete, '482')).outcome).toBe('done');
    expect((await terminal.poll(code.device_code)).status).toBe(200);
  });

  it('can fetch the CA that it has to trust', async () => {
    const phone = await phones.phone();
    const response = await phone.page.request.get(`${service.addresses.phone.replace(hostName, '127.0.0.1')}/tls-root.pem`, { ignoreHTTPSErrors: true });
    expect(await response.text()).toBe(service.trust.tlsCa.serverRoot);
  });
});
