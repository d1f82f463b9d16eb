import type { VirtualCard } from '../../sandbox/cards/virtual-card.ts';
import type { CardDrawer, DrawerCard } from '../../sandbox/card-drawer.ts';
import { CommandFailure } from '../exit.ts';
import type { CommandContext } from '../program.ts';

export const drawerCards = ['doctor', 'pharmacist', 'other-doctor', 'expired', 'authentication-only', 'three-tries', 'my-number'] as const satisfies readonly DrawerCard[];

/** A reader whose cards a person, or a script, changes while programs use it. */
export interface ControlledReader {
  insert(card: VirtualCard): Promise<void> | void;
  remove(): Promise<void> | void;
}

export interface CardControls {
  readonly reader: ControlledReader;
  readonly drawer: CardDrawer;
  /** The card that is in the reader. */
  readonly first: DrawerCard;
  /** The caller's own commands. */
  readonly more?: Readonly<Record<string, () => void>>;
}

/**
 * Follows commands, one a line, until their source ends: `insert [CARD]`, `pull`, `pull-while-signing` and the caller's own.
 * Each is answered with one line, so that a script can wait for it.
 */
export async function followCardCommands(
  lines: AsyncIterable<string> | Iterable<string>,
  { reader, drawer, first, more = {} }: CardControls,
  { say }: Pick<CommandContext, 'say'>,
): Promise<void> {
  let last: DrawerCard = first;
  const answer = (text: { readonly ja: string; readonly en: string }): void => void process.stdout.write(`${say(text)}\n`);
  const isCard = (name: string): name is DrawerCard => (drawerCards as readonly string[]).includes(name);

  async function follow(command: string, argument: string): Promise<void> {
    if (command === 'insert' && isCard(argument)) {
      last = argument;
      await reader.remove();
      await reader.insert(await drawer.take(last));
      answer({ ja: `挿入しました: ${last}`, en: `Inserted: ${last}` });
    } else if (command === 'pull') {
      await reader.remove();
      answer({ ja: '抜きました。', en: 'Pulled.' });
    } else if (command === 'pull-while-signing') {
      (await drawer.take(last)).setFaults({ at: 'signature', when: 'during', what: { kind: 'remove' } });
      answer({ ja: '次の署名の途中で抜けます。', en: 'It will be pulled in the middle of the next signature.' });
    } else if (Object.hasOwn(more, command)) {
      more[command]?.();
      answer({ ja: '受け付けました。', en: 'Done.' });
    } else {
      const commands = [`insert [${drawerCards.join(' | ')}]`, 'pull', 'pull-while-signing', ...Object.keys(more)].join(', ');
      answer({ ja: `使えるコマンド: ${commands}`, en: `Commands: ${commands}` });
    }
  }

  for await (const line of lines) {
    const [command = '', argument = last] = line.trim().split(/\s+/);
    if (command === '') continue;
    try {
      await follow(command, argument);
    } catch (error) {
      if (!(error instanceof CommandFailure)) throw error;
      answer(error.text);
    }
  }
}
