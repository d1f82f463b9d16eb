import type { Notice } from '../ports.ts';
import type { DocumentPlan } from './accept-documents.ts';

const patientsNamed = 3;

/** Where no window was shown: who signed how much for whom, without a patient's name. */
export function signedToast(plan: DocumentPlan, count: number): Notice {
  const signer = plan.accepted[0]?.summary.signer.name ?? '';
  const patients = [...new Set(plan.accepted.map(({ summary }) => summary.patient.initials))];
  const more = patients.length > patientsNamed;
  const initials = patients.slice(0, patientsNamed);
  const warnings = plan.accepted.reduce((sum, document) => sum + document.warnings.length, 0);
  const noted = warnings === 0 ? { ja: '', en: '' } : { ja: `（注意 ${warnings}件）`, en: ` (${warnings} warning(s))` };
  return {
    kind: warnings === 0 ? 'signed' : 'warning',
    text: {
      ja: `${signer} 様として ${count}件に署名しました。患者: ${initials.join('、')}${more ? ' ほか' : ''}${noted.ja}`,
      en: `Signed ${count} document(s) as ${signer}. Patients: ${initials.join(', ')}${more ? ' and others' : ''}${noted.en}`,
    },
  };
}
