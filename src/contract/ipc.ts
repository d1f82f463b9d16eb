/**
 * What pages and the main process say to each other. Every message is validated with these schemas on both ends; a
 * page may only use the channels of its own window. A page is a function of the last view that was pushed to it: it
 * keeps no state of the agent, and the PIN is in none of these messages (it goes by a port straight to the card host).
 */
import { z } from 'zod';
import { staffIdPattern } from './staff-id.ts';

const bilingual = z.object({ ja: z.string(), en: z.string() });
const isoTime = z.iso.datetime();
/** As in the API. */
const staffId = z.string().regex(staffIdPattern);

// ---- what is shown

const summaryRow = z.object({
  label: bilingual,
  value: z.string(),
  marks: z.array(z.enum(['narcotic', 'no_substitution', 'difference', 'unknown_record', 'warning'])),
  line: z.int().nullable(),
});

export const documentView = z.object({
  id: z.string(),
  type: z.enum(['prescription', 'dispensing']),
  signer: z.string(),
  facility: z.string(),
  patient: z.object({ name: z.string(), kana: z.string().nullable(), sex: z.enum(['male', 'female', 'unknown']), birthDate: z.string().nullable(), age: z.int().nullable() }),
  date: z.string().nullable(),
  drugCount: z.int(),
  hasNarcotic: z.boolean(),
  sections: z.array(z.object({ heading: bilingual, rows: z.array(summaryRow) })),
  warnings: z.array(bilingual),
});
export type DocumentView = z.infer<typeof documentView>;

const cardView = z.object({
  certificateSha256: z.string(),
  reader: z.string(),
  name: z.string(),
  role: z.string().nullable(),
  notAfter: isoTime,
  daysLeft: z.int(),
});
export type CardInfo = z.infer<typeof cardView>;

const callerView = z.object({ name: z.string(), origin: z.string().nullable(), program: z.string().nullable() });

const sessionMethod = z.enum(['smartphone', 'hpki-card', 'mynumber-card']);

/** As `PinRefusal` in src/agent/ports.ts. */
const pinRefusal = z.enum(['incorrect', 'keypad_cancelled', 'keypad_timed_out', 'keypad_refused', 'keypad_unusable']);

/** Where the signature window stands. Card first; the PIN step shows everything that will be signed. */
export const signatureStep = z.discriminatedUnion('step', [
  z.object({
    step: z.literal('insert_card'),
    need: z.enum(['no_service', 'no_reader', 'no_card', 'card_removed', 'unknown_card', 'card_in_use', 'module_failed', 'other_doctor']),
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
  z.object({
    step: z.literal('pin'),
    card: cardView,
    /** Null: the card does not tell. */
    triesLeft: z.int().nullable(),
    failuresSeen: z.int(),
    /** The person must first say that a last try may be spent. */
    consentNeeded: z.boolean(),
    refused: pinRefusal.nullable(),
    signatures: z.int(),
    /** The card's reader takes the PIN on its own keys. */
    keypad: z.boolean(),
  }),
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

export const signatureView = z.object({
  /** Changes with every request; answers carry it, so that none can be meant for another. */
  dialog: z.string(),
  caller: callerView,
  staff: z.object({ id: z.string(), name: z.string() }),
  documents: z.array(documentView),
  /** Names of callers whose requests wait behind this one. */
  waiting: z.array(z.string()),
  /** What the person should know and that no document says: a clock that is wrong, no secret store. */
  notices: z.array(bilingual),
  step: signatureStep,
});
export type SignatureView = z.infer<typeof signatureView>;

/** `name` is null for a My Number card, whose certificate names nobody. */
const loginCardView = z.object({ kind: z.enum(['hpki', 'jpki']), certificateSha256: z.string(), reader: z.string(), name: z.string().nullable() });

/** Where the authentication for remote signing stands. A login page of the provider's own is in a window beside. */
export const authenticationStep = z.discriminatedUnion('step', [
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
  z.object({
    step: z.literal('insert_card'),
    kind: z.enum(['hpki', 'jpki']),
    need: z.enum(['no_service', 'no_reader', 'no_card', 'card_removed', 'unknown_card', 'card_in_use', 'module_failed', 'other_doctor', 'several_cards']),
  }),
  z.object({
    step: z.literal('pin'),
    card: loginCardView,
    triesLeft: z.int().nullable(),
    failuresSeen: z.int(),
    consentNeeded: z.boolean(),
    refused: pinRefusal.nullable(),
    keypad: z.boolean(),
  }),
  /** As of the signature window. */
  z.object({ step: z.literal('keypad'), card: loginCardView, left: z.boolean() }),
  z.object({ step: z.literal('login') }),
  z.object({ step: z.literal('progress'), doing: z.enum(['contacting', 'checking']) }),
  z.object({ step: z.literal('ended'), outcome: z.enum(['authenticated', 'use_card', 'failed', 'cancelled', 'expired']), until: isoTime.nullable(), code: z.string().nullable(), detail: bilingual.nullable() }),
]);
export type AuthenticationStep = z.infer<typeof authenticationStep>;

export const authenticationView = z.object({
  dialog: z.string(),
  caller: callerView,
  staff: z.object({ id: z.string(), name: z.string() }),
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

export const pairingView = z.discriminatedUnion('state', [
  z.object({ state: z.literal('closed') }),
  z.object({ state: z.literal('open'), until: isoTime }),
  z.object({ state: z.literal('code'), caller: callerView, code: z.string(), until: isoTime }),
  z.object({ state: z.literal('ended'), end: z.enum(['paired', 'refused', 'wrong_codes', 'expired', 'cancelled']) }),
]);
export type PairingView = z.infer<typeof pairingView>;

const problemView = z.object({
  code: z.string(),
  title: bilingual,
  remedy: bilingual,
  /** What the button beside it does. */
  action: z.enum(['diagnose', 'revive_cards', 'pair', 'start_again']).nullable(),
});

export const agentView = z.object({
  version: z.string(),
  port: z.int().nullable(),
  state: z.enum(['ready', 'needs_you', 'working', 'problem']),
  /** A window waits for an answer. */
  isAsking: z.boolean(),
  cardService: z.enum(['running', 'unavailable']),
  readers: z.array(
    z.object({
      name: z.string(),
      state: z.enum(['empty', 'reading', 'unknown_card', 'in_use', 'identity_card', 'ready']),
      card: cardView.nullable(),
      /** The card can authenticate by this method, or cannot. */
      authentication: z.enum(['hpki-card', 'mynumber-card']).nullable(),
    }),
  ),
  problems: z.array(problemView),
  /** What keeps nobody from signing and should be known all the same. */
  notices: z.array(bilingual),
  /** Remote signing: who is authenticated, and whose phone is still to be registered. Null where no service is configured. */
  remote: z
    .object({
      sessions: z.array(
        z.object({
          clientId: z.string(),
          /** The EHR that it serves. */
          caller: z.string(),
          staff: z.object({ id: z.string(), name: z.string() }),
          method: sessionMethod,
          until: isoTime,
          endsSoon: z.boolean(),
        }),
      ),
      registrations: z.array(
        z.object({
          staffId: z.string(),
          deadline: z.iso.date(),
          /** 0 on the last day, negative after it. */
          daysLeft: z.int(),
        }),
      ),
    })
    .nullable(),
  /** The last signatures of this start. No patient. */
  recent: z.array(z.object({ at: isoTime, type: z.enum(['prescription', 'dispensing']), count: z.int(), caller: z.string(), result: z.string() })),
});
export type AgentView = z.infer<typeof agentView>;

export const clientView = z.object({
  id: z.string(),
  name: z.string(),
  origin: z.string().nullable(),
  source: z.enum(['paired', 'policy']),
  createdAt: isoTime.nullable(),
  expiresAt: isoTime.nullable(),
  lastUsedAt: isoTime.nullable(),
  revoked: z.boolean(),
});
export type ClientView = z.infer<typeof clientView>;

export const checkView = z.object({
  id: z.string(),
  title: bilingual,
  status: z.enum(['ok', 'warning', 'problem', 'not_applicable']),
  details: bilingual,
  remedy: bilingual.nullable(),
});
export type CheckView = z.infer<typeof checkView>;

/** The sections of the home window, as the tray menu names them. */
export const homeSection = z.enum(['status', 'clients', 'diagnosis', 'settings']);
export type HomeSection = z.infer<typeof homeSection>;

export const settingsView = z.object({
  language: z.enum(['ja', 'en']),
  theme: z.enum(['system', 'light', 'dark']),
  /** Every setting as it is in force. `changeable` ones are the user's; the rest says who fixed it. */
  settings: z.array(z.object({ path: z.string(), value: z.string(), source: z.enum(['policy', 'user', 'default']), changeable: z.boolean() })),
});
export type SettingsView = z.infer<typeof settingsView>;

// ---- the channels of each window

const nothing = z.undefined();
const dialog = z.strictObject({ dialog: z.string() });

/** `push`: main to page. `invoke`: page to main, with the schema of request and answer. */
export const windows = {
  signature: {
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
      'signature.keypad': { request: z.strictObject({ dialog: z.string(), spendLastTries: z.boolean() }), answer: nothing },
    },
  },
  authentication: {
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
      'authentication.keypad': { request: z.strictObject({ dialog: z.string(), spendLastTries: z.boolean() }), answer: nothing },
    },
  },
  pairing: {
    push: { pairing: pairingView },
    invoke: {
      'pairing.ready': { request: nothing, answer: pairingView },
      'pairing.open': { request: nothing, answer: nothing },
      'pairing.close': { request: nothing, answer: nothing },
    },
  },
  home: {
    /** `section`: which section to show. Pushed after `home.ready` when the tray menu or another window asked for one. */
    push: { agent: agentView, pairing: pairingView, check: checkView, section: homeSection },
    invoke: {
      'home.ready': { request: nothing, answer: agentView },
      'pairing.open': { request: nothing, answer: nothing },
      'clients.list': { request: nothing, answer: z.array(clientView) },
      'clients.revoke': { request: z.strictObject({ id: z.string() }), answer: nothing },
      /** 本日終了. */
      'sessions.end': { request: z.strictObject({ clientId: z.string(), staffId }), answer: nothing },
      /** Null: the phone is registered, or the letter is of no use any more. */
      'registrations.note': { request: z.strictObject({ staffId, deadline: z.iso.date().nullable() }), answer: nothing },
      'cards.revive': { request: nothing, answer: nothing },
      /** Where the agent did not start: tries again. */
      'agent.start': { request: nothing, answer: nothing },
      /** Checks come as pushes while it runs; the answer says how many there were. */
      'diagnosis.run': { request: nothing, answer: z.strictObject({ checks: z.int(), problems: z.int() }) },
      'diagnosis.copy': { request: nothing, answer: nothing },
      /** Asks where, writes a redacted ZIP. False where the person cancelled. */
      'diagnosis.save': { request: nothing, answer: z.boolean() },
      'settings.change': { request: z.strictObject({ language: z.enum(['ja', 'en']).optional(), theme: z.enum(['system', 'light', 'dark']).optional() }), answer: settingsView },
    },
  },
} as const;

/** What every window may ask. */
export const common = {
  /** `pulse`: a beat that a living page answers with `page.lives`. */
  push: { settings: settingsView, pulse: z.int() },
  invoke: {
    'settings.get': { request: nothing, answer: settingsView },
    'page.lives': { request: z.strictObject({ beat: z.int() }), answer: nothing },
    /** Opens a page of the manual, which is in the program. Topics, never addresses. */
    'help.open': { request: z.strictObject({ topic: z.enum(['manual', 'pairing', 'remote', 'locked-card', 'browser-denied', 'security']) }), answer: nothing },
  },
} as const;

export type WindowName = keyof typeof windows;
export type InvokeChannels<W extends WindowName> = (typeof windows)[W]['invoke'] & (typeof common)['invoke'];
export type PushChannels<W extends WindowName> = (typeof windows)[W]['push'] & (typeof common)['push'];

type SchemaOf<C, K extends keyof C, Part extends 'request' | 'answer'> = C[K] extends Record<Part, infer S extends z.ZodType> ? z.infer<S> : never;

/** The API that the preload puts into a page's world as `agent`. */
export interface PageBridge<W extends WindowName> {
  invoke<K extends keyof InvokeChannels<W>>(channel: K, request: SchemaOf<InvokeChannels<W>, K, 'request'>): Promise<SchemaOf<InvokeChannels<W>, K, 'answer'>>;
  /** Returns the unsubscribe function. */
  on<K extends keyof PushChannels<W>>(channel: K, listener: (view: z.infer<PushChannels<W>[K] extends z.ZodType ? PushChannels<W>[K] : never>) => void): () => void;
}

// ---- the PIN port: page to card host, past the main process

/**
 * How the port reaches the page: the preload posts this to its own window with the one port, after
 * `signature.pinPort`. `dialog` is the dialog that asked. A new port ends the one before it.
 */
export interface PinPortMessage {
  readonly type: 'pin-port';
  readonly dialog: string;
}

/**
 * Page → card host. Sent once a port, and the page zeroes its bytes after posting. They are copied, not transferred:
 * Electron loses a message whose ArrayBuffer is transferred to a port outside the renderer (electron/electron#34905).
 */
export interface PinMessage {
  readonly pin: Uint8Array;
  readonly spendLastTries: boolean;
}

/** Card host → page, once; then the port closes. The session's id goes to the main process, not to the page. */
export interface PinTaken {
  readonly taken: boolean;
}
