/** The CSC provider at the sandbox's service: real TLS with the facility's certificate, real OAuth, real signatures. */
import { createHash, verify, X509Certificate } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { AuthenticationSteps, IssuedToken, PhoneCode, RemoteCredential, RemoteToken, ValueSigning } from '../../../src/agent/remote/remote-provider.ts';
import type { ServiceFetch } from '../../../src/agent/remote/network/service-fetch.ts';
import type { FaultToArm } from '../../../src/sandbox/remote/faults/fault.ts';
import type { RemoteService } from '../../../src/sandbox/remote/remote-service.ts';
import { startRemoteService } from '../../../src/sandbox/remote/start-remote-service.ts';
import { approve, cardKey, cscSettings, loginByPhone, onlyToken, openDesk, order, steps, type ProviderDesk } from '../../support/remote-provider-desk.ts';

const never = new AbortController().signal;
const hashes = (count: number): readonly Uint8Array[] => Array.from({ length: count }, (_, index) => createHash('sha256').update(`document ${index}`).digest());

let service: RemoteService;
let desk: ProviderDesk;

beforeAll(async () => {
  service = await startRemoteService({ multisign: 3 });
  desk = await openDesk(service, cscSettings(service));
});
afterAll(async () => {
  desk.close();
  await service.close();
});
afterEach(() => {
  service.control.disarm();
  service.clock.offset = 0;
});

const problemOf = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'nothing failed',
    (error: unknown) => (error as { problem?: { code?: string } }).problem?.code ?? error,
  );

/** The token of a login that ends by `code` after the service has issued one. */
async function refusedToken(at: ProviderDesk, code: string, own: Partial<AuthenticationSteps> = {}): Promise<RemoteToken> {
  const discarded: Promise<IssuedToken | null>[] = [];
  expect(await problemOf(loginByPhone(at, service, 'doctor', { ...own, discard: (token) => discarded.push(token) }))).toBe(code);
  return onlyToken(discarded);
}

/** It lives at the service until it is revoked there. */
async function expectRevocable({ provider }: ProviderDesk, token: RemoteToken): Promise<void> {
  if (provider.signing.form !== 'value') throw new Error('CSC signs values');
  const { signing } = provider;
  expect(await signing.credentials(token, never)).not.toHaveLength(0);
  await provider.revoke(token, never);
  expect(await problemOf(signing.credentials(token, never))).toBe('TOKEN_EXPIRED');
}

describe('a login by phone', () => {
  it('brings a token that names the person and ends when the service says', async () => {
    let shown: { number: string | null; uri: string; expiresAt: Date } | undefined;
    const begun = Date.now();
    const token = await desk.provider.authenticate(
      order('smartphone'),
      steps({
        showCode: (code) => {
          shown = code;
          void approve(service, code, 'doctor');
        },
      }),
      never,
    );
    expect(token).toMatchObject({ subject: 'hpki-2nd-0001', method: 'smartphone' });
    expect(token.expiresAt.getTime() - begun).toBeGreaterThan(18 * 3600 * 1000 - 5000);
    expect(token.expiresAt.getTime() - begun).toBeLessThan(18 * 3600 * 1000 + 60_000);
    expect(shown?.number).toMatch(/^\d{3}$/);
    expect(shown?.uri.length).toBeLessThanOrEqual(80);
    expect(shown?.expiresAt.getTime()).toBeLessThanOrEqual(begun + 125_000);
  });

  it('says whose phone it was, whoever was expected: comparing is the agent\'s affair', async () => {
    expect((await loginByPhone(desk, service, 'otherDoctor')).subject).toBe('hpki-2nd-0003');
  });

  it('is refused by a wrong number, three times', async () => {
    const wrong = steps({
      showCode: ({ userCode, number }) => {
        const signIn = service.signIns.find(userCode);
        const other = number === '111' ? '222' : '111';
        void (async () => {
          for (let tries = 0; tries < 3; tries += 1) await signIn?.tryNumber('a phone', other);
        })();
      },
    });
    expect(await problemOf(desk.provider.authenticate(order('smartphone'), wrong, never))).toBe('AUTHENTICATION_REFUSED');
  });

  it.each<[string, FaultToArm]>([
    ['whose connection broke', { kind: 'cut-after-read' }],
    ['that was answered 500', { kind: 'status', status: 500 }],
    ['that was answered 503, without a time', { kind: 'status', status: 503 }],
    ['that was answered 429', { kind: 'status', status: 429, retryAfter: 1 }],
  ])('outlives a poll %s, and asks later the next time', async (_what, fault) => {
    service.control.arm({ ...fault, on: 'oauth.token' });
    const before = service.calls.received('oauth.token');
    const begun = performance.now();
    expect((await loginByPhone(desk, service)).subject).toBe('hpki-2nd-0001');
    // The sandbox's interval is 2 s; the second poll comes 4 s after the first.
    expect(performance.now() - begun).toBeGreaterThan(5900);
    expect(service.calls.received('oauth.token') - before).toBe(2);
  });

  it('whose token was lost on its way is over by that name: the token is handed out once', async () => {
    service.control.arm({ kind: 'cut-after-work', on: 'oauth.token' });
    const before = service.calls.received('oauth.token');
    const end = loginByPhone(desk, service).catch((error: unknown) => error);
    expect(await end).toMatchObject({ problem: { code: 'PROVIDER_UNREACHABLE', detail: { en: expect.stringContaining('did not arrive') as string } } });
    expect(service.calls.received('oauth.token') - before).toBe(2);
  });

  it.each([
    [500, 'PROVIDER_UNREACHABLE'],
    [503, 'SERVICE_SUSPENDED'],
    [429, 'SERVICE_SUSPENDED'],
    [404, 'PROVIDER_REFUSED'],
  ])('that cannot even begin, answered %i, ends as %s and not as a refusal by a person', async (status, code) => {
    service.control.arm({ kind: 'status', status, on: 'oauth.device_authorization', times: null });
    expect(await problemOf(desk.provider.authenticate(order('smartphone'), steps({}), never))).toBe(code);
  });

  it('ends at once when its caller ends it, with the caller\'s own reason', async () => {
    const ending = new AbortController();
    const reason = new Error('the person closed the window');
    const showing = steps({ showCode: () => ending.abort(reason) });
    await expect(desk.provider.authenticate(order('smartphone'), showing, ending.signal)).rejects.toBe(reason);
  });

  it('that its caller ends while a poll is under way still brings the token which that poll was given, to be revoked', async () => {
    const ending = new AbortController();
    let approved = Promise.resolve();
    const leavingMeanwhile = (plain: ServiceFetch): ServiceFetch => async (address, init) => {
      if (!(init?.body instanceof URLSearchParams && init.body.has('grant_type'))) return plain(address, init);
      await approved;
      // The service has its answer on the way when the person leaves; whose signal aborts then gets none, as fetch has it.
      const answer = await plain(address, init);
      ending.abort(new Error('the person closed the window'));
      init.signal?.throwIfAborted();
      return answer;
    };
    const left = await openDesk(service, cscSettings(service), leavingMeanwhile);
    const showing = steps({ showCode: (code) => void (approved = approve(service, code, 'doctor')) });
    await expectRevocable(left, await left.provider.authenticate(order('smartphone'), showing, ending.signal));
    left.close();
  });

  it('does not begin where the clocks are ten minutes apart', async () => {
    service.clock.offset = 10 * 60 * 1000;
    expect(await problemOf(desk.provider.authenticate(order('smartphone'), steps({ showCode: () => undefined }), never))).toBe('CLOCK_WRONG');
  });

  it('ends by the time of its token where no answer tells one', async () => {
    const timeless = (plain: ServiceFetch): ServiceFetch => async (address, init) => {
      const answer = await plain(address, init);
      answer.headers.delete('date');
      return answer;
    };
    const without = await openDesk(service, cscSettings(service), timeless);
    expect((await loginByPhone(without, service)).subject).toBe('hpki-2nd-0001');
    service.clock.offset = 10 * 60 * 1000;
    await expectRevocable(without, await refusedToken(without, 'CLOCK_WRONG'));
    without.close();
  });

  it('takes no ID token that another key has signed', async () => {
    // Every byte of the answer is the service's own but for the last characters of the token's signature.
    const forging = (plain: ServiceFetch): ServiceFetch => async (address, init) => {
      const answer = await plain(address, init);
      if (!String(address).endsWith('/token') || answer.status !== 200) return answer;
      const body = (await answer.json()) as Record<string, string>;
      const idToken = body['id_token'] ?? '';
      const [head = '', claims = '', signature = ''] = idToken.split('.');
      const forged = `${head}.${claims}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
      return new Response(JSON.stringify({ ...body, id_token: forged }), { status: 200, headers: { 'content-type': 'application/json' } });
    };
    const forgery = await openDesk(service, cscSettings(service), forging);
    await expectRevocable(forgery, await refusedToken(forgery, 'AUTHENTICATION_REFUSED'));
    forgery.close();
  });

  it('whose token comes from another time is refused, and the token can be revoked in spite of that', async () => {
    const lateAnswer = (code: PhoneCode): void => {
      void approve(service, code, 'doctor').then(() => (service.clock.offset = -10 * 60 * 1000));
    };
    await expectRevocable(desk, await refusedToken(desk, 'CLOCK_WRONG', { showCode: lateAnswer }));
  });

  it.each(['id_token', 'expires_in'])('whose answer has no %s is refused, and its token can be revoked', async (missing) => {
    const bending = (plain: ServiceFetch): ServiceFetch => async (address, init) => {
      const answer = await plain(address, init);
      if (!String(address).endsWith('/token') || answer.status !== 200) return answer;
      return new Response(JSON.stringify({ ...((await answer.json()) as object), [missing]: undefined }), { status: 200, headers: { 'content-type': 'application/json' } });
    };
    const bent = await openDesk(service, cscSettings(service), bending);
    await expectRevocable(bent, await refusedToken(bent, 'PROVIDER_REFUSED'));
    bent.close();
  });
});

describe('a login by card', () => {
  it('takes one signature of the authentication key and brings the same token', async () => {
    const { certificate } = service.people.person('doctor');
    const key = cardKey(await service.trust.ca.issue({ ...certificate, kind: 'authentication' }));
    const token = await desk.provider.authenticate(order('hpki-card'), steps({ openCardKey: () => Promise.resolve(key) }), never);
    expect(token).toMatchObject({ subject: 'hpki-2nd-0001', method: 'hpki-card' });
  });

  it('is refused for a certificate that is for documents', async () => {
    const { certificate } = service.people.person('doctor');
    const key = cardKey(await service.trust.ca.issue({ ...certificate, kind: 'signing' }));
    const login = desk.provider.authenticate(order('hpki-card'), steps({ openCardKey: () => Promise.resolve(key) }), never);
    await expect(login).rejects.toMatchObject({ problem: { code: 'AUTHENTICATION_REFUSED', detail: { en: expect.stringMatching(/does not accept this card.* may .*clock/) as string } } });
  });
});

describe('a signature', () => {
  const signing = (): ValueSigning => {
    if (desk.provider.signing.form !== 'value') throw new Error('CSC signs values');
    return desk.provider.signing;
  };
  const collect = async (values: AsyncGenerator<Uint8Array>, into: Uint8Array[] = []): Promise<readonly Uint8Array[]> => {
    for await (const value of values) into.push(value);
    return into;
  };
  const calls = (): number => service.calls.received('csc.signatures.signHash');
  let token: RemoteToken;
  let credential: RemoteCredential;
  beforeAll(async () => {
    token = await loginByPhone(desk, service);
    const [only, ...more] = await signing().credentials(token, never);
    if (only === undefined) throw new Error('the doctor has a credential');
    expect(more).toEqual([]);
    credential = only;
  });

  it('is made in batches of what the credential takes, by the key of its certificate, in order', async () => {
    expect(credential).toMatchObject({ id: 'hpki-second-hpki-2nd-0001', hashesAtOnce: 3 });
    expect(credential.chain).toHaveLength(2);
    const before = calls();
    const wanted = hashes(7);
    const values = await collect(signing().sign(token, credential, wanted, never));
    expect(calls() - before).toBe(3);
    const { publicKey } = new X509Certificate(credential.certificate);
    values.forEach((value, index) => {
      expect(verify('sha256', Buffer.from(`document ${index}`), publicKey, value)).toBe(true);
    });
    expect(values).toHaveLength(7);
  });

  it('whose answer is lost is named, was sent once, and leaves what came before', async () => {
    service.control.arm({ kind: 'cut-after-work', on: 'csc.signatures.signHash', after: 1 });
    const before = calls();
    const values: Uint8Array[] = [];
    expect(await problemOf(collect(signing().sign(token, credential, hashes(7), never), values))).toBe('REMOTE_ANSWER_LOST');
    expect(values).toHaveLength(3);
    expect(calls() - before).toBe(2);
  });

  it.each([
    [500, 'REMOTE_ANSWER_LOST'],
    [502, 'REMOTE_ANSWER_LOST'],
    [503, 'REMOTE_ANSWER_LOST'],
    [429, 'SERVICE_SUSPENDED'],
    [400, 'PROVIDER_REFUSED'],
    [401, 'TOKEN_EXPIRED'],
  ])('that is answered %i ends as %s and is not sent again', async (status, code) => {
    service.control.arm({ kind: 'status', status, on: 'csc.signatures.signHash', times: null });
    const before = calls();
    expect(await problemOf(collect(signing().sign(token, credential, hashes(1), never)))).toBe(code);
    expect(calls() - before).toBe(1);
  });

  it('after the signal: the batch that was sent comes whole, no other is sent', async () => {
    const ending = new AbortController();
    const before = calls();
    const values: Uint8Array[] = [];
    for await (const value of signing().sign(token, credential, hashes(7), ending.signal)) {
      values.push(value);
      ending.abort(new Error('cancelled'));
    }
    expect(values).toHaveLength(3);
    expect(calls() - before).toBe(1);
  });

  it('is refused when the token was revoked, by whomever', async () => {
    const other = await loginByPhone(desk, service);
    await desk.provider.revoke(other, never);
    expect(await problemOf(collect(signing().sign(other, credential, hashes(1), never)))).toBe('TOKEN_EXPIRED');
    // Revoking it again is no failure (RFC 7009 §2.2).
    await desk.provider.revoke(other, never);
  });

  it('with a token that ran out while the service\'s clock went on', async () => {
    service.clock.offset = 18 * 3600 * 1000 + 1000;
    expect(await problemOf(collect(signing().sign(token, credential, hashes(1), never)))).toBe('TOKEN_EXPIRED');
  });
});

it('gives up a revocation when its caller does, where the service falls silent', async () => {
  const token = await loginByPhone(desk, service);
  service.control.arm({ kind: 'half-open', on: 'oauth.revocation' });
  const begun = performance.now();
  await expect(desk.provider.revoke(token, AbortSignal.timeout(300))).rejects.toMatchObject({ name: 'TimeoutError' });
  // Not when openid-client would have given up by itself.
  expect(performance.now() - begun).toBeLessThan(25_000);
});
