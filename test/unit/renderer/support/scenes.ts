/** Every window in every state that a person can meet, for tests that look at all of them. */
import type { WindowName } from '../../../../src/contract/ipc/windows.ts';
import {
  agentWithoutKeyStore, agentWithoutPort, checks, clients, languageByPolicy, pairingScenes, readyAgent, remoteAgent, remoteAgentAtDawn, settings, startingAgent, tourAgent, troubledAgent,
} from './sample-agent.ts';
import { authenticationScenes, code } from './sample-authentication.ts';
import { signatureScenes } from './sample-signature.ts';
import type { Chromium, WindowOptions, WindowUnderTest } from './window-under-test.ts';

export interface Scene {
  readonly name: string;
  readonly window: WindowName;
  open(chromium: Chromium, options: WindowOptions): Promise<WindowUnderTest>;
}

/** Until a question takes answers; a screenshot before would show its deaf buttons. */
export async function waitUntilArmed(window: WindowUnderTest): Promise<void> {
  await window.page.waitForFunction(() => document.querySelector('button[aria-disabled="true"], input[readonly]') === null);
}

const signatures = Object.entries(signatureScenes).map(
  ([name, view]): Scene => ({
    name: `signature-${name}`,
    window: 'signature',
    async open(chromium, options) {
      const window = await chromium.open('signature', { ...options, answers: { 'signature.ready': view } });
      await waitUntilArmed(window);
      return window;
    },
  }),
);

const keypad: Scene = {
  name: 'signature-pin-keypad',
  window: 'signature',
  async open(chromium, options) {
    const window = await chromium.open('signature', { ...options, answers: { 'signature.ready': signatureScenes['pin-one'] } });
    await waitUntilArmed(window);
    await window.page.locator('[aria-controls="pin-keypad"]').click();
    return window;
  },
};

const authentications = Object.entries(authenticationScenes).map(
  ([name, view]): Scene => ({
    name: `authentication-${name}`,
    window: 'authentication',
    async open(chromium, options) {
      // Its countdown begins where the scene does.
      const shown = view.step.step === 'code' ? { ...view, step: code() } : view;
      const window = await chromium.open('authentication', { ...options, answers: { 'authentication.ready': shown } });
      await waitUntilArmed(window);
      return window;
    },
  }),
);

const pairings = Object.keys(pairingScenes()).map(
  (name): Scene => ({
    name: `pairing-${name}`,
    window: 'pairing',
    async open(chromium, options) {
      const window = await chromium.open('pairing', { ...options, answers: { 'pairing.ready': pairingScenes()[name as keyof ReturnType<typeof pairingScenes>] } });
      await waitUntilArmed(window);
      return window;
    },
  }),
);

async function openHome(chromium: Chromium, options: WindowOptions, section: string, answers: Readonly<Record<string, unknown>> = {}): Promise<WindowUnderTest> {
  const window = await chromium.open('home', {
    ...options,
    answers: { 'home.ready': readyAgent, 'clients.list': clients, 'diagnosis.run': { checks: checks.length, problems: 1 }, ...answers },
  });
  await window.push('section', section);
  return window;
}

const homes: Scene[] = [
  { name: 'home-status', window: 'home', open: (chromium, options) => openHome(chromium, options, 'status') },
  { name: 'home-status-problem', window: 'home', open: (chromium, options) => openHome(chromium, options, 'status', { 'home.ready': troubledAgent }) },
  { name: 'home-status-starting', window: 'home', open: (chromium, options) => openHome(chromium, options, 'status', { 'home.ready': startingAgent }) },
  { name: 'home-status-no-port', window: 'home', open: (chromium, options) => openHome(chromium, options, 'status', { 'home.ready': agentWithoutPort }) },
  { name: 'home-status-no-key-store', window: 'home', open: (chromium, options) => openHome(chromium, options, 'status', { 'home.ready': agentWithoutKeyStore }) },
  { name: 'home-status-remote', window: 'home', open: (chromium, options) => openHome(chromium, options, 'status', { 'home.ready': remoteAgent }) },
  { name: 'home-status-tour', window: 'home', open: (chromium, options) => openHome(chromium, options, 'status', { 'home.ready': tourAgent }) },
  {
    name: 'home-status-end-session',
    window: 'home',
    async open(chromium, options) {
      const window = await openHome(chromium, options, 'status', { 'home.ready': remoteAgent });
      await window.page.locator('section[aria-labelledby="remote"] .button--outline').first().click();
      await window.page.locator('dialog[open]').waitFor();
      return window;
    },
  },
  {
    name: 'home-status-note-deadline',
    window: 'home',
    async open(chromium, options) {
      const window = await openHome(chromium, options, 'status', { 'home.ready': remoteAgentAtDawn });
      const section = window.page.locator('section[aria-labelledby="registrations"]');
      await section.locator('.button--outline').click();
      await section.locator('.button--solid').click();
      await section.locator('[aria-invalid]').waitFor();
      return window;
    },
  },
  { name: 'home-clients-none', window: 'home', open: (chromium, options) => openHome(chromium, options, 'clients', { 'clients.list': [] }) },
  { name: 'home-diagnosis-before', window: 'home', open: (chromium, options) => openHome(chromium, options, 'diagnosis') },
  {
    name: 'home-diagnosis-running',
    window: 'home',
    async open(chromium, options) {
      const window = await openHome(chromium, options, 'diagnosis', { 'diagnosis.run': 'never' });
      await window.page.locator('.home__main .button--solid').click();
      for (const check of checks.slice(0, 2)) await window.push('check', check);
      await window.page.locator('.check').nth(1).waitFor();
      return window;
    },
  },
  { name: 'home-clients', window: 'home', open: (chromium, options) => openHome(chromium, options, 'clients') },
  {
    name: 'home-clients-revoke',
    window: 'home',
    async open(chromium, options) {
      const window = await openHome(chromium, options, 'clients');
      await window.page.locator('.panel .button').first().click();
      await window.page.locator('dialog[open]').waitFor();
      return window;
    },
  },
  {
    name: 'home-diagnosis',
    window: 'home',
    async open(chromium, options) {
      const window = await openHome(chromium, options, 'diagnosis');
      await window.page.locator('.home__main .button--solid').click();
      for (const check of checks) await window.push('check', check);
      await window.page.locator('.check').nth(checks.length - 1).waitFor();
      return window;
    },
  },
  { name: 'home-settings', window: 'home', open: (chromium, options) => openHome(chromium, options, 'settings') },
  {
    name: 'home-settings-fixed',
    window: 'home',
    open: (chromium, options) =>
      openHome(chromium, { ...options, settings: { ...languageByPolicy, language: options.language ?? settings.language } }, 'settings'),
  },
];

export const scenes: readonly Scene[] = [...signatures, keypad, ...authentications, ...pairings, ...homes];
