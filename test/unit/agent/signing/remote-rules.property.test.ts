import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import type { Caller } from '../../../../src/agent/ports.ts';
import type { SignatureSnapshot } from '../../../../src/agent/signing/signature-service.ts';
import { samplePrescriptionCsv } from '../../../../src/sandbox/samples/prescription.ts';
import { accountOf, createCast, ehr, otherEhr, requestFor, SigningDesk, type Cast } from './signing-desk.ts';
import { refused } from './played-provider.ts';

let cast: Cast;
beforeAll(async () => {
  cast = await createCast();
});

/** Whom each staff id of the EHR really is. The person at the desk knows, and confirms nobody else. */
const people = { D1: 'doctor', D2: 'otherDoctor' } as const;
type StaffId = keyof typeof people;
type Who = 'doctor' | 'otherDoctor' | 'pharmacist';

const faults = ['none', 'none', 'lost', 'unreachable', 'refused', 'revoked', 'wrong_hash', 'wrong_certificate', 'cut_off'] as const;
const sign = fc.record({
  act: fc.constant('sign' as const),
  key: fc.integer({ min: 0, max: 5 }),
  client: fc.boolean(),
  fault: fc.constantFrom(...faults),
  atCall: fc.integer({ min: 1, max: 3 }),
  /** Whose phone scans the code, should one be shown. */
  phone: fc.constantFrom<Who>('doctor', 'otherDoctor', 'pharmacist'),
});
/** Never a day in all: after 24 hours a key is a new one. Tokens live three hours here. */
const wait = fc.record({ act: fc.constant('wait' as const), minutes: fc.constantFrom(1, 30, 90) });
const restart = fc.constant({ act: 'restart' as const });
const acts = fc.array(fc.oneof({ weight: 6, arbitrary: sign }, { weight: 1, arbitrary: wait }, { weight: 1, arbitrary: restart }), { minLength: 1, maxLength: 12 });

/** A key stands for one body of one staff member: what an EHR would send again. */
function requestOf(key: number): { readonly staffId: StaffId; readonly documents: number; readonly partial: boolean } {
  return { staffId: key % 2 === 0 ? 'D1' : 'D2', documents: 1 + (key % 3), partial: key >= 4 };
}

class World {
  readonly desk: SigningDesk;
  /** Signatures that the service has made, by client and key. */
  readonly made = new Map<string, number>();
  readonly released: SignatureSnapshot[] = [];

  constructor(form: 'value' | 'element', sealed: boolean) {
    this.desk = new SigningDesk(cast, { remote: { form, sealed } });
    this.desk.provider.lifetimeMs = 3 * 3_600_000;
    this.#meetPerson();
  }

  async run(act: typeof acts extends fc.Arbitrary<readonly (infer A)[]> ? A : never): Promise<void> {
    if (act.act === 'wait') {
      this.desk.clock.advance(act.minutes * 60_000);
      await this.desk.sessions.look();
    } else if (act.act === 'restart') {
      await this.desk.restart();
      this.#meetPerson();
    } else await this.#sign(act);
  }

  async #sign({ key, client, fault, atCall, phone }: typeof sign extends fc.Arbitrary<infer S> ? S : never): Promise<void> {
    const { provider } = this.desk;
    const { staffId, documents, partial } = requestOf(key);
    const caller: Caller = client ? ehr : otherEhr;
    provider.account = accountOf(cast[phone]);
    provider.hashesAtOnce = 1;
    const first = provider.calls;
    const isNow = (): boolean => provider.calls - first === atCall;
    provider.beforeCall = () => {
      if (!isNow()) return;
      if (fault === 'unreachable') throw refused('PROVIDER_UNREACHABLE');
      if (fault === 'refused') throw refused('PROVIDER_REFUSED');
      if (fault === 'revoked') provider.forgetTokens();
    };
    provider.afterCall = () => {
      if (isNow() && fault === 'lost') throw refused('REMOTE_ANSWER_LOST');
      if (isNow() && fault === 'cut_off') throw new Error('something that no provider should throw');
    };
    provider.twist = (hash) => (isNow() && fault === 'wrong_hash' ? new Uint8Array(32).fill(key) : hash);
    const swapped = fault === 'wrong_certificate' ? accountOf(cast[people[staffId] === 'doctor' ? 'otherDoctor' : 'doctor']) : null;
    if (swapped) provider.account = swapped;

    const before = provider.signed.length;
    const request = requestFor([], {
      method: 'remote',
      partial,
      staff: { id: staffId, name: staffId },
      documents: Array.from({ length: documents }, (_, n) => ({ id: `rx-${n}`, type: 'prescription' as const, csv: samplePrescriptionCsv({ issued: '20260401', expires: '20260404', patient: { name: `患者${key}の${n}`, kana: 'ｶﾝｼﾞｬ' } }) })),
    });
    const snapshot = await this.desk.sign(`k${key}`, request, caller);
    const name = `${caller.clientId} ${key}`;
    this.made.set(name, (this.made.get(name) ?? 0) + provider.signed.length - before);
    if (snapshot.state === 'signed') this.released.push(snapshot);

    // Nothing is asked of the service twice under one key.
    expect(this.made.get(name)).toBeLessThanOrEqual(documents);
    // Nothing is released under another's certificate.
    if (snapshot.result) expect(snapshot.result.signer.certificateSha256).toBe(cast[people[staffId]].certificate.sha256);
    // Whoever is bound is who they are.
    for (const bound of this.desk.bindings.list()) {
      const own = cast[people[bound.staffId as StaffId]].certificate;
      expect(bound.subjects.map(({ subject }) => subject)).toEqual(bound.subjects.map(() => own.subject.text));
      expect(bound.accounts.map(({ subject }) => subject)).toEqual(bound.accounts.map(() => accountOf(cast[people[bound.staffId as StaffId]]).subject));
    }
  }

  #meetPerson(): void {
    this.desk.person.bind = ({ staff, certificate }) => (certificate.certificateSha256 === cast[people[staff.id as StaffId]].certificate.sha256 ? 'confirmed' : 'cancelled');
  }
}

it.each(['value', 'element'] as const)(
  'whoever authenticates, whatever comes back and whenever it ends: never another certificate, never a second signature under one key (%s)',
  async (form) => {
    const seen = { signed: 0, failed: 0 };
    await fc.assert(
      fc.asyncProperty(acts, fc.boolean(), async (script, sealed) => {
        fc.pre(script.some(({ act }) => act === 'sign'));
        const world = new World(form, sealed);
        try {
          for (const act of script) await world.run(act);
          seen.signed += world.released.length;
          seen.failed += world.desk.auditEntries().filter(({ event }) => event === 'signature.failed').length;
          await world.desk.stop();
          expect(await world.desk.verifyAudit()).toMatchObject({ ok: true });
          const releases = world.desk.auditEntries().filter(({ event }) => event === 'signature.released').map(({ request }) => request);
          expect(new Set(releases).size).toBe(releases.length);
        } finally {
          await world.desk.dispose();
        }
      }),
      { numRuns: 40 },
    );
    expect(seen.signed).toBeGreaterThan(10);
    expect(seen.failed).toBeGreaterThan(10);
  },
  300_000,
);
