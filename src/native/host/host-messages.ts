import { z } from 'zod';
import { cardStackSpecSchema } from './card-stack-spec.ts';
import type { CardErrorCode } from './card-host.ts';

/**
 * What the agent and a card host process say to each other. The agent checks both directions: what it sends, and what
 * comes from a process that runs vendor code. The process itself takes the shapes on trust from its own agent, so that
 * it need not load a validator (18 MB); what a page sends it directly is checked there (take-pin.ts).
 */
const certificateSha256 = z.string().regex(/^[0-9a-f]{64}$/);
const bytes = (max: number) => z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length <= max, `at most ${max} bytes`);
const text = z.string().max(4096);
const tries = z.union([z.int().min(0).max(255), z.literal('unknown')]);

const cardErrorCodes = [
  'NO_CARD_SERVICE',
  'NO_READER',
  'NO_CARD',
  'CARD_UNKNOWN',
  'CARD_REMOVED',
  'CARD_IN_USE',
  'CARD_MODULE_FAILED',
  'PIN_INCORRECT',
  'PIN_LOCKED',
  'PIN_CONSENT_NEEDED',
  'PIN_SESSION_ENDED',
  'KEYPAD_CANCELLED',
  'KEYPAD_TIMED_OUT',
  'KEYPAD_REFUSED',
  'KEYPAD_UNUSABLE',
  'STORAGE_FAILED',
] as const satisfies readonly CardErrorCode[];

const cardSchema = z.strictObject({
  reader: text,
  certificateSha256,
  certificate: bytes(65_536),
  chain: z.array(bytes(65_536)).max(64),
  driver: z.enum(['direct', 'pkcs11']),
  keypad: z.literal(true).exactOptional(),
});

const authenticationSchema = z.strictObject({
  kind: z.enum(['hpki', 'jpki']),
  reader: text,
  certificateSha256,
  certificate: bytes(65_536),
  driver: z.enum(['direct', 'pkcs11']),
  keypad: z.literal(true).exactOptional(),
});

const readerSchema = z.discriminatedUnion('state', [
  z.strictObject({ reader: text, state: z.literal('empty') }),
  z.strictObject({ reader: text, state: z.literal('reading') }),
  z.strictObject({ reader: text, state: z.literal('unknown_card'), reason: text }),
  z.strictObject({ reader: text, state: z.literal('in_use') }),
  z.strictObject({ reader: text, state: z.literal('identity_card'), authentication: authenticationSchema }),
  z.strictObject({ reader: text, state: z.literal('ready'), card: cardSchema, authentication: z.union([authenticationSchema, z.literal('reading'), z.null()]) }),
]);

const stateSchema = z.discriminatedUnion('service', [
  z.strictObject({ service: z.literal('unavailable'), code: z.enum(['NO_CARD_SERVICE', 'CARD_MODULE_FAILED']), detail: text, starting: z.literal(true).exactOptional() }),
  z.strictObject({ service: z.literal('running'), readers: z.array(readerSchema).max(256) }),
]);

const recordSchema = z.strictObject({ failures: z.int().min(0), inFlight: z.boolean() });
const errorSchema = z.strictObject({
  code: z.enum(cardErrorCodes),
  detail: text,
  triesLeft: tries.optional(),
  pinNotPresented: z.boolean(),
});
const entrySchema = z.strictObject({
  certificateSha256,
  purpose: z.enum(['signing', 'authentication']).exactOptional(),
  pin: z.union([bytes(256), z.literal('keypad')]),
  maxSignatures: z.number().min(0),
  lifetimeMs: z.number().min(0),
  spendLastTries: z.boolean(),
});
const counterOrderSchema = z.strictObject({ reader: text, certificate: bytes(65_536) });
const orderSchema = entrySchema.omit({ pin: true, spendLastTries: true });

/** Agent → process. Calls carry a `call` number and get one answer. */
export const toHostSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('start'), call: z.int(), stack: cardStackSpecSchema }),
  z.strictObject({ type: z.literal('ping'), call: z.int() }),
  z.strictObject({ type: z.literal('pinTries'), call: z.int(), card: certificateSha256 }),
  z.strictObject({ type: z.literal('readCounter'), call: z.int(), order: counterOrderSchema }),
  z.strictObject({ type: z.literal('holdPin'), call: z.int(), entry: entrySchema }),
  /** Comes with the port itself. Answered at once; `pinHeld` or `pinNotHeld` follows when a person has typed. */
  z.strictObject({ type: z.literal('openPinPort'), call: z.int(), port: z.int(), order: orderSchema }),
  z.strictObject({ type: z.literal('closePinPort'), call: z.int(), port: z.int() }),
  z.strictObject({ type: z.literal('sign'), call: z.int(), session: text, hash: bytes(32) }),
  z.strictObject({ type: z.literal('endPinSession'), call: z.int(), session: text }),
  /** Finish the library and say so, unless a PIN is held: then `idle` is false and all stays as it was. */
  z.strictObject({ type: z.literal('retire'), call: z.int() }),
  z.strictObject({ type: z.literal('ledgerLoaded'), question: z.int(), record: recordSchema }),
  z.strictObject({ type: z.literal('ledgerSaved'), question: z.int() }),
  z.strictObject({ type: z.literal('counterRead'), question: z.int(), tries }),
  z.strictObject({ type: z.literal('ledgerFailed'), question: z.int(), detail: text }),
]);

/** Process → agent. */
export const fromHostSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('done'), call: z.int() }),
  z.strictObject({ type: z.literal('tries'), call: z.int(), triesLeft: tries, failuresSeen: z.int().min(0), consentNeeded: z.boolean() }),
  z.strictObject({ type: z.literal('counter'), call: z.int(), tries }),
  z.strictObject({ type: z.literal('held'), call: z.int(), session: text }),
  z.strictObject({ type: z.literal('signed'), call: z.int(), signature: bytes(4096) }),
  z.strictObject({ type: z.literal('retired'), call: z.int(), idle: z.boolean(), endedByRemoval: z.array(text).max(256) }),
  z.strictObject({ type: z.literal('failed'), call: z.int(), error: errorSchema }),
  z.strictObject({ type: z.literal('state'), state: stateSchema }),
  z.strictObject({ type: z.literal('pinHeld'), port: z.int(), session: text }),
  z.strictObject({ type: z.literal('pinNotHeld'), port: z.int(), error: errorSchema }),
  /** The last PIN session is over and this process should end, because a library may still hold the PIN. */
  z.strictObject({ type: z.literal('replaceMe') }),
  z.strictObject({ type: z.literal('ledgerLoad'), question: z.int(), card: certificateSha256 }),
  z.strictObject({ type: z.literal('ledgerSave'), question: z.int(), card: certificateSha256, record: recordSchema }),
  z.strictObject({ type: z.literal('readCounter'), question: z.int(), order: counterOrderSchema }),
]);

export type ToHost = z.infer<typeof toHostSchema>;
export type FromHost = z.infer<typeof fromHostSchema>;
export type HostAnswer = Extract<FromHost, { call: number }>;
/** A call before it has got its number. */
export type HostCall = ToHost extends infer M ? (M extends { call: number } ? Omit<M, 'call'> : never) : never;

export type CardErrorMessage = z.infer<typeof errorSchema>;
