/**
 * `node login-without-a-port.ts PORT ADDRESS`: a login page in a terminal of a user who may not listen on that port, and who
 * pastes the address when asked. Prints what stood on the screen and what came of it, as JSON.
 */
import { armingMs } from '../../src/cli/terminal/read-pin.ts';
import { terminalPrompts } from '../../src/cli/terminal/terminal-prompts.ts';
import { PlayedTerminal } from './played-terminal.ts';

const [port = '', address = ''] = process.argv.slice(2);
// Whoever runs the tests as root is nobody from here on; the modules have been read.
if (process.getuid?.() === 0) {
  process.setgid?.(65_534);
  process.setuid?.(65_534);
}
const terminal = new PlayedTerminal();
const dialog = terminalPrompts(terminal.input, terminal.output, 'ja').openAuthentication({
  caller: { clientId: 'c', clientName: 'EHR', origin: null, program: null },
  staff: { id: 'D0012', name: '医者 三郎' },
  facility: null,
  terminal: 'clinic-1/user',
  documents: 1,
  canUseCard: false,
  methods: ['smartphone'],
  hiddenMethods: [],
});
const page = { url: new URL('https://login.example.jp/auth?state=s'), redirectUrl: new URL(`http://adapter:${port}/cb`), listens: true, allowedOrigins: [], card: null };
const ended = dialog.showLogin({ page, certificateSha256: null }, new AbortController().signal);
await Promise.race([ended, terminal.seen('貼り付けて')]);
await new Promise((resolve) => setTimeout(resolve, armingMs + 100));
terminal.type(`${address}\n`);
const end = await ended;
process.stdout.write(JSON.stringify({ printed: terminal.printed, end: String(end) }));
process.exit();
