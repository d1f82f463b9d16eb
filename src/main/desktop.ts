import { app, ipcMain, nativeTheme, powerMonitor, protocol, safeStorage, session, shell } from 'electron';
import path from 'node:path';
import { gatherParts } from '../agent/diagnostics/gather-parts.ts';
import type { Prompts } from '../agent/ports.ts';
import { readConfig, type ReadPolicy } from '../agent/config/read-config.ts';
import { LogOfTries } from '../agent/log-of-tries.ts';
import { prepareDataDirectory } from '../agent/storage/data-directory.ts';
import type { SignatureView } from '../contract/ipc/signature.ts';
import { messages } from '../contract/messages/messages.ts';
import { replaceApplicationMenu } from './application-menu.ts';
import { nameForToasts } from './app-user-model-id.ts';
import { AuthenticationDesk } from './authentication-desk.ts';
import { isIdle } from './agent-view.ts';
import { DesktopAgent, type StartAgent } from './desktop-agent.ts';
import { buildWindows, surfaceOf, windowOf } from './desktop-windows.ts';
import { endInOrder } from './end-in-order.ts';
import { guardContents } from './guard-contents.ts';
import { readManualLinks } from './help-pages.ts';
import { HelpWindow } from './help-window.ts';
import { HomeDoor } from './home-door.ts';
import { routeInvokes } from './ipc-router.ts';
import { registerWithSystem } from './launch-at-login.ts';
import { watchLogOff } from './log-off.ts';
import { prepareLoginSessions } from './login-session.ts';
import { loginPageTakesCards, loginWindows } from './login-window.ts';
import { showNotice } from './notices.ts';
import { openUpdates } from './open-updates.ts';
import { answerPage, pageScheme } from './page-files.ts';
import { pageRequests } from './page-requests.ts';
import { PairingRoom } from './pairing-room.ts';
import { watchPower } from './power.ts';
import { safeStorageSecrets } from './safe-storage-secrets.ts';
import { saveDiagnosis } from './hand-on-diagnosis.ts';
import { SelfDiagnosis } from './self-diagnosis.ts';
import { SignatureDesk } from './signature-desk.ts';
import { AgentTray } from './tray.ts';
import { UserPreferences } from './user-preferences.ts';

export interface DesktopOptions {
  readonly startAgent: StartAgent;
  readonly dataRoot?: string | undefined;
  /** This machine's where left out. */
  readonly readPolicy?: ReadPolicy;
  /** This platform's where left out. */
  readonly loginPageTakesCards?: boolean | undefined;
}

const noKeyStore: SignatureView['notices'][number] = { ja: messages.ja.common.notices.noKeyStore, en: messages.en.common.notices.noKeyStore };

/** Before `ready`: own pages have an origin of their own, and can do what a secure page can. */
export function registerPageScheme(): void {
  protocol.registerSchemesAsPrivileged([{ scheme: pageScheme, privileges: { standard: true, secure: true, supportFetchAPI: true } }]);
}

/** Puts the desktop together. The one place that knows every part of it; nothing here decides anything. */
export async function startDesktop({ startAgent, dataRoot, readPolicy, ...options }: DesktopOptions): Promise<{ readonly openHome: () => void }> {
  const { data, config } = await readConfig(dataRoot, readPolicy);
  await prepareDataDirectory(data);
  replaceApplicationMenu();
  nameForToasts(app);
  const preferences = new UserPreferences(dataRoot, readPolicy);
  // Title bars, and the pages that no settings reach.
  nativeTheme.themeSource = (await preferences.read()).theme;
  const secrets = await safeStorageSecrets(safeStorage, data.secrets);
  const systemProxy = { resolve: (url: string) => session.defaultSession.resolveProxy(url) };

  const pages = path.join(app.getAppPath(), 'out', 'renderer');
  const help = new HelpWindow({
    icon: path.join(app.getAppPath(), 'assets', 'icon.png'),
    links: await readManualLinks(pages),
    openOutside: (url) => void shell.openExternal(url).catch(() => undefined),
  });
  guardContents(app, session.defaultSession, (contents, url) => help.mayNavigate(contents, url));
  protocol.handle(pageScheme, ({ url }) => answerPage(pages, url));

  const isSessionEnding = watchLogOff({ app, power: powerMonitor, signals: process }, () => agent.loggedOff());
  const notices = (): SignatureView['notices'] => (secrets.protection === 'memory' ? [noKeyStore] : []);
  const windows = buildWindows(path.join(app.getAppPath(), 'out', 'preload', 'preload.cjs'), {
    lost: (window) => {
      if (window === 'signature') signatures.abandon();
      if (window === 'authentication') authentications.abandon();
    },
    closed: (window) => {
      if (window === 'signature') signatures.cancelOpen();
      if (window === 'authentication') authentications.cancelOpen();
      if (window === 'pairing') pairing.close();
    },
  });
  const signatures = new SignatureDesk({
    surface: surfaceOf(windows.signature, 'view'),
    notices,
    onChange: () => agent.changed(),
  });
  const authentications = new AuthenticationDesk({
    surface: surfaceOf(windows.authentication, 'authentication'),
    openLogin: loginWindows({ prepareSession: prepareLoginSessions({ app, system: systemProxy, settings: config.settings.network, secrets }) }),
    onChange: () => agent.changed(),
  });
  const isAsking = (): boolean => signatures.isAsking || authentications.isAsking;
  const pairing = new PairingRoom(
    (opened, hangUp) => agent.running.openPairing(opened, hangUp),
    (view) => {
      windows.pairing.push('pairing', view);
      windows.home.push('pairing', view);
      if (view.state === 'code') windows.pairing.show();
      agent.changed();
    },
  );
  const prompts: Prompts = {
    loginPageTakesCards: options.loginPageTakesCards ?? loginPageTakesCards,
    openSignature: (view) => signatures.open(view),
    openAuthentication: (view) => authentications.open(view),
    showPairingCode: (view, signal) => pairing.showCode(view, signal),
    notify: (notice) => showNotice(notice, preferences.language),
  };
  const diagnosis = new SelfDiagnosis(() => gatherParts(dataRoot, undefined, { secrets, readPolicy }));
  const tries = new LogOfTries();
  const agent = new DesktopAgent({
    start: async () => {
      const started = await startAgent({ prompts, secrets, systemProxy, tries });
      tries.started();
      return started;
    },
    tokenFile: data.tokens,
    isAsking,
    notices,
    onChange: (view) => {
      tray.show(view, preferences.language);
      windows.home.push('agent', view);
    },
  });

  const home = new HomeDoor(windows.home);
  const raise = (): void => {
    signatures.raise();
    authentications.raise();
  };
  const saveLogs = () => saveDiagnosis(diagnosis, data.logs, preferences.language);
  const tray = new AgentTray(path.join(app.getAppPath(), 'assets', 'tray'), {
    answer: raise,
    open: (section) => home.open(section),
    saveLogs: () => void saveLogs().catch(() => undefined),
    quit: config.settings.desktop.quit ? () => app.quit() : null,
  });
  routeInvokes(
    ipcMain,
    (contents) => windowOf(windows, contents),
    pageRequests({ windows, signatures, authentications, pairing, agent, home, help, diagnosis, saveLogs, preferences }),
  );

  watchPower(powerMonitor, {
    leave: () => {
      signatures.personLeft();
      authentications.personLeft();
      if (agent.isRunning) void agent.running.endPinSessions();
    },
    comeBack: (slept) => {
      tray.renew();
      if (agent.isRunning) void agent.running.reviveCards(slept).catch(() => agent.changed());
      else void agent.start();
    },
  });
  registerWithSystem(app, config.settings.desktop.startAtLogin);
  let installUpdate = (): void => undefined;
  endInOrder(app, () => agent.close(), () => {
    for (const window of Object.values(windows)) window.destroy();
    help.destroy();
    tray.destroy();
    installUpdate();
  });
  installUpdate = await openUpdates({
    app,
    power: powerMonitor,
    settings: config.settings.update,
    notify: (notice) => prompts.notify(notice),
    isSessionEnding,
    isIdle: () => !isAsking() && (!agent.isRunning || isIdle(agent.running.status())),
  });

  await agent.start();
  return { openHome: () => (isAsking() ? raise() : home.open(null)) };
}
