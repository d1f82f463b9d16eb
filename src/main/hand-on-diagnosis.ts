import { writeFile } from 'node:fs/promises';
import { clipboard, dialog } from 'electron';
import type { Language } from '../contract/messages/messages.ts';
import { surroundingsHere, type SelfDiagnosis } from './self-diagnosis.ts';

export async function copyDiagnosis(diagnosis: SelfDiagnosis, language: Language): Promise<void> {
  await clipboard.writeText(diagnosis.text(language, surroundingsHere()));
}

/** Asks where, and writes the redacted ZIP there. False where the person cancelled. */
export async function saveDiagnosis(diagnosis: SelfDiagnosis, logs: string, language: Language): Promise<boolean> {
  const now = new Date();
  const { canceled, filePath } = await dialog.showSaveDialog({
    title: { ja: '診断の記録を保存', en: 'Save the diagnosis' }[language],
    defaultPath: `hpki-agent-${now.toISOString().slice(0, 10)}.zip`,
    filters: [{ name: 'ZIP', extensions: ['zip'] }],
  });
  if (canceled || filePath === '') return false;
  await writeFile(filePath, await diagnosis.zip(logs, surroundingsHere(), now));
  return true;
}
