/** The oldest Node that runs the program: 24 brought explicit resource management (AsyncDisposableStack, await using). */
export const oldestNode = 24;

/** What to say on a Node that is too old, or null. Written so that an old one can read this file. */
export function tooOld(version: string): { readonly ja: string; readonly en: string } | null {
  const major = Number(version.split('.', 1)[0]);
  if (major >= oldestNode) return null;
  return {
    ja: `Node.js ${version} では動きません。Node.js ${oldestNode} 以降で起動してください（https://nodejs.org/）。何も変更していません。`,
    en: `Node.js ${version} is too old. Start it with Node.js ${oldestNode} or later (https://nodejs.org/). Nothing was changed.`,
  };
}
