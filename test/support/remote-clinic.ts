/**
 * A terminal at the sandbox's remote signing service: the whole agent by the policy file that `sandbox remote` writes, with
 * TLS, client certificate, OAuth and signatures as they are. Only the people are played.
 */
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { settingsSchema, type Settings } from '../../src/agent/config/settings.ts';
import type { LoginPage, PhoneCode } from '../../src/agent/remote/remote-provider.ts';
import type { FaultToArm } from '../../src/sandbox/remote/faults/fault.ts';
import type { PersonKey } from '../../src/sandbox/remote/people.ts';
import type { RemoteService, RemoteServiceOptions } from '../../src/sandbox/remote/remote-service.ts';
import { startRemoteService } from '../../src/sandbox/remote/start-remote-service.ts';
import { writeTerminalFiles } from '../../src/sandbox/remote/write-terminal-files.ts';
import { openTemporaryFolder } from '../../src/sandbox/temporary-folder.ts';
import type { IssuedCertificate } from '../../src/sandbox/ca/test-ca.ts';
import { VirtualHpkiCard } from '../../src/sandbox/cards/virtual-hpki-card.ts';
import { CardBrowser } from './card-browser.ts';
import { approve } from './remote-provider-desk.ts';
import { until, type HttpAnswer } from './running-api.ts';
import { RunningAgent, staff, type Posted, type PostOptions, type RunningAgentOptions } from './running-agent.ts';
import { TestClinic } from './test-clinic.ts';

export type ProviderKind = 'csc' | 'kagura';

export interface SessionState {
  readonly state: string;
  readonly ready: boolean;
  readonly until: string | null;
  readonly method: string | null;
  readonly reason: string | null;
}

export class RemoteClinic {
  readonly clinic: TestClinic;
  readonly service: RemoteService;
  readonly folder: string;
  readonly #authentication: IssuedCertificate;
  readonly #browser: CardBrowser;
  readonly #running: RunningAgent[] = [];

  private constructor(clinic: TestClinic, service: RemoteService, folder: string, authentication: IssuedCertificate) {
    this.clinic = clinic;
    this.service = service;
    this.folder = folder;
    this.#authentication = authentication;
    this.#browser = new CardBrowser(service, authentication);
  }

  static async open(options: RemoteServiceOptions = {}): Promise<RemoteClinic> {
    const clinic = await TestClinic.open();
    const service = await startRemoteService({ ca: clinic.ca, ...options });
    const folder = openTemporaryFolder('hpki-remote-clinic');
    await writeTerminalFiles(service, folder);
    return new RemoteClinic(clinic, service, folder, await clinic.ca.issue({ ...service.people.person('doctor').certificate, kind: 'authentication' }));
  }

  /** As the written policy says it, with the providers of one kind. */
  settings(kind: ProviderKind, change: Readonly<Record<string, unknown>> = {}): Settings {
    const { remote, ...written } = JSON.parse(readFileSync(path.join(this.folder, 'policy.json'), 'utf8')) as { remote: { providers: { kind: string }[] } };
    const providers = remote.providers.filter((provider) => provider.kind === kind);
    const { remote: ownRemote = {}, network: ownNetwork = {}, ...rest } = change as { remote?: object; network?: object };
    return settingsSchema.parse({ ...written, network: { ...(written as { network?: object }).network, ...ownNetwork }, remote: { providers, ...ownRemote }, ...rest });
  }

  /** An agent with its card reader empty, unless a card is named. It is closed with the test by {@link endAgents}. */
  async agent(kind: ProviderKind, change: Readonly<Record<string, unknown>> = {}, options: Partial<RunningAgentOptions> = {}): Promise<RunningAgent> {
    const { network, remote, terminal, ...rest } = this.settings(kind, change);
    // Trust, clients and port are the running agent's own.
    const own = Object.fromEntries(Object.keys(change).filter((key) => key in rest).map((key) => [key, rest[key as keyof typeof rest]]));
    const running = await RunningAgent.start({ clinic: this.clinic, inserted: null, settings: { network, remote, terminal, ...own }, ...options });
    this.#running.push(running);
    return running;
  }

  /** Settings by which the service is reached through a proxy, under a name that nothing else knows: loopback never is. */
  throughProxy(url: string): Readonly<Record<string, unknown>> {
    const providers = this.settings('csc').remote.providers.map((provider) => JSON.parse(JSON.stringify(provider).replaceAll('//localhost', '//sign.example')) as object);
    return { network: { proxy: { url } }, remote: { providers } };
  }

  /** The doctor's HPKI card, which authenticates too. */
  loginCard(options: ConstructorParameters<typeof VirtualHpkiCard>[0] = {}): VirtualHpkiCard {
    const { clinic } = this;
    const { certificate, privateKey } = this.#authentication;
    return new VirtualHpkiCard({
      signing: clinic.identity(clinic.people.doctor),
      authentication: { certificate: certificate.der, privateKey, ca: clinic.ca.authentication.certificate.der, root: clinic.ca.root.certificate.der },
      ...options,
    });
  }

  /** Somebody picks the phone up as soon as a code is shown, types its number and approves. */
  answerCodes(running: RunningAgent, person: PersonKey = 'doctor'): void {
    running.person.code = (code) => {
      void approve(this.service, code, person);
      return 'silent';
    };
  }

  /** The platform's login page, gone through with the doctor's card. Resolves with the address on which it ends. */
  browse(page: LoginPage): Promise<URL> {
    return this.#browser.endOf(page);
  }

  /** The login page is gone through with the doctor's card. `bend` changes the address on which it ends. */
  answerLogins(running: RunningAgent, bend: (ended: URL) => URL = (ended) => ended): void {
    running.person.method = ({ problem }) => (problem === null ? 'hpki-card' : 'cancelled');
    running.person.login = async ({ page }) => bend(await this.browse(page));
  }

  /** Authenticates by whichever way this kind of provider has without a phone in the hand. */
  async ready(kind: ProviderKind, change: Readonly<Record<string, unknown>> = {}, options: Partial<RunningAgentOptions> = {}): Promise<RunningAgent> {
    const running = await this.agent(kind, { terminal: { authenticates: ['hpki-card'] }, ...change }, { inserted: this.loginCard(), ...options });
    if (kind === 'kagura') this.answerLogins(running);
    return running;
  }

  arm(fault: FaultToArm): void {
    this.service.control.arm(fault);
  }

  /** Between tests: no fault, no offset, counters from zero, no agent. */
  async endAgents(): Promise<void> {
    this.service.control.disarm();
    this.service.control.setClockOffset(0);
    await Promise.all(this.#running.splice(0).map((running) => running.close()));
    this.service.control.forgetCounts();
  }

  async close(): Promise<void> {
    await this.endAgents();
    await this.#browser.close();
    await this.service.close();
    await rm(this.folder, { recursive: true, force: true });
    if (this.service.errors.length > 0) throw new AggregateError(this.service.errors, 'the service met faults of its own');
  }
}

export const signRemotely = (running: RunningAgent, body: Posted = {}, options: PostOptions = {}): Promise<HttpAnswer> => running.sign({ method: 'remote', ...body }, { wait: 60, ...options });

export const beginSession = (running: RunningAgent, method = 'smartphone', token?: string): Promise<HttpAnswer> =>
  running.ask('/v1/sessions', { method: 'POST', body: JSON.stringify({ staffId: staff.id, staffName: staff.name, method }), ...(token === undefined ? {} : { token }) });

export const sessionOf = async (running: RunningAgent, token?: string): Promise<SessionState> =>
  (await running.ask(`/v1/sessions/${staff.id}`, token === undefined ? {} : { token })).json as SessionState;

/** The code that is on the screen, once it is. */
export async function shownCode({ person }: RunningAgent): Promise<PhoneCode> {
  const last = (): PhoneCode | undefined => person.shownAuthentication.flatMap((shown) => (shown.what === 'code' ? [shown.code] : [])).at(-1);
  await until(() => last() !== undefined, 'a code on the screen', 60_000);
  const code = last();
  if (code === undefined) throw new Error('no code was shown');
  return code;
}

/** Waits until the session of the doctor is in this state. */
export async function sessionBecomes(running: RunningAgent, state: string, token?: string): Promise<SessionState> {
  for (const end = performance.now() + 60_000; ; ) {
    const session = await sessionOf(running, token);
    if (session.state === state) return session;
    if (performance.now() > end) throw new Error(`the session is ${session.state}, not ${state}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
