/** What a start of the program is for. */
export type LaunchOrder =
  | { readonly order: 'desktop' }
  /** `out`: a file instead of the standard output, because a Windows program of this kind has no console. */
  | { readonly order: 'command'; readonly argv: readonly string[]; readonly out: string | null };

const urlScheme = /^hpki-agent:/i;

/**
 * `hpki-agent doctor --json --out FILE` is a command line; everything else starts the desktop.
 * SECURITY: a web page can open `hpki-agent:…`. It starts the agent; nothing after the scheme is looked at, and no
 * argument beside it (test/unit/main/launch-order.test.ts).
 */
export function readLaunchOrder(argv: readonly string[], commands: ReadonlySet<string>): LaunchOrder {
  const [first] = argv;
  if (first === undefined || argv.some((argument) => urlScheme.test(argument))) return { order: 'desktop' };
  if (!commands.has(first) && !['--help', '-h', '--version', '-V'].includes(first)) return { order: 'desktop' };
  const at = argv.indexOf('--out');
  const out = at > 0 ? argv[at + 1] : undefined;
  if (out === undefined) return { order: 'command', argv, out: null };
  return { order: 'command', argv: [...argv.slice(0, at), ...argv.slice(at + 2)], out };
}
