import { agentStatesEn, agentStatesJa } from './agent-states.ts';
import type { SameKeys } from './same-keys.ts';

export const trayJa = {
  ...agentStatesJa,
  tooltip: '{{product}}: {{reason}}',
  /** Remote signing: who need not authenticate, until which clock time. */
  session: 'リモート署名: {{name}} {{until}}まで',
  /** Whose session, where one name has several: one for each EHR. */
  nameAtEhr: '{{name}}（{{caller}}）',
  otherSessions: 'ほか{{count}}件',
  menu: {
    answer: '署名の確認画面を前に出す',
    status: '状態',
    clients: '接続先EHR',
    diagnosis: '自己診断',
    settings: '設定',
    saveLogs: 'ログを保存…',
    quit: '終了',
  },
} as const;

export const trayEn: SameKeys<typeof trayJa> = {
  ...agentStatesEn,
  tooltip: '{{product}}: {{reason}}',
  session: 'Remote signing: {{name}} until {{until}}',
  nameAtEhr: '{{name}} ({{caller}})',
  otherSessions: 'and {{count}} more',
  menu: {
    answer: 'Show the window that asks',
    status: 'Status',
    clients: 'Connected EHRs',
    diagnosis: 'Self-diagnosis',
    settings: 'Settings',
    saveLogs: 'Save logs…',
    quit: 'Quit',
  },
};
