import { z } from 'zod';
import { callerView, isoTime, nothing } from './parts.ts';

export const pairingView = z.discriminatedUnion('state', [
  z.object({ state: z.literal('closed') }),
  z.object({ state: z.literal('open'), until: isoTime }),
  z.object({ state: z.literal('code'), caller: callerView, code: z.string(), until: isoTime }),
  z.object({ state: z.literal('ended'), end: z.enum(['paired', 'refused', 'wrong_codes', 'expired', 'cancelled']) }),
]);
export type PairingView = z.infer<typeof pairingView>;

export const pairingWindow = {
  push: { pairing: pairingView },
  invoke: {
    'pairing.ready': { request: nothing, answer: pairingView },
    'pairing.open': { request: nothing, answer: nothing },
    'pairing.close': { request: nothing, answer: nothing },
  },
} as const;
