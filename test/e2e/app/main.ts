/** The desktop over virtual cards: what src/main/index.ts is for the installed program, this is for the specs. */
import { app } from 'electron';
import path from 'node:path';
import type { Agent } from '../../../src/agent/agent.ts';
import { launchSandboxDesktop } from '../../../scripts/dev/sandbox-desktop.ts';
import type { ReadPolicy } from '../../../src/agent/config/read-config.ts';
import { systemClock } from '../../../src/agent/system-clock.ts';
import { medicalDoctor, pharmacist } from '../../../src/formats/pki/hc-role.ts';
import { VirtualHpkiCard } from '../../../src/sandbox/cards/virtual-hpki-card.ts';
import type { RemoteService } from '../../../src/sandbox/remote/remote-service.ts';
import { openSandboxClinic, sandboxPeople, type SandboxClinic } from '../../../src/sandbox/sandbox-clinic.ts';
import { writePem } from '../../../src/formats/pki/pem.ts';
import type { PlayedClientCertificate } from '../../electron-host/electron/record.ts';
import { played } from './played.ts';
import { startPlayedService, type PlayedService } from './remote-service.ts';

/** Whose card it is. `second-card`: the doctor's too, with a certificate and a key of its own. */
export type CardOf = 'doctor' | 'second-card' | 'other-doctor' | 'pharmacist';

/** What a spec reaches by `app.evaluate`. */
export interface E2eSeam {
  readonly clinic: SandboxClinic;
  readonly agent: Agent;
  /** Null where the spec plays none. */
  readonly service: RemoteService | null;
  /** Puts a new card into a reader, which is plugged in where it is not there. */
  insertNew(of: CardOf, reader: string, options?: { readonly maxTries?: number }): Promise<void>;
  /** The doctor's card with a login key too. What its driver tells the system's store of it, PEM; beside it another doctor's. */
  insertLoginCard(reader: string): Promise<{ readonly own: PlayedClientCertificate; readonly other: PlayedClientCertificate }>;
}

declare global {
  var e2e: E2eSeam | undefined;
}

const people = {
  doctor: sandboxPeople.doctor,
  'second-card': sandboxPeople.doctor,
  'other-doctor': { kind: 'signing', commonName: 'TEST BETSU JIRO', kanjiName: 'テスト　別　次郎', role: medicalDoctor, registration: 'TEST0009' },
  pharmacist: { ...sandboxPeople.pharmacist, role: pharmacist },
} as const;

async function insertNew({ ca, readers }: SandboxClinic, of: CardOf, reader: string, options: { readonly maxTries?: number } = {}): Promise<void> {
  const { certificate, privateKey } = await ca.issue(people[of]);
  const card = new VirtualHpkiCard({
    ...options,
    signing: { certificate: certificate.der, privateKey, ca: ca.signing.certificate.der, root: ca.root.certificate.der },
  });
  readers.plugIn(reader);
  readers.remove(reader);
  readers.insert(card, reader);
}

async function insertLoginCard({ ca, readers }: SandboxClinic, reader: string): ReturnType<E2eSeam['insertLoginCard']> {
  const login = (of: CardOf) => ca.issue({ ...people[of], kind: 'authentication' });
  const [signing, own, other] = await Promise.all([ca.issue(people.doctor), login('doctor'), login('other-doctor')]);
  const identity = ({ certificate, privateKey }: typeof signing, issuer: 'signing' | 'authentication') => ({ certificate: certificate.der, privateKey, ca: ca[issuer].certificate.der, root: ca.root.certificate.der });
  readers.plugIn(reader);
  readers.remove(reader);
  readers.insert(new VirtualHpkiCard({ signing: identity(signing, 'signing'), authentication: identity(own, 'authentication') }), reader);
  const stored = ({ certificate, privateKey }: typeof own) => ({ certificate: writePem(certificate.der), key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() });
  return { own: stored(own), other: stored(other) };
}

const clock = { ...systemClock, now: () => systemClock.now() + played.clockOffsetMs };
const dataRoot = path.join(app.getPath('userData'), 'data');
let clinic: Promise<SandboxClinic> | undefined;
const openClinic = (): Promise<SandboxClinic> => (clinic ??= openSandboxClinic());

let remote: Promise<PlayedService> | undefined;
const openRemote = async (): Promise<PlayedService | null> =>
  played.remote === undefined ? null : (remote ??= startPlayedService(played.remote, await openClinic(), path.join(app.getPath('userData'), 'service'), clock));

/** The service's addresses are known once it runs, so policy waits for it. */
const readPolicy: ReadPolicy = async () => {
  const service = await openRemote();
  const policy = played.policy as { readonly remote?: object } | undefined;
  if (policy === undefined && service === null) return { state: 'none', place: 'spec' };
  const content = service === null ? policy : { ...policy, ...service.policy, remote: { ...policy?.remote, ...service.policy.remote } };
  return { state: 'read', place: 'spec', content };
};

launchSandboxDesktop({
  dataRoot,
  openClinic,
  readPolicy,
  ports: played.ports,
  clock,
  loginPageTakesCards: played.remote?.loginPageTakesCards,
  started: async (clinic, agent) => {
    const service = (await openRemote())?.service ?? null;
    globalThis.e2e = { clinic, agent, service, insertNew: (...card) => insertNew(clinic, ...card), insertLoginCard: (reader) => insertLoginCard(clinic, reader) };
    process.stdout.write(`agent on port ${agent.port}\n`);
  },
});
