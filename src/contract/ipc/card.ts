import { z } from 'zod';
import { isoTime } from './parts.ts';

export const cardView = z.object({
  certificateSha256: z.string(),
  reader: z.string(),
  name: z.string(),
  role: z.string().nullable(),
  notAfter: isoTime,
  daysLeft: z.int(),
});
export type CardInfo = z.infer<typeof cardView>;

/** Why no card can be used yet. */
export const cardNeed = z.enum(['no_service', 'no_reader', 'no_card', 'card_removed', 'unknown_card', 'card_in_use', 'module_failed', 'other_doctor']);

/** What a window shows where it asks for a card's PIN. */
export const pinQuestion = {
  /** Null: the card does not tell. */
  triesLeft: z.int().nullable(),
  failuresSeen: z.int(),
  /** The person must first say that a last try may be spent. */
  consentNeeded: z.boolean(),
  /** As `PinRefusal` in src/agent/ports.ts. */
  refused: z.enum(['incorrect', 'keypad_cancelled', 'keypad_timed_out', 'keypad_refused', 'keypad_unusable']).nullable(),
  /** The card's reader takes the PIN on its own keys. */
  keypad: z.boolean(),
};

/** Lets the reader ask for the PIN on its own keys. */
export const keypadStart = z.strictObject({ dialog: z.string(), spendLastTries: z.boolean() });
