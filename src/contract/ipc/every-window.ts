import { z } from 'zod';
import { nothing } from './parts.ts';

export const settingsView = z.object({
  language: z.enum(['ja', 'en']),
  theme: z.enum(['system', 'light', 'dark']),
  /** Whom to call about what a person cannot mend alone, as it may be shown; null where nobody is named. */
  supportContact: z.string().nullable(),
  /** The same as it is stored: for the field in which a person changes it, and for nothing else. */
  storedContact: z.string().nullable(),
  /** Every setting as it is in force. `changeable` ones are the user's; the rest says who fixed it. */
  settings: z.array(z.object({ path: z.string(), value: z.string(), source: z.enum(['policy', 'user', 'default']), changeable: z.boolean() })),
});
export type SettingsView = z.infer<typeof settingsView>;

/** What every window may ask. */
export const common = {
  /** `pulse`: a beat that a living page answers with `page.lives`. */
  push: { settings: settingsView, pulse: nothing },
  invoke: {
    'settings.get': { request: nothing, answer: settingsView },
    'page.lives': { request: nothing, answer: nothing },
    /** Opens a page of the manual, which is in the program. Topics, never addresses. */
    'help.open': { request: z.strictObject({ topic: z.enum(['manual', 'pairing', 'remote', 'locked-card', 'browser-denied', 'security']) }), answer: nothing },
  },
} as const;
