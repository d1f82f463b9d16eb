/** An agent's part that signs through a module and prints the process id of its card host. The test kills it meanwhile. */
import { cardHostProcesses } from '../card-host-processes.ts';
import { hostOfArguments } from './host-of-arguments.ts';

const { host, pin, hold } = await hostOfArguments();
const session = await hold(pin);
process.stdout.write(`${cardHostProcesses().join(' ')}\n`);
await host.sign(session, new Uint8Array(32));
await host.close();
