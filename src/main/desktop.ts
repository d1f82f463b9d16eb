import { app, ipcMain, MessageChannelMain, nativeTheme, powerMonitor, protocol, safeStorage, session, shell } from 'electron';
import path from 'node:path';
import { gatherParts } from '../agent/diagnostics/gather-parts.ts';
import type { Prompts } from '../agent/ports.ts';
import { readConfig, type ReadPolicy } from '../agent/config/read-config.ts';
import { prepareDataDirectory } from '../agent/storage/data-directory.ts';
import type { HomeSection, SettingsView, SignatureView } from '../contract/ipc.ts';
import { messages } from '../contract/messages/messages.ts';
import type { PinPort } from '../native/host/pin-port.ts';
import { AuthenticationDesk } from './authentication-desk.ts';
import { pinPortChannel } from './channels.ts';
import { isIdle } from './agent-view.ts';
import { DesktopAgent, type StartAgent } from './desktop-agent.ts';
import { buildWindows, windowOf } from './desktop-windows.ts';
import { guardContents } from './guard-contents.ts';
import { readManualLinks } from './help-pages.ts';
import { HelpWindow } from './help-window.ts';
import { routeInvokes } from './ipc-router.ts';
import { registerWithSystem } from './launch-at-login.ts';
import { watchLogOff } from './log-off.ts';
import { prepareLoginSessions } from './login-session.ts';
import { loginWindows } from './login-window.ts';
import { showNotice } from './notices.ts';
import { openUpdates } from './open-updates.ts';
import { answerPage, pageScheme } from './page-files.ts';
import { PairingRoom } from './pairing-room.ts';
import { watchPower } from './power.ts';
import { safeStorageSecrets } from './safe-storage-secrets.ts';
import { copyDiagnosis, saveDiagnosis } from './hand-on-diagnosis.ts';
import { SelfDiagnosis } from './self-diagnosis.ts';
import { SignatureDesk } from './signature-desk.ts';
import { AgentTray } from './tray.ts';
import { UserPreferences } from './user-preferences.ts';

export interface DesktopOptions {
  readonly startAgent: StartAgent;
  readonly dataRoot?: string | undefined;
  /** This machine's where left out. */
  readonly readPolicy?: ReadPolicy;
}

const noKeyStore: SignatureView['notices'][number] = { ja: messages.ja.common.notices.noKeyStore, en: messages.en.common.notices.noKeyStore };

/** Before `ready`: own pages have an origin of their own, and can do what a secure page can. */
export function registerPageScheme(): void {
  protocol.registerSchemesAsPrivileged([{ scheme: pageScheme, privileges: { standard: true, secure: true, supportFetchAPI: true } }]);
}

/** Puts the desktop together. The one place that knows every part of it; nothing here decides anything. */
export async function startDesktop({ startAgent, dataRoot, readPolicy }: DesktopOptions): Promise<{ readonly openHome: () => void }> {
  const { data, config } = await readConfig(dataRoot, readPolicy);
  await prepareDataDirectory(data);
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

  watchLogOff({ app, power: powerMonitor, signals: process }, () => agent.loggedOff());
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
    surface: {
      push: (view) => windows.signature.push('view', view),
      show: () => windows.signature.show(),
      hide: () => windows.signature.hide(),
      rebuild: () => windows.signature.rebuild(),
    },
    notices,
    onChange: () => agent.changed(),
  });
  const authentications = new AuthenticationDesk({
    surface: {
      push: (view) => windows.authentication.push('authentication', view),
      show: () => windows.authentication.show(),
      hide: () => windows.authentication.hide(),
      rebuild: () => windows.authentication.rebuild(),
    },
    openLogin: loginWindows({ prepareSession: prepareLoginSessions({ app, system: systemProxy, settings: config.settings.network, secrets }) }),
    onChange: () => agent.changed(),
  });
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
    openSignature: (view) => signatures.open(view),
    openAuthentication: (view) => authentications.open(view),
    showPairingCode: (view, signal) => pairing.showCode(view, signal),
    notify: (notice) => showNotice(notice, preferences.language),
  };
  const diagnosis = new SelfDiagnosis(() => gatherParts(dataRoot, undefined, { secrets }));
  const agent = new DesktopAgent({
    start: () => startAgent({ prompts, secrets, systemProxy }),
    isAsking: () => signatures.isAsking || authentications.isAsking,
    notices,
    onChange: (view) => {
      tray.show(view, preferences.language);
      windows.home.push('agent', view);
    },
  });

  let wanted: HomeSection | null = null;
  const openHome = (section: HomeSection | null): void => {
    wanted = section;
    if (section !== null) windows.home.push('section', section);
    windows.home.show();
  };
  const openPairing = async (): Promise<void> => {
    await pairing.open();
    windows.pairing.show();
  };
  const raise = (): void => {
    signatures.raise();
    authentications.raise();
  };
  const saveLogs = () => saveDiagnosis(diagnosis, data.logs, preferences.language);
  const tray = new AgentTray(path.join(app.getAppPath(), 'assets', 'tray'), {
    answer: raise,
    open: openHome,
    saveLogs: () => void saveLogs().catch(() => undefined),
    quit: config.settings.desktop.quit ? () => app.quit() : null,
  });
  const tellSettings = (view: SettingsView): SettingsView => {
    nativeTheme.themeSource = view.theme;
    for (const window of Object.values(windows)) window.push('settings', view);
    agent.changed();
    return view;
  };
  const connectPage = (window: 'signature' | 'authentication', dialog: string) => (): PinPort => {
    const { port1, port2 } = new MessageChannelMain();
    windows[window].contents()?.postMessage(pinPortChannel, dialog, [port1]);
    return port2;
  };
  routeInvokes(ipcMain, (contents) => windowOf(windows, contents), {
    'signature.ready': () => signatures.view(),
    'signature.painted': ({ dialog }) => signatures.painted(dialog),
    'signature.cancel': ({ dialog }) => signatures.cancel(dialog),
    'signature.close': ({ dialog }) => signatures.dismiss(dialog),
    'signature.chooseCard': ({ dialog, certificateSha256 }) => signatures.chooseCard(dialog, certificateSha256),
    'signature.confirmBinding': ({ dialog }) => signatures.confirmBinding(dialog),
    'signature.pinPort': ({ dialog }) => void signatures.openPinPort(dialog, connectPage('signature', dialog)),
    'authentication.keypad': ({ dialog, spendLastTries }) => authentications.useKeypad(dialog, spendLastTries),
    'signature.keypad': ({ dialog, spendLastTries }) => signatures.useKeypad(dialog, spendLastTries),
    'signature.consent': ({ dialog }) => signatures.consent(dialog),
    'signature.authenticate': ({ dialog }) => signatures.authenticate(dialog),
    'authentication.ready': () => authentications.view(),
    'authentication.painted': ({ dialog }) => authentications.painted(dialog),
    'authentication.cancel': ({ dialog }) => authentications.cancel(dialog),
    'authentication.close': ({ dialog }) => authentications.dismiss(dialog),
    'authentication.begin': ({ dialog, method }) => authentications.begin(dialog, method),
    'authentication.again': ({ dialog }) => authentications.again(dialog),
    'authentication.otherMethod': ({ dialog }) => authentications.leave(dialog, 'other_method'),
    'authentication.useCard': ({ dialog }) => authentications.leave(dialog, 'use_card'),
    'authentication.pinPort': ({ dialog }) => void authentications.openPinPort(dialog, connectPage('authentication', dialog)),
    'pairing.ready': () => pairing.view(),
    'pairing.open': openPairing,
    'pairing.close': () => {
      pairing.close();
      windows.pairing.hide();
    },
    'home.ready': () => {
      const section = wanted;
      if (section !== null) setImmediate(() => windows.home.push('section', section));
      return agent.view();
    },
    'clients.list': () =>
      agent.running.clients().map(({ createdAt, expiresAt, lastUsedAt, ...client }) => ({
        ...client,
        createdAt: createdAt?.toISOString() ?? null,
        expiresAt: expiresAt?.toISOString() ?? null,
        lastUsedAt: lastUsedAt?.toISOString() ?? null,
      })),
    'clients.revoke': ({ id }) => agent.running.revokeClient(id),
    'sessions.end': ({ clientId, staffId }) => agent.running.endRemoteSession(clientId, staffId),
    'registrations.note': async ({ staffId, deadline }) => {
      await agent.running.noteRegistration(staffId, deadline);
      agent.changed();
    },
    'cards.revive': () => agent.running.reviveCards(),
    'agent.start': () => agent.start(),
    'diagnosis.run': () => diagnosis.run((check) => windows.home.push('check', check)),
    'diagnosis.copy': () => copyDiagnosis(diagnosis, preferences.language),
    'diagnosis.save': saveLogs,
    'page.lives': ({ beat }, window) => windows[window].lives(beat),
    'settings.get': () => preferences.read(),
    'settings.change': async (change) => tellSettings(await preferences.change(change)),
    'help.open': ({ topic }, window) => help.open(topic, preferences.language, window !== 'home'),
  });

  watchPower(powerMonitor, {
    leave: () => {
      signatures.cancelOpen();
      authentications.cancelOpen();
      if (agent.isRunning) void agent.running.endPinSessions();
    },
    comeBack: () => {
      tray.renew();
      if (agent.isRunning) void agent.running.reviveCards().catch(() => agent.changed());
      else void agent.start();
    },
  });
  registerWithSystem(app, config.settings.desktop.startAtLogin);
  const installUpdate = await openUpdates({
    app,
    power: powerMonitor,
    settings: config.settings.update,
    notify: (notice) => prompts.notify(notice),
    isIdle: () => !signatures.isAsking && (!agent.isRunning || isIdle(agent.running.status())),
  });

  let end: 'open' | 'closing' | 'closed' = 'open';
  app.on('before-quit', (event) => {
    if (end === 'closed') return;
    event.preventDefault();
    if (end === 'closing') return;
    end = 'closing';
    agent.close().finally(() => {
      end = 'closed';
      for (const window of Object.values(windows)) window.destroy();
      help.destroy();
      tray.destroy();
      installUpdate();
      app.exit(0);
    }).catch(() => app.exit(1));
  });

  await agent.start();
  return { openHome: () => (signatures.isAsking || authentications.isAsking ? raise() : openHome(null)) };
}
