import { z } from 'zod';
import { cardNeed, keypadStart, pinQuestion } from './card.ts';
import { bilingual, callerView, dialog, isoTime, nothing, sessionMethod, staffView } from './parts.ts';

/** `name` is null for a My Number card, whose certificate names nobody. */
const loginCardView = z.object({ kind: z.enum(['hpki', 'jpki']), certificateSha256: z.string(), reader: z.string(), name: z.string().nullable() });

/** Where the authentication for remote signing stands. A login page of the provider's own is in a window beside. */
const authenticationStep = z.discriminatedUnion('step', [
  z.object({ step: z.literal('choose_method'), suggested: sessionMethod, problem: z.object({ code: z.string(), detail: bilingual.nullable() }).nullable() }),
  z.object({
    step: z.literal('code'),
    /** The QR code: `size` modules a side, dark ones as an SVG path in that square. */
    qr: z.object({ size: z.int(), path: z.string() }),
    userCode: z.string(),
    number: z.string().nullable(),
    until: isoTime,
  }),
  z.object({ step: z.literal('code_ran_out') }),
  z.object({ step: z.literal('insert_card'), kind: z.enum(['hpki', 'jpki']), need: z.enum([...cardNeed.options, 'several_cards']) }),
  z.object({ step: z.literal('pin'), card: loginCardView, ...pinQuestion }),
  /** As of the signature window. */
  z.object({ step: z.literal('keypad'), card: loginCardView, left: z.boolean() }),
  z.object({ step: z.literal('login') }),
  z.object({ step: z.literal('progress'), doing: z.enum(['contacting', 'checking']) }),
  z.object({ step: z.literal('ended'), outcome: z.enum(['authenticated', 'use_card', 'failed', 'cancelled', 'expired']), until: isoTime.nullable(), code: z.string().nullable(), detail: bilingual.nullable() }),
]);
export type AuthenticationStep = z.infer<typeof authenticationStep>;

const authenticationView = z.object({
  dialog: z.string(),
  caller: callerView,
  staff: staffView,
  facility: z.string().nullable(),
  terminal: z.string(),
  /** Documents that wait for it; none where the EHR authenticates ahead of time. */
  documents: z.int(),
  canUseCard: z.boolean(),
  methods: z.array(sessionMethod).min(1),
  /** Policy offers them, and the service's login page cannot use them on this computer. */
  hiddenMethods: z.array(sessionMethod),
  step: authenticationStep,
});
export type AuthenticationView = z.infer<typeof authenticationView>;

export const authenticationWindow = {
  push: { authentication: authenticationView.nullable() },
  invoke: {
    'authentication.ready': { request: nothing, answer: authenticationView.nullable() },
    'authentication.painted': { request: dialog, answer: nothing },
    'authentication.cancel': { request: dialog, answer: nothing },
    'authentication.close': { request: dialog, answer: nothing },
    /** SECURITY: a code is made by this click and by nothing else (RFC 8628 §5.4). */
    'authentication.begin': { request: z.strictObject({ dialog: z.string(), method: sessionMethod }), answer: nothing },
    'authentication.again': { request: dialog, answer: nothing },
    'authentication.otherMethod': { request: dialog, answer: nothing },
    'authentication.useCard': { request: dialog, answer: nothing },
    'authentication.pinPort': { request: dialog, answer: nothing },
    'authentication.keypad': { request: keypadStart, answer: nothing },
  },
} as const;
