import type { CardHost } from '../native/host/card-host.ts';
import { noRemoteSessions, type RemoteSessions } from './api/remote-sessions.ts';
import type { Audit } from './audit/audit-log.ts';
import type { Settings } from './config/settings.ts';
import type { Log } from './log.ts';
import type { Clock, Prompts, SecretStore } from './ports.ts';
import { Authentications } from './remote/authentications.ts';
import { PersonCheck } from './remote/person-check.ts';
import { PhoneRegistrations } from './remote/phone-registrations.ts';
import type { RemoteProvider } from './remote/remote-provider.ts';
import type { RemoteSession, SessionEnd } from './remote/remote-session.ts';
import { RemoteSessionDesk } from './remote/remote-session-desk.ts';
import { SessionsOfCallers } from './remote/sessions-of-callers.ts';
import type { Lane } from './signing/lane.ts';
import type { RemoteSigning } from './signing/request-ways.ts';
import type { StaffBindings } from './signing/staff-bindings.ts';
import type { DataDirectory } from './storage/data-directory.ts';
import { openTokenStore } from './tokens/open-token-store.ts';

export interface RemoteOptions {
  readonly providers: readonly RemoteProvider[];
  readonly settings: Settings;
  readonly data: DataDirectory;
  readonly secrets: SecretStore;
  readonly prompts: Prompts;
  readonly cards: CardHost;
  readonly bindings: StaffBindings;
  readonly audit: Pick<Audit, 'append'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly windows: Lane;
  readonly facility: () => Promise<string | null>;
  readonly terminal: string;
}

/** Remote signing as the rest of the agent sees it. */
export interface Remote {
  /** As policy names it; null where none is configured. */
  readonly provider: string | null;
  /** Null where no provider is configured. */
  readonly signing: RemoteSigning | null;
  readonly sessions: RemoteSessions;
  readonly registrations: PhoneRegistrations;
  list(): readonly RemoteSession[];
  /** False where there was none. */
  end(clientId: string, staffId: string, why: SessionEnd): Promise<boolean>;
  endAll(why: SessionEnd): Promise<void>;
  endOfClient(clientId: string): Promise<void>;
  /** Calls back when {@link list} may have changed. */
  subscribe(listener: () => void): () => void;
  close(): Promise<void>;
}

export async function openRemote(options: RemoteOptions): Promise<Remote> {
  const { providers, settings, data, prompts, clock, log } = options;
  const registrations = new PhoneRegistrations({ file: data.registrations, prompts, clock, log });
  registrations.start();
  const [first] = providers;
  const { remote, terminal } = settings;
  const byName = new Map(providers.map((provider) => [provider.name, provider]));
  // Where policy has removed the last service, nothing of it stays.
  const store = openTokenStore(first === undefined ? 'memory' : remote.keepTokens, { file: data.tokens, secrets: options.secrets, clock, log });
  const sessions = new RemoteSessionDesk({ ...options, providers: byName, store });
  await sessions.open();
  if (first === undefined) {
    await sessions.close();
    return without(registrations);
  }
  const authentications = new Authentications({
    ...options,
    methods: terminal.authenticates === 'none' ? [] : terminal.authenticates,
    deadlines: settings.deadlines,
    loginPageSeconds: remote.loginPageSeconds,
    policy: settings,
    sessions,
    people: new PersonCheck({ ...options, policy: settings }),
  });
  const listeners = new Set<() => void>();
  const tell = (): void => {
    for (const listener of [...listeners]) listener();
  };
  const forget = sessions.subscribe(tell);
  const callers = new SessionsOfCallers({ sessions, authentications, clock, log, onChange: tell });
  return {
    provider: first.name,
    signing: { providers: byName, sessions, authentications, confirm: remote.confirm },
    sessions: callers,
    registrations,
    list: () => sessions.list(),
    async end(clientId, staffId, why) {
      const session = sessions.find(clientId, staffId);
      if (session) await sessions.end(session, why);
      return session !== undefined;
    },
    endAll: (why) => sessions.endAll(why),
    endOfClient: (clientId) => callers.endOfClient(clientId),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      registrations.stop();
      await authentications.close();
      await sessions.close();
      forget();
    },
  };
}

function without(registrations: PhoneRegistrations): Remote {
  return {
    provider: null,
    signing: null,
    sessions: noRemoteSessions,
    registrations,
    list: () => [],
    end: () => Promise.resolve(false),
    endAll: () => Promise.resolve(),
    endOfClient: () => Promise.resolve(),
    subscribe: () => () => undefined,
    close() {
      registrations.stop();
      return Promise.resolve();
    },
  };
}
