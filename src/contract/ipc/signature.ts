import { z } from 'zod';
import { cardNeed, cardView, keypadStart, pinQuestion } from './card.ts';
import { documentView } from './document.ts';
import { bilingual, callerView, dialog, isoTime, nothing, sessionMethod, staffView } from './parts.ts';

/** Where the signature window stands. Card first; the PIN step shows everything that will be signed. */
const signatureStep = z.discriminatedUnion('step', [
  z.object({
    step: z.literal('insert_card'),
    need: cardNeed,
    /** Remote signing may take the card's place: one click away. */
    canAuthenticate: z.boolean(),
  }),
  z.object({ step: z.literal('choose_card'), cards: z.array(cardView) }),
  z.object({
    step: z.literal('confirm_binding'),
    personInDocument: z.string(),
    card: cardView,
    /** Names that are not the same, beyond width, spaces and old forms of a kanji. */
    differences: z.array(z.enum(['staff_document', 'staff_certificate', 'document_certificate'])),
  }),
  z.object({ step: z.literal('pin'), card: cardView, ...pinQuestion, signatures: z.int() }),
  /** The reader waits for the PIN of the next document. `left`: nobody wants it any more, and the reader waits on. */
  z.object({ step: z.literal('keypad'), card: cardView, done: z.int(), total: z.int(), left: z.boolean() }),
  /** Remote signing: no PIN is typed. `documents` are the ids that this answer is about. */
  z.object({ step: z.literal('consent'), why: z.enum(['policy', 'bound_reached']), documents: z.array(z.string()), method: sessionMethod, until: isoTime }),
  z.object({ step: z.literal('signing'), done: z.int(), total: z.int() }),
  z.object({
    step: z.literal('ended'),
    outcome: z.enum(['signed', 'failed', 'cancelled', 'expired']),
    code: z.string().nullable(),
    /** Who or what ended it, where the code alone does not tell. */
    detail: bilingual.nullable(),
  }),
]);
export type SignatureStep = z.infer<typeof signatureStep>;

const signatureView = z.object({
  /** Changes with every request; answers carry it, so that none can be meant for another. */
  dialog: z.string(),
  caller: callerView,
  staff: staffView,
  documents: z.array(documentView),
  /** Names of callers whose requests wait behind this one. */
  waiting: z.array(z.string()),
  /** What the person should know and that no document says: a clock that is wrong, no secret store. */
  notices: z.array(bilingual),
  step: signatureStep,
});
export type SignatureView = z.infer<typeof signatureView>;

export const signatureWindow = {
  /** Null: nothing is asked any more. The page forgets what it showed; the window stays warm, hidden. */
  push: { view: signatureView.nullable() },
  invoke: {
    'signature.ready': { request: nothing, answer: signatureView.nullable() },
    /** The view of this dialog has been painted: the window may be shown. */
    'signature.painted': { request: dialog, answer: nothing },
    'signature.cancel': { request: dialog, answer: nothing },
    /** The person has read how it ended: the window may be hidden. */
    'signature.close': { request: dialog, answer: nothing },
    'signature.chooseCard': { request: z.strictObject({ dialog: z.string(), certificateSha256: z.string() }), answer: nothing },
    'signature.confirmBinding': { request: dialog, answer: nothing },
    'signature.consent': { request: dialog, answer: nothing },
    /** Instead of waiting for a card. */
    'signature.authenticate': { request: dialog, answer: nothing },
    /** Asks for the port to the card host by which the PIN goes; it comes as a MessagePort, not as an answer. */
    'signature.pinPort': { request: dialog, answer: nothing },
    /** The PIN is entered on the reader's own keys: lets the reader ask for it. */
    'signature.keypad': { request: keypadStart, answer: nothing },
  },
} as const;
