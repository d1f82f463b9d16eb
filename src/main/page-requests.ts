import { nativeTheme } from 'electron';
import type { AuthenticationDesk } from './authentication-desk.ts';
import type { DesktopAgent } from './desktop-agent.ts';
import { pinPortTo, type DesktopWindows } from './desktop-windows.ts';
import { copyDiagnosis } from './hand-on-diagnosis.ts';
import type { HelpWindow } from './help-window.ts';
import type { HomeDoor } from './home-door.ts';
import type { InvokeHandlers } from './ipc-router.ts';
import type { PairingRoom } from './pairing-room.ts';
import type { SelfDiagnosis } from './self-diagnosis.ts';
import type { SignatureDesk } from './signature-desk.ts';
import type { UserPreferences } from './user-preferences.ts';

export interface AskedByPages {
  readonly windows: DesktopWindows;
  readonly signatures: SignatureDesk;
  readonly authentications: AuthenticationDesk;
  readonly pairing: PairingRoom;
  readonly agent: DesktopAgent;
  readonly home: HomeDoor;
  readonly help: HelpWindow;
  readonly diagnosis: SelfDiagnosis;
  readonly saveLogs: () => Promise<boolean>;
  readonly preferences: UserPreferences;
}

/** Who answers what pages ask, channel by channel. */
export function pageRequests({ windows, signatures, authentications, pairing, agent, home, help, diagnosis, saveLogs, preferences }: AskedByPages): InvokeHandlers {
  return {
    'signature.ready': () => signatures.view(),
    'signature.painted': ({ dialog }) => signatures.painted(dialog),
    'signature.cancel': ({ dialog }) => signatures.cancel(dialog),
    'signature.close': ({ dialog }) => signatures.dismiss(dialog),
    'signature.chooseCard': ({ dialog, certificateSha256 }) => signatures.chooseCard(dialog, certificateSha256),
    'signature.confirmBinding': ({ dialog }) => signatures.confirmBinding(dialog),
    'signature.pinPort': ({ dialog }) => void signatures.openPinPort(dialog, () => pinPortTo(windows.signature, dialog)),
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
    'authentication.keypad': ({ dialog, spendLastTries }) => authentications.useKeypad(dialog, spendLastTries),
    'authentication.pinPort': ({ dialog }) => void authentications.openPinPort(dialog, () => pinPortTo(windows.authentication, dialog)),
    'pairing.ready': () => pairing.view(),
    'pairing.open': async () => {
      await pairing.open();
      windows.pairing.show();
    },
    'pairing.close': () => {
      pairing.close();
      windows.pairing.hide();
    },
    'home.ready': () => {
      home.pageIsReady();
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
    'page.lives': (_, window) => windows[window].lives(),
    'settings.get': () => preferences.read(),
    'settings.change': async (change) => {
      const settings = await preferences.change(change);
      nativeTheme.themeSource = settings.theme;
      for (const window of Object.values(windows)) window.push('settings', settings);
      agent.changed();
      return settings;
    },
    'help.open': ({ topic }, window) => help.open(topic, preferences.language, window !== 'home'),
  };
}
