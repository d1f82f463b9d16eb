import type { CommandContext } from '../program.ts';

/** Why nothing is printed yet. On standard error, so that it never mixes with what a program reads. */
export function tellCardsAreRead({ say }: CommandContext): void {
  process.stderr.write(say({ ja: '… カードリーダーとカードを調べています。\n', en: '… Looking at readers and cards.\n' }));
}
