import { z } from 'zod';
import { supportContact } from '../support-contact.ts';
import { cardView } from './card.ts';
import { settingsView } from './every-window.ts';
import { pairingView } from './pairing.ts';
import { bilingual, isoTime, nothing, sessionMethod, staffId, staffView } from './parts.ts';

const problemView = z.object({
  code: z.string(),
  title: bilingual,
  remedy: bilingual,
  /** What the button beside it does. */
  action: z.enum(['diagnose', 'revive_cards', 'pair', 'start_again']).nullable(),
});

const agentView = z.object({
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
          staff: staffView,
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

const clientView = z.object({
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

const checkView = z.object({
  id: z.string(),
  title: bilingual,
  status: z.enum(['ok', 'warning', 'problem', 'not_applicable']),
  details: bilingual,
  remedy: bilingual.nullable(),
});
export type CheckView = z.infer<typeof checkView>;

/** The sections of the home window, as the tray menu names them. */
const homeSection = z.enum(['status', 'clients', 'diagnosis', 'settings']);
export type HomeSection = z.infer<typeof homeSection>;

export const homeWindow = {
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
    'settings.change': { request: z.strictObject({ language: z.enum(['ja', 'en']).optional(), theme: z.enum(['system', 'light', 'dark']).optional(), supportContact: supportContact.nullable().optional() }), answer: settingsView },
  },
} as const;
