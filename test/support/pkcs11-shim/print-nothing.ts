/** A parent that signs once through a noisy module. Whatever appears on its own output came out of the card host. */
import { hostOfArguments } from './host-of-arguments.ts';

const { host, pin, hold } = await hostOfArguments();
const signature = await host.sign(await hold(pin), new Uint8Array(32));
const refusal = await host.sign(await hold(`${pin}0`), new Uint8Array(32)).catch((error: unknown) => error);
process.stdout.write(`${signature.length} ${refusal instanceof Error ? `${refusal.message} ${refusal.stack ?? ''}` : 'accepted'}\n`);
await host.close();
