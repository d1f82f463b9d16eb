import type { RequestEvent } from '../signing/request-state.ts';

/** Where an authentication stands, in the words in which the requests that wait for it tell it. */
export type AuthenticationStep = Extract<RequestEvent, { readonly type: 'consent_asked' | 'phone_asked' | 'card_needed' | 'pin_asked' }>;
