/** Letters that Japanese is written with. */
const japanese = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;

/**
 * The name of a person, a facility or a program, read as Japanese where it is written so, whatever the window speaks: a
 * certificate may have it in Latin letters.
 */
export function Name({ text }: { readonly text: string }) {
  return <span lang={japanese.test(text) ? 'ja' : undefined}>{text}</span>;
}
