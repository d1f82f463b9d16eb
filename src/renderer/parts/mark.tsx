import { useSpeech } from '../page/language.ts';
import type { DocumentView } from '../../contract/ipc/document.ts';

export type MarkName = DocumentView['sections'][number]['rows'][number]['marks'][number];

/** A word in a frame; 麻薬 and 変更不可 differ in shape and filling too, for whoever does not see their colours. */
export function Mark({ name }: { readonly name: MarkName }) {
  const { t } = useSpeech();
  return <span class={`mark mark--${name}`}>{t(`common.marks.${name}`)}</span>;
}
