import { z } from 'zod';
import { serviceAddress } from '../config/addresses.ts';

/**
 * How the command line talks to the running agent of the same user: JSON lines over a socket file (a named pipe on
 * Windows) in a folder that only this user can enter. Opening pairing is a person's act, so it is here and not in HTTP.
 * One connection carries one command; its events come before its end.
 */
export const controlCommand = z.discriminatedUnion('command', [
  z.strictObject({ command: z.literal('status') }),
  z.strictObject({ command: z.literal('pairing.open') }),
  z.strictObject({ command: z.literal('clients.list') }),
  z.strictObject({ command: z.literal('clients.revoke'), id: z.string().min(1).max(64) }),
  z.strictObject({ command: z.literal('cards.revive') }),
  z.strictObject({ command: z.literal('staff.list') }),
  z.strictObject({ command: z.literal('staff.bind'), staffId: z.string().min(1).max(64), certificate: z.base64() }),
  z.strictObject({ command: z.literal('staff.unbind'), staffId: z.string().min(1).max(64) }),
  z.strictObject({ command: z.literal('sessions.list') }),
  z.strictObject({ command: z.literal('sessions.end'), staffId: z.string().min(1).max(64).optional() }),
  /** All services of policy, or one address that the person at this computer names. */
  z.strictObject({ command: z.literal('network.diagnose'), address: serviceAddress.nullable() }),
  /** What a SecretStore is to keep (src/agent/remote/network/client-certificate.ts), in base64. */
  z.strictObject({ command: z.literal('network.useCertificate'), sealable: z.base64().max(256 * 1024) }),
  z.strictObject({
    command: z.literal('network.useProxyCredentials'),
    proxy: z.string().regex(/^.{1,253}:\d{1,5}$/),
    user: z.string().min(1).max(256),
    password: z.string().max(1024),
  }),
  z.strictObject({
    command: z.literal('sign'),
    staff: z.strictObject({ id: z.string().min(1).max(64), name: z.string().min(1).max(128) }),
    type: z.enum(['prescription', 'dispensing']),
    csv: z.base64(),
    prescription: z.base64().optional(),
  }),
]);

export type ControlCommand = z.infer<typeof controlCommand>;

export const controlMessage = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('event'), event: z.json() }),
  z.object({ kind: z.literal('done'), result: z.json() }),
  z.object({ kind: z.literal('failed'), code: z.string(), ja: z.string(), en: z.string() }),
]);

export type ControlMessage = z.infer<typeof controlMessage>;
export type Json = z.infer<ReturnType<typeof z.json>>;

/** Longest line: a dispensing result with its prescription, in base64, with room. */
export const maxControlLine = 24 * 1024 * 1024;
