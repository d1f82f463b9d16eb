/** `electron` inside a utility process: Electron offers little there, the model less. */
import { unmodelled } from './refusal.ts';

export const { parentPort } = process as unknown as { parentPort: object };
export const net = unmodelled('net in a utility process');
export const systemPreferences = unmodelled('systemPreferences in a utility process');
export default { parentPort, net, systemPreferences };
