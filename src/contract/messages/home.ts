import { clientsEn, clientsJa } from './home/clients.ts';
import { diagnosisEn, diagnosisJa } from './home/diagnosis.ts';
import { settingsEn, settingsJa } from './home/settings.ts';
import { statusEn, statusJa } from './home/status.ts';
import type { SameKeys } from './same-keys.ts';

/** The main window: what its pages share, and a file for each page. */
export const homeJa = {
  title: 'HPKI署名エージェント',
  navigation: '画面の切り替え',
  loading: '読み込んでいます',
  sections: {
    status: '状態',
    clients: '接続先EHR',
    diagnosis: '自己診断',
    settings: '設定',
  },
  status: statusJa,
  clients: clientsJa,
  diagnosis: diagnosisJa,
  settings: settingsJa,
} as const;

export const homeEn: SameKeys<typeof homeJa> = {
  title: 'HPKI Signing Agent',
  navigation: 'Sections',
  loading: 'Loading',
  sections: {
    status: 'Status',
    clients: 'Connected EHRs',
    diagnosis: 'Self-diagnosis',
    settings: 'Settings',
  },
  status: statusEn,
  clients: clientsEn,
  diagnosis: diagnosisEn,
  settings: settingsEn,
};
