/** What the pairing and home windows show, as main would push it. */
import { NoFreePort } from '../../../../src/agent/api/no-free-port.ts';
import { messages } from '../../../../src/contract/messages/messages.ts';
import { errorCodes } from '../../../../src/contract/error-codes.ts';
import type { SettingsView } from '../../../../src/contract/ipc/every-window.ts';
import type { AgentView, CheckView, ClientView } from '../../../../src/contract/ipc/home.ts';
import type { PairingView } from '../../../../src/contract/ipc/pairing.ts';
import { card } from './sample-signature.ts';

export const settings: SettingsView = {
  language: 'ja',
  theme: 'system',
  supportContact: null,
  storedContact: null,
  settings: [
    { path: 'language', value: 'ja', source: 'user', changeable: true },
    { path: 'theme', value: 'system', source: 'default', changeable: true },
    { path: 'pin', value: 'every-signature', source: 'default', changeable: false },
    { path: 'bounds.documentsPerSession', value: '100', source: 'policy', changeable: false },
    { path: 'api.ports', value: '17090, 17091, 17092, 17093, 17094, 17095', source: 'default', changeable: false },
    { path: 'pairing.tokenDays', value: '400', source: 'policy', changeable: false },
    { path: 'staff.binding', value: 'ask', source: 'default', changeable: false },
    { path: 'cards.modules', value: 'C:\\Windows\\System32\\HpkiSigP11_MPKCS11H.dll', source: 'policy', changeable: false },
    { path: 'trust.crlDir', value: '—', source: 'default', changeable: false },
  ],
};

export const languageByPolicy: SettingsView = {
  ...settings,
  settings: settings.settings.map((one) => (one.path === 'language' ? { ...one, source: 'policy', changeable: false } : one)),
};

const clinic = { name: '見本電子カルテ', origin: 'https://karte.clinic.example.co.jp:8443', program: null };
const program = { name: 'みほんレセコン Ver.5', origin: null, program: 'C:\\Program Files\\Mihon Medical Systems\\Receipt Computer 5\\bin\\mihon-rececom-x64.exe' };

export function pairingScenes(now: number = Date.now()): Record<'closed' | 'open' | 'code-web' | 'code-program' | 'paired' | 'refused' | 'wrong-codes' | 'expired' | 'cancelled', PairingView> {
  const until = new Date(now + 97_000).toISOString();
  return {
    closed: { state: 'closed' },
    open: { state: 'open', until },
    'code-web': { state: 'code', caller: clinic, code: '482915', until },
    'code-program': { state: 'code', caller: program, code: '073160', until },
    paired: { state: 'ended', end: 'paired' },
    refused: { state: 'ended', end: 'refused' },
    'wrong-codes': { state: 'ended', end: 'wrong_codes' },
    expired: { state: 'ended', end: 'expired' },
    cancelled: { state: 'ended', end: 'cancelled' },
  };
}

export const readyAgent: AgentView = {
  version: '0.1.0',
  port: 17090,
  state: 'ready',
  isAsking: false,
  notices: [],
  cardService: 'running',
  readers: [
    { name: card.reader, state: 'ready', card, authentication: 'hpki-card' },
    { name: 'ACS ACR39U ICC Reader 01 00', state: 'empty', card: null, authentication: null },
  ],
  problems: [],
  remote: null,
  recent: [
    { at: '2026-04-01T04:12:00.000Z', type: 'prescription', count: 1, caller: '見本電子カルテ', result: 'signed' },
    { at: '2026-04-01T03:58:00.000Z', type: 'prescription', count: 12, caller: 'みほんレセコン Ver.5', result: 'signed' },
    { at: '2026-04-01T03:40:00.000Z', type: 'prescription', count: 1, caller: '見本電子カルテ', result: 'CARD_REMOVED' },
    { at: '2026-04-01T02:02:00.000Z', type: 'dispensing', count: 1, caller: 'みほんレセコン Ver.5', result: 'CANCELLED_BY_USER' },
  ],
};

/** Remote signing: one doctor until the night, one whose hour has begun, and three phones to be registered. */
export const remoteAgent: AgentView = {
  ...readyAgent,
  remote: {
    sessions: [
      { clientId: 'c1', caller: '見本電子カルテ', staff: { id: 'D0012', name: '医者　三郎' }, method: 'smartphone', until: '2026-04-02T02:15:00.000Z', endsSoon: false },
      { clientId: 'c2', caller: 'みほんレセコン Ver.5', staff: { id: 'D0031', name: '架空　さくら' }, method: 'mynumber-card', until: '2026-04-01T05:02:00.000Z', endsSoon: true },
    ],
    registrations: [
      { staffId: 'D0047', deadline: '2026-06-30', daysLeft: 90 },
      { staffId: 'D0052', deadline: '2026-04-04', daysLeft: 3 },
      { staffId: 'D0053', deadline: '2026-03-31', daysLeft: -1 },
    ],
  },
};

/** Each part of the page once, for the tour. */
export const tourAgent: AgentView = {
  ...remoteAgent,
  readers: readyAgent.readers.slice(0, 1),
  remote: { sessions: remoteAgent.remote?.sessions.slice(0, 1) ?? [], registrations: remoteAgent.remote?.registrations.slice(1, 2) ?? [] },
};

/** The day's first patient is not there yet. */
export const remoteAgentAtDawn: AgentView = { ...readyAgent, readers: [], recent: [], remote: { sessions: [], registrations: [] } };

export const troubledAgent: AgentView = {
  ...readyAgent,
  state: 'problem',
  cardService: 'unavailable',
  readers: [],
  problems: [
    { code: 'NO_CARD_SERVICE', title: errorCodes.NO_CARD_SERVICE, remedy: errorCodes.NO_CARD_SERVICE.remedy, action: 'revive_cards' },
    { code: 'CARD_MODULE_FAILED', title: errorCodes.CARD_MODULE_FAILED, remedy: errorCodes.CARD_MODULE_FAILED.remedy, action: 'diagnose' },
  ],
  recent: [],
};

export const startingAgent: AgentView = { ...readyAgent, port: null, state: 'working', cardService: 'unavailable', readers: [], recent: [] };

/** No port of the policy's list was free. */
export const agentWithoutPort: AgentView = {
  ...startingAgent,
  state: 'problem',
  problems: [
    (() => {
      const holder = { program: 'C:\\Program Files\\Mihon Vendor\\sample-service.exe', userName: null };
      const { title, remedy } = new NoFreePort(Array.from({ length: 10 }, (_, index) => ({ port: 17090 + index, owner: index < 2 ? holder : null })), undefined, 'win32');
      return { code: 'PORT_TAKEN', title: { ...title }, remedy: { ...remedy }, action: 'start_again' as const };
    })(),
  ],
};

export const agentWithoutKeyStore: AgentView = {
  ...readyAgent,
  notices: [{ ja: messages.ja.common.notices.noKeyStore, en: messages.en.common.notices.noKeyStore }],
};

export const clients: ClientView[] = [
  {
    id: 'c1',
    name: '見本電子カルテ',
    origin: 'https://karte.clinic.example.co.jp:8443',
    source: 'paired',
    createdAt: '2026-01-15T01:00:00.000Z',
    expiresAt: '2027-02-19T01:00:00.000Z',
    lastUsedAt: '2026-04-01T04:12:00.000Z',
    revoked: false,
  },
  { id: 'c2', name: 'みほんレセコン Ver.5', origin: null, source: 'policy', createdAt: null, expiresAt: null, lastUsedAt: '2026-04-01T03:58:00.000Z', revoked: false },
  {
    id: 'c3',
    name: '旧カルテ',
    origin: 'http://old-karte.example.co.jp',
    source: 'paired',
    createdAt: '2025-02-01T01:00:00.000Z',
    expiresAt: '2026-03-08T01:00:00.000Z',
    lastUsedAt: null,
    revoked: true,
  },
];

export const checks: CheckView[] = [
  { id: 'card.service', title: { ja: 'スマートカードサービス', en: 'Smart card service' }, status: 'ok', details: { ja: '動作しています', en: 'Running' }, remedy: null },
  { id: 'card.reader', title: { ja: 'カードリーダー', en: 'Card reader' }, status: 'ok', details: { ja: 'SCM Microsystems SCR3310 [CCID Interface] 00 00', en: 'SCM Microsystems SCR3310 [CCID Interface] 00 00' }, remedy: null },
  {
    id: 'card.certificate',
    title: { ja: '証明書の期限', en: 'Certificate validity' },
    status: 'warning',
    details: { ja: '医者　三郎: 有効期限まで残り49日', en: '医者　三郎: 49 days of validity left' },
    remedy: { ja: '認証局に更新を申請してください。', en: 'Apply to the certificate authority for a renewal.' },
  },
  {
    id: 'module',
    title: { ja: 'カードのモジュール', en: 'Card module' },
    status: 'problem',
    details: { ja: 'C:\\Windows\\System32\\HpkiSigP11_MPKCS11H.dll が見つかりません', en: 'C:\\Windows\\System32\\HpkiSigP11_MPKCS11H.dll was not found' },
    remedy: { ja: 'HPKIカードドライバーをインストールしてください。', en: 'Install the HPKI card driver.' },
  },
  { id: 'policy', title: { ja: 'ポリシー', en: 'Policy' }, status: 'not_applicable', details: { ja: 'ポリシーは設定されていません', en: 'No policy is set' }, remedy: null },
];
