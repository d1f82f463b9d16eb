import { z } from 'zod';

/** Whether a reader that says it has keys of its own takes the PIN there; `auto` where nothing is said. */
const readerKeypadSchema = z.enum(['auto', 'off']);

/**
 * One PKCS#11 module as machine policy names it. Never from the API, never from a user's settings
 * (threat: a planted module is code that sees PINs).
 */
const pkcs11ModuleSchema = z.strictObject({
  /** Absolute path of the library. */
  path: z.string().min(1).max(1024),
  /**
   * `user`: C_Login(CKU_USER) before each signature. `context-specific`: the key also wants
   * C_Login(CKU_CONTEXT_SPECIFIC) between C_SignInit and C_Sign, as PKCS#11 v2.40 §5.6 writes for CKA_ALWAYS_AUTHENTICATE.
   */
  login: z.enum(['user', 'context-specific']).optional(),
  /** What its keys are for; `signing` where nothing is said. Vendors have one module for each. */
  purpose: z.enum(['signing', 'authentication']).optional(),
  /** How often the slots are looked at, in milliseconds. */
  pollMs: z.int().min(50).max(60_000).optional(),
  readerKeypad: readerKeypadSchema.optional(),
  /** Environment variables that the module reads. */
  environment: z.record(z.string(), z.string()).optional(),
});

export type Pkcs11ModuleSpec = z.infer<typeof pkcs11ModuleSchema>;

/** Which card stack a card host process runs. Plain data: it crosses the process boundary. */
export const cardStackSpecSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('pcsc'),
    /** Machine policy names vendor modules, and they own the cards: no APDU of ours but to read a counter for them. */
    presenceOnly: z.boolean().optional(),
    readerKeypad: readerKeypadSchema.optional(),
  }),
  z.strictObject({ kind: z.literal('pkcs11'), module: pkcs11ModuleSchema }),
]);

export type CardStackSpec = z.infer<typeof cardStackSpecSchema>;
