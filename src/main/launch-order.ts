/** Who starts the desktop. Only a person wants to see it come up. */
export type StartedBy = 'person' | 'logon' | 'link';

/** What a start of the program is for. */
export type LaunchOrder =
  | { readonly order: 'desktop'; readonly by: StartedBy }
  /** `out`: a file instead of the standard output, because a Windows program of this kind has no console. */
  | { readonly order: 'command'; readonly argv: readonly string[]; readonly out: string | null };

const urlScheme = /^hpki-agent:/i;

/** What the installers hand over at logon: build/windows, build/linux, build/mac. */
export const atLogin = '--at-login';

/**
 * `hpki-agent doctor --json --out FILE` is a command line; everything else starts the desktop.
 * SECURITY: a web page can open `hpki-agent:…`. It starts the agent; nothing after the scheme is looked at, and no
 * argument beside it (test/unit/main/launch-order.test.ts, test/attacks/row-28-links-into-the-agent.test.ts).
 */
export function readLaunchOrder(argv: readonly string[], commands: ReadonlySet<string>): LaunchOrder {
  const [first] = argv;
  if (argv.some((argument) => urlScheme.test(argument))) return { order: 'desktop', by: 'link' };
  if (argv.includes(atLogin)) return { order: 'desktop', by: 'logon' };
  if (first === undefined || (!commands.has(first) && !['--help', '-h', '--version', '-V'].includes(first))) return { order: 'desktop', by: 'person' };
  return { order: 'command', ...takeOut(argv) };
}

/** `--out FILE` or `--out=FILE`, taken out of the command line. */
function takeOut(argv: readonly string[]): { readonly argv: readonly string[]; readonly out: string | null } {
  const at = argv.findIndex((argument) => argument === '--out' || argument.startsWith('--out='));
  const [name, ...value] = argv[at]?.split('=') ?? [];
  const out = value.length > 0 ? value.join('=') : argv[at + 1];
  // Without a file the option stays, for the command to say what is wrong with it.
  if (name === undefined || out === undefined || out === '') return { argv, out: null };
  return { argv: [...argv.slice(0, at), ...argv.slice(at + (value.length > 0 ? 1 : 2))], out };
}
